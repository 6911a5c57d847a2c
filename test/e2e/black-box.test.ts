/**
 * SIGKILL for every process of a swarm in the middle of a tool: whoever looks next finds the body, tells it before anything
 * else and once, and a worker that comes later goes on. Real processes, a real server, a real command.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openHostState } from "../../infra/journal/host-state.ts";
import { openJournal } from "../../infra/journal/journal.ts";
import { identifyProcess, isAlive, type ProcessIdentity, signalProcess } from "../../infra/redis/process-identity.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";
import { linesIn } from "../support/journal.ts";
import { ofType, openStage, report, type Stage, says, use } from "../support/run-stage.ts";
import { documentOf, eventually } from "../support/swarm-cli.ts";
import { eventsOf, logOf, replayOf, runStatusOf, serverOf } from "../support/swarm-store.ts";

interface Box {
  readonly kind: string;
  readonly reason: string;
  readonly state: string;
  readonly lastSeq: number;
  readonly effects: readonly { readonly effect: string; readonly status: string }[];
  readonly budget: { readonly tokens: number; readonly tokensMax: number | null };
  readonly bodies: readonly { readonly agent: string; readonly seq: number }[];
}
interface Shown {
  readonly status: string;
  readonly blackBox: Box | null;
}

const SLOW = "echo x >> ran; while [ ! -e go ]; do sleep 0.02; done";

async function startWorker(stage: Stage): Promise<ProcessIdentity> {
  const running = stage.swarm.start(["worker", "--jsonl"]);
  await running.said(/"worker\.ready"/, "stdout");
  const identity = identifyProcess(running.pid);
  if (identity === undefined) throw new Error("the worker is gone");
  return identity;
}

/** A detached run whose agent is in the middle of a command, and everybody who could know how it comes out. */
async function inTheMiddle(stage: Stage): Promise<{ run: string; effect: string; everybody: ProcessIdentity[] }> {
  writeFileSync(join(stage.swarm.cwd, "swarm.config.json"), JSON.stringify({ permissions: { allow: ["Bash"] } }));
  const worker = await startWorker(stage);
  const { command } = stage.begin(
    [says(use("Bash", { command: SLOW })), report("done")],
    ["--detach", "--json", "--max-tokens", "900000"],
  );
  const { runId: run } = documentOf<{ runId: string }>(await command.done);
  await eventually("it runs", () => linesIn(join(stage.workspace, "ran")).length === 1);
  const [intended] = ofType(await stage.events(run), "tool.intended");
  const effect = intended?.effect ?? "";
  const state = await openHostState([join(stage.swarm.home, ".local/state/statehive")]);
  const gate = await openJournal({ state, env: {} }).look(effect);
  const server = serverOf(stage.swarm);
  if (gate === null || server === undefined) throw new Error("nobody is at it");
  return { run, effect, everybody: [worker, gate.gate.holder, server.identity] };
}

const stored = async (stage: Stage, run: string): Promise<LoggedEvent[]> => eventsOf(await logOf(stage.swarm, run));
const deaths = (events: readonly LoggedEvent[]): string[] =>
  events.flatMap(({ type }) => (type === "actor.lost" || type === "actor.recovered" ? [type] : []));

test("all killed in the middle of a tool: who looks next tells it first and once, and who takes it up tells that", async () => {
  await using stage = await openStage();
  const { run, effect, everybody } = await inTheMiddle(stage);
  const before = await stored(stage, run);
  for (const one of everybody) signalProcess(one, "SIGKILL");
  await eventually("all are gone", () => !everybody.some(isAlive));

  // It starts nothing, and does not say that there is nothing.
  const counted = await stage.swarm.ask(["status"]);
  expect(counted.stdout).toContain("no server runs for this folder, but its runs are kept; `swarm ps` starts one");

  // Two processes look at the same moment, and the server has to be brought back for them.
  const [shown, listed] = await Promise.all([
    stage.swarm.run(["show", run, "--json"]),
    stage.swarm.ask(["ps", "--json"]),
  ]);
  const after = await stored(stage, run);
  const [lost] = ofType(after, "actor.lost");
  expect(after.slice(before.length)).toEqual([lost]);
  expect(lost).toMatchObject({
    ...{ actor: "a_goal", state: "executing", lastSeq: before.length },
    effects: [{ effect, kind: "tool.run", tool: "Bash", status: "unknown" }],
    budget: { tokensMax: 900_000, heldTokens: 0 },
    reason: expect.stringContaining("is gone"),
  });
  expect(lost?.budget.tokens).toBeGreaterThan(0);
  const box = documentOf<Shown>(shown).blackBox;
  expect(shown.code).toBe(7);
  expect(box).toMatchObject({
    ...{ kind: "lost", state: "executing", lastSeq: after.length, budget: lost?.budget },
    effects: [{ effect, status: "unknown" }],
    bodies: [{ agent: "a_goal", seq: lost?.seq }],
  });
  const { runs } = documentOf<{ runs: readonly { runId: string; status: string; lost: number }[] }>(listed);
  expect(runs).toMatchObject([{ runId: run, status: "running", lost: 1 }]);
  const words = await stage.swarm.ask(["show", run]);
  expect(words.code).toBe(7);
  expect(words.stdout).toContain("FOUND DEAD: a_goal in executing");
  expect(words.stdout).toMatch(/UNKNOWN Bash .*the next activation looks into it/);

  // Why it does not move: the same death, and the one order that goes on.
  const { causes } = documentOf<{ causes: readonly Record<string, unknown>[] }>(
    await stage.swarm.ask(["why", run, "--json"]),
  );
  expect(causes.map(({ kind }) => kind)).toEqual(["found-dead", "child"]);
  expect(causes[0]).toMatchObject({
    ...{ agent: "a_goal", since: lost?.at, command: `swarm resume ${run}`, facts: [`event ${lost?.seq}`, effect] },
    text: expect.stringContaining("was found dead in executing"),
  });

  // Life goes on: no terminal lie, and no second word about the same death.
  await startWorker(stage);
  await eventually("it ends", async () => (await runStatusOf(stage.swarm, run)) !== "running");
  const all = await stored(stage, run);
  expect(deaths(all)).toEqual(["actor.lost", "actor.recovered"]);
  expect(ofType(all, "actor.recovered")).toMatchObject([{ actor: "a_goal", lost: lost?.seq }]);
  expect(ofType(all, "tool.interrupted").map((event) => event.effect)).toEqual([effect]);
  expect(all.at(-1)?.type).toBe("run.completed");
  expect(linesIn(join(stage.workspace, "ran"))).toHaveLength(1);
  expect((await replayOf(stage.swarm, run)).mismatch).toBeNull();
  const healed = await stage.swarm.ask(["show", run, "--json"]);
  expect(healed.code).toBe(0);
  expect(documentOf<Shown>(healed)).toMatchObject({ status: "completed", blackBox: null });
});
