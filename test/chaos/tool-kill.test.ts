/**
 * kill -9 and SIGSTOP while an agent acts on the world, with real workers, recorders and commands: what was begun is
 * done once, or called unknown; never twice, and nobody goes on in secret.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { expect, test } from "vitest";
import { openHostState } from "../../infra/journal/host-state.ts";
import { openJournal, type Seen } from "../../infra/journal/journal.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import { identifyProcess, isAlive, type ProcessIdentity, signalProcess } from "../../infra/redis/process-identity.ts";
import { redisStore } from "../../infra/redis/store.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";
import { linesIn } from "../support/journal.ts";
import { ofType, openStage, report, type Stage, says, use } from "../support/run-stage.ts";
import { documentOf, type Environment, eventually, type Running } from "../support/swarm-cli.ts";
import { runStatusOf, serverOf, workersOf } from "../support/swarm-store.ts";

const SLOW = "echo begun; echo x >> ran; while [ ! -e go ]; do sleep 0.02; done; echo end";

const permit = (stage: Stage): void =>
  writeFileSync(
    join(stage.swarm.cwd, "swarm.config.json"),
    JSON.stringify({ permissions: { allow: ["Bash", "Write"] } }),
  );

interface WorkerAt {
  readonly id: string;
  readonly running: Running;
  readonly identity: ProcessIdentity;
}

async function worker(stage: Stage, env: Environment = {}): Promise<WorkerAt> {
  const running = stage.swarm.start(["worker", "--jsonl"], { env });
  const [, id = ""] = await running.said(/"worker\.ready","id":"(w_[^"]+)"/, "stdout");
  const identity = identifyProcess(running.pid);
  if (identity === undefined) throw new Error("the worker is gone");
  return { id, running, identity };
}

async function killed({ running, identity }: WorkerAt): Promise<void> {
  signalProcess(identity, "SIGKILL");
  await running.done;
}

/** Starts a detached run whose agent makes this call and then reports; resolves with its id. */
async function begin(stage: Stage, tool: string, input: Record<string, unknown>): Promise<string> {
  const { command } = stage.begin([says(use(tool, input)), report("done")], ["--detach", "--json"]);
  return documentOf<{ runId: string }>(await command.done).runId;
}

const at = (stage: Stage, name: string): string => join(stage.workspace, name);
const events = (stage: Stage, run: string): Promise<readonly LoggedEvent[]> => stage.events(run);

async function eventOf<Type extends LoggedEvent["type"]>(stage: Stage, run: string, type: Type) {
  return eventually(`${run} has ${type}`, async () => ofType(await events(stage, run), type)[0]);
}

async function ended(stage: Stage, run: string): Promise<readonly LoggedEvent[]> {
  await eventually(`${run} ends`, async () => (await runStatusOf(stage.swarm, run)) !== "running");
  return events(stage, run);
}

/** The gate of an effect in the default state folder, or in the one named. */
async function gateOf(
  stage: Stage,
  effect: string,
  folder = join(stage.swarm.home, ".local/state/statehive"),
): Promise<Seen | null> {
  return openJournal({ state: await openHostState([folder]), env: {} }).look(effect);
}

/** What the agent was told of its call. */
async function toldOf(stage: Stage, run: string): Promise<string> {
  await ended(stage, run);
  return stage.double.served.at(-1)?.body ?? "";
}

/** Nobody adds a line any more: looked at for more than half a second at least. */
async function still(file: string): Promise<number> {
  let same = 0;
  let lines = -1;
  return eventually(`${file} does not grow`, () => {
    const now = linesIn(file).length;
    same = now === lines ? same + 1 : 0;
    lines = now;
    return same > 18 ? now : false;
  });
}

