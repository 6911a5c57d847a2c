/**
 * kill -9 in the middle of taking a result back, with real workers, recorders and commands: a diamond of five tasks, one with
 * a command out, the others verified. However far the unwinding came, the next worker ends it, and the run ends well.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { replay } from "../../actors/runtime/replay.ts";
import { revokeResult } from "../../actors/runtime/revoke-result.ts";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import { machines } from "../../actors/types/index.ts";
import { endedRevocations } from "../../infra/redis/ended-revocations.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import { identifyProcess, signalProcess } from "../../infra/redis/process-identity.ts";
import { openReader } from "../../infra/redis/reader.ts";
import { redisStore } from "../../infra/redis/store.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";
import { linesIn } from "../support/journal.ts";
import { ofType, openStage, report, type Stage, says, use } from "../support/run-stage.ts";
import { documentOf, eventually, type Running } from "../support/swarm-cli.ts";
import { runStatusOf, serverOf } from "../support/swarm-store.ts";

/** Goes on for ever, whoever began it. */
const TICKS = "while :; do echo x >> ticks; sleep 0.02; done";
const TASKS = ["a", "b", "c", "d", "e"] as const;
const word = (task: string): string => `Goal of task ${task}.`;

/** a ← b, c ← d; e stands on c. */
function diamond(stage: Stage): string {
  const needs = { a: [], b: ["a"], c: ["a"], d: ["b", "c"], e: ["c"] } as const;
  const contract = "{type: object, properties: {summary: {type: string}}, required: [summary]}";
  const lines = TASKS.map(
    (id) =>
      `  - {id: ${id}, goal: ${word(id)}, agent: ${id === "d" ? "general" : "explore"}, needs: [${needs[id].join(", ")}], contract: ${contract}}`,
  );
  const file = join(stage.swarm.home, "diamond.yaml");
  writeFileSync(file, ["goal: A diamond", "tasks:", ...lines].join("\n"));
  for (const id of TASKS) {
    const first = id === "d" ? says(use("Bash", { command: TICKS })) : report(`first ${id}`);
    // A call that was out when its worker was killed is made again, and finds its answer a second time.
    const second = { when: word(id), ...report(`second ${id}`) };
    stage.double.script({ when: word(id), ...first }, second, second);
  }
  return file;
}

async function worker(stage: Stage): Promise<() => Promise<void>> {
  const running: Running = stage.swarm.start(["worker", "--jsonl"]);
  await running.said(/"worker\.ready"/, "stdout");
  const identity = identifyProcess(running.pid);
  if (identity === undefined) throw new Error("the worker is gone");
  return async () => {
    signalProcess(identity, "SIGKILL");
    await running.done;
  };
}

/** Redis of the stage, as the command line finds it. */
async function withRedis<Answer>(stage: Stage, act: (redis: Redis) => Promise<Answer>): Promise<Answer> {
  const server = serverOf(stage.swarm);
  if (server === undefined) throw new Error("no server");
  const redis = new Redis({ path: server.socket, maxRetriesPerRequest: null });
  try {
    return await act(redis);
  } finally {
    redis.disconnect();
  }
}

const revoke = (stage: Stage, run: string) =>
  withRedis(stage, (redis) => {
    const keys = keysFor("swarm");
    const deps = {
      store: redisStore(redis, keys),
      reader: openReader(redis, keys),
      ended: endedRevocations(redis, keys),
    };
    return revokeResult(deps, { run, result: "res_a", reason: "it was wrong", by: "ann", redo: true });
  });

const replayed = (stage: Stage, run: string) =>
  withRedis(stage, (redis) => replay(entriesOf(openReader(redis, keysFor("swarm")), run), machines));

/** Nobody adds a line any more: looked at for more than half a second at least. */
async function still(file: string): Promise<void> {
  let same = 0;
  let lines = -1;
  await eventually(`${file} does not grow`, () => {
    const now = linesIn(file).length;
    same = now === lines ? same + 1 : 0;
    lines = now;
    return same > 18;
  });
}

const fallen = (events: readonly LoggedEvent[]): string[] =>
  ofType(events, "result.revoked").map(({ result }) => result);

/** When the worker is killed: before anybody has the word, or once its log has told so many events of the unwinding. */
test.each([
  ["before the word is taken", null],
  ["with the commit that fences", 0],
  ["while the first is done again", 6],
] as const)("killed %s: nothing that stood on it goes on, and the run does it again", async (_, after) => {
  await using stage = await openStage();
  writeFileSync(
    join(stage.swarm.cwd, "swarm.config.json"),
    JSON.stringify({ permissions: { allow: ["Bash", "Write"] } }),
  );
  const kill = await worker(stage);
  const begun = await stage.swarm.ask(["run", diamond(stage), "--workspace", stage.workspace, "--detach", "--json"]);
  const { runId: run } = documentOf<{ runId: string }>(begun);
  const ticks = join(stage.workspace, "ticks");
  await eventually("the command runs", () => linesIn(ticks).length > 2);
  await eventually("e is verified", async () =>
    ofType(await stage.events(run), "result.verified").some(({ task }) => task === "e"),
  );
  if (after === null) await kill();
  expect(await revoke(stage, run)).toEqual({ kind: "asked" });
  if (after !== null) {
    await eventually("it unwinds", async () => {
      const events = await stage.events(run);
      const at = events.findIndex(({ type }) => type === "result.revoked");
      return at >= 0 && events.length > at + after;
    });
    await kill();
  }
  await worker(stage);
  await eventually("the run ends", async () => (await runStatusOf(stage.swarm, run)) !== "running");
  await still(ticks);
  const events = await stage.events(run);
  expect(ofType(events, "run.completed")).toHaveLength(1);
  expect(fallen(events).toSorted()).toEqual(["res_a", "res_b", "res_c", "res_e"]);
  expect(ofType(events, "actor.fenced").map(({ fenced }) => fenced)).toEqual(["a_d"]);
  const at = events.findIndex(({ type }) => type === "result.revoked");
  expect(events.slice(at).filter(({ actor }) => TASKS.some((id) => actor === `a_${id}`))).toEqual([]);
  expect((await replayed(stage, run)).mismatch).toBeNull();
});