test("a worker killed in the middle of a command: the next one reattaches, it ran once, and its output is whole", async () => {
  await using stage = await openStage();
  permit(stage);
  const first = await worker(stage);
  const run = await begin(stage, "Bash", { command: SLOW });
  await eventually("it runs", () => linesIn(at(stage, "ran")).length === 1);
  await killed(first);
  await worker(stage);
  const { effect } = await eventOf(stage, run, "tool.intended");
  writeFileSync(at(stage, "go"), "");
  const all = await ended(stage, run);
  expect(ofType(all, "run.completed")).toHaveLength(1);
  expect(ofType(all, "tool.finished").map((event) => event.effect)).toEqual([effect]);
  expect(ofType(all, "tool.intended")).toHaveLength(1);
  // The death is told by whoever took the agent up, as it found the command: at work under its recorder.
  expect(ofType(all, "actor.lost")).toMatchObject([{ actor: "a_goal", effects: [{ effect, status: "started" }] }]);
  expect(ofType(all, "actor.recovered").map(({ lost }) => lost)).toEqual(
    ofType(all, "actor.lost").map(({ seq }) => seq),
  );
  expect(linesIn(at(stage, "ran"))).toHaveLength(1);
  expect(await toldOf(stage, run)).toContain("exit code 0\\nbegun\\nend");
});

test("worker and recorder killed: the call is interrupted, said so, and nobody of the command goes on", async () => {
  await using stage = await openStage();
  permit(stage);
  const first = await worker(stage);
  const run = await begin(stage, "Bash", { command: "(while :; do echo x >> ticks; sleep 0.02; done) & wait" });
  await eventually("it ticks", () => linesIn(at(stage, "ticks")).length > 2);
  const { effect } = await eventOf(stage, run, "tool.intended");
  const gate = await gateOf(stage, effect);
  if (gate === null) throw new Error("there is no gate");
  await killed(first);
  signalProcess(gate.gate.holder, "SIGKILL");
  await worker(stage);
  const interrupted = await eventOf(stage, run, "tool.interrupted");
  expect(interrupted.effect).toBe(effect);
  await still(at(stage, "ticks"));
  expect(await toldOf(stage, run)).toContain("interrupted: ");
  const shown = documentOf<{ effects: readonly { effect: string; state: string }[] }>(
    await stage.swarm.ask(["show", run, "--effects", "--json"]),
  );
  expect(shown.effects.find((one) => one.effect === effect)?.state).toBe("unknown");
});

/** Kills the worker at the moment its first gate shows: looked for without a pause. */
async function killedAtGate(stage: Stage, victim: WorkerAt, known: ReadonlySet<string>): Promise<string> {
  const state = join(stage.swarm.home, ".local/state/statehive");
  for (;;) {
    const gate = readdirSync(state, { recursive: true }).find(
      (name) => String(name).endsWith(".gate") && !known.has(String(name)),
    );
    if (gate !== undefined) {
      await killed(victim);
      return String(gate);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("a worker killed as soon as it has the gate of a change: the file is whole or untouched, and the run knows which", async () => {
  await using stage = await openStage();
  permit(stage);
  const known = new Set<string>();
  for (let round = 0; round < 4; round += 1) {
    const content = `round ${round}\n`.repeat(100_000);
    const name = `made-${round}.txt`;
    const first = await worker(stage);
    const struck = killedAtGate(stage, first, known);
    const run = await begin(stage, "Write", { file_path: name, content });
    known.add(await struck);
    const second = await worker(stage);
    const all = await ended(stage, run);
    expect(ofType(all, "run.completed")).toHaveLength(1);
    expect(readFileSync(at(stage, name), "utf8")).toBe(content);
    // Made again only where it was found that it had not happened; told once.
    const missed = ofType(all, "tool.reconciled").filter(({ happened }) => !happened).length;
    const done = ofType(all, "tool.reconciled").length - missed + ofType(all, "tool.finished").length;
    expect({ intents: ofType(all, "tool.intended").length, done }).toEqual({ intents: 1 + missed, done: 1 });
    await killed(second);
    expect(readdirSync(stage.workspace).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  }
});

test("a worker frozen past its lock and woken again never acts a second time", async () => {
  await using stage = await openStage();
  permit(stage);
  const zombie = await worker(stage);
  const run = await begin(stage, "Bash", { command: SLOW });
  await eventually("it runs", () => linesIn(at(stage, "ran")).length === 1);
  signalProcess(zombie.identity, "SIGSTOP");
  const second = await worker(stage);
  // The frozen one's lock runs out, and the other holds the actor.
  await eventually("the other worker has it", async () =>
    (await workersOf(stage.swarm)).some(({ id, active }) => id === second.id && active > 0),
  );
  writeFileSync(at(stage, "go"), "");
  const all = await ended(stage, run);
  signalProcess(zombie.identity, "SIGCONT");
  zombie.running.signal("SIGTERM");
  await zombie.running.done;
  expect(linesIn(at(stage, "ran"))).toHaveLength(1);
  expect(ofType(all, "tool.finished")).toHaveLength(1);
  expect(await events(stage, run)).toEqual(all);
  expect(isAlive(second.identity)).toBe(true);
});

test("a cancelled run ends its command, also one whose worker is dead", async () => {
  await using stage = await openStage();
  permit(stage);
  for (const [index, victim] of [
    "nobody",
    "its worker",
    "its worker, and the word is there before the next one",
  ].entries()) {
    const first = await worker(stage);
    const file = `ticks-${index}`;
    const run = await begin(stage, "Bash", { command: `while :; do echo x >> ${file}; sleep 0.02; done` });
    await eventually("it ticks", () => linesIn(at(stage, file)).length > 2);
    if (victim !== "nobody") await killed(first);
    if (victim.endsWith("next one")) await tellAgent(stage, run);
    else expect((await stage.swarm.ask(["stop", run, "--cancel", "--json"])).code).toBeLessThan(2);
    const next = victim === "nobody" ? first : await worker(stage);
    await ended(stage, run);
    expect(await still(at(stage, file)), victim).toBeGreaterThan(2);
    await killed(next);
  }
});

/** Puts the cancel into the agent's own mailbox, as its coordinator does. */
async function tellAgent(stage: Stage, run: string): Promise<void> {
  const redis = redisOf(stage);
  const event = { type: "agent.cancel", reason: "enough" };
  const address = { run, actor: "a_goal", type: "general" };
  expect(await redisStore(redis, keysFor("swarm")).send(address, { id: "enough", event })).toEqual({ kind: "sent" });
  redis.disconnect();
}

test("what was begun on one host is found out about there: another host hands it over, and never repeats it", async () => {
  await using stage = await openStage();
  permit(stage);
  const [here, there] = [join(stage.swarm.home, "state-a"), join(stage.swarm.home, "state-b")];
  const first = await worker(stage, { SWARM_STATE_DIR: here });
  const run = await begin(stage, "Bash", { command: SLOW });
  await eventually("it runs", () => linesIn(at(stage, "ran")).length === 1);
  await killed(first);
  const other = await worker(stage, { SWARM_STATE_DIR: there });
  const redis = redisOf(stage);
  try {
    await eventually("it is handed over", async () => (await redis.keys("*swarm-at-*")).length > 0);
    // Waiting for another host is no sign of poison: such claims are not counted.
    const snapshot = keysFor("swarm").actor(run, "a_goal").snapshot;
    await eventually("its claims count for nothing", async () => (await redis.hget(snapshot, "claims")) === "0");
  } finally {
    redis.disconnect();
  }
  writeFileSync(at(stage, "go"), "");
  const back = await worker(stage, { SWARM_STATE_DIR: here });
  const all = await ended(stage, run);
  expect(ofType(all, "tool.finished")).toHaveLength(1);
  expect(ofType(all, "tool.interrupted")).toEqual([]);
  expect(linesIn(at(stage, "ran"))).toHaveLength(1);
  await killed(other);
  await killed(back);
});

test("a host that has not been seen for ten minutes is not waited for: the call is interrupted and names it", async () => {
  await using stage = await openStage();
  permit(stage);
  const first = await worker(stage, { SWARM_STATE_DIR: join(stage.swarm.home, "state-a") });
  const run = await begin(stage, "Bash", { command: SLOW });
  await eventually("it runs", () => linesIn(at(stage, "ran")).length === 1);
  await killed(first);
  const redis = redisOf(stage);
  const seen = await redis.hgetall("swarm:{d}:hosts");
  const [place = ""] = Object.keys(seen);
  expect(place).toMatch(/^h_/);
  await redis.hset("swarm:{d}:hosts", place, Number(seen[place]) - 11 * 60_000);
  redis.disconnect();
  await worker(stage, { SWARM_STATE_DIR: join(stage.swarm.home, "state-b") });
  const { reason } = await eventOf(stage, run, "tool.interrupted");
  expect(reason).toContain(place);
  expect(linesIn(at(stage, "ran"))).toHaveLength(1);
  expect(existsSync(at(stage, "go"))).toBe(false);
});

function redisOf(stage: Stage): Redis {
  const server = serverOf(stage.swarm);
  if (server === undefined) throw new Error("there is no server");
  return new Redis({ path: server.socket });
}
