// `swarm dlq`, the built command beside a worker at work: dead letters are listed, shown, sent back, rerouted, dropped; an
// ended run is named as such, with the way out.
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Answer } from "../../actors/runtime/performer.ts";
import { EffectAborted } from "../../actors/runtime/performer.ts";
import { COORDINATOR_ACTOR } from "../../infra/store.ts";
import { type Hive, openMockedHive, performersOf, reports, task } from "../support/mocked-hive.ts";
import { documentOf, eventually, openSwarm, type Swarm } from "../support/swarm-cli.ts";

const RUN = "r_deadletters";
let hive: Hive;
let swarm: Swarm;
let answering: boolean;

beforeEach(async () => {
  answering = false;
  hive = await openMockedHive();
  swarm = await openSwarm({ env: { REDIS_URL: `unix://${hive.server.socket}` } });
});
afterEach(async () => {
  await swarm[Symbol.asyncDispose]();
  await hive.close();
});

/** A run whose agent of task a has died with a message of a hundred thousand characters at its head; b goes on. */
async function oneDied(): Promise<void> {
  const model = (turn: number, { signal, effectId }: { signal: AbortSignal; effectId: string }): Promise<Answer> =>
    new Promise((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new EffectAborted(effectId)));
      eventually("the model may answer", () => answering || signal.aborted).then(() => resolve(reports(turn)), reject);
    });
  await hive.worker(performersOf(model as never));
  await hive.start(RUN, [task("a"), task("b")]);
  await hive.seen(RUN, ({ type, actor }) => type === "model.called" && actor === "a_b");
  await hive.seen(RUN, ({ type, actor }) => type === "model.called" && actor === "a_a");
  await hive.store.quarantine({ run: RUN, actor: "a_a", type: "explore" }, "it \u001b[31mkills");
  await eventually("the coordinator knows", async () =>
    (await hive.reader.rows(RUN, COORDINATOR_ACTOR, "tasks")).get("a")?.includes('"failed"'),
  );
}

interface Letter {
  readonly id: string;
  readonly pending: readonly { readonly id: string }[];
}

const listed = async (): Promise<Letter[]> =>
  documentOf<{ letters: Letter[] }>(await swarm.ask(["dlq", "list", "--json"])).letters;

test("a dead letter is listed and shown, harmlessly, and its actor goes on when it is requeued", async () => {
  expect((await swarm.ask(["dlq", "list"])).stdout).toBe("no dead letters\n");
  await oneDied();
  const [letter] = await listed();
  expect(letter).toMatchObject({
    id: expect.stringMatching(/^d_/),
    runId: RUN,
    agent: "a_a",
    agentType: "explore",
    reason: "it \u001b[31mkills",
    state: { thinking: "calling" },
    mail: null,
  });
  const id = letter?.id ?? "";
  const shown = await swarm.ask(["dlq", "show", id.slice(0, 8)]);
  expect(shown.stdout).toContain(`letter ${id}: ${RUN}/a_a/explore`);
  expect(shown.stdout).toContain("model.call");
  expect(shown.stdout).not.toContain("\u001b");
  const requeued = await swarm.ask(["dlq", "requeue", id.slice(0, 8), "--json"]);
  expect(documentOf(requeued)).toEqual({ v: 1, id, runId: RUN, did: "requeued", as: "back", task: "a", to: "explore" });
  expect(await listed()).toEqual([]);
  answering = true;
  expect(await hive.ended(RUN)).toBe("completed");
});

test("requeue --to gives the task to an agent of that type; a type that there is not is refused by name", async () => {
  await oneDied();
  const [letter] = await listed();
  const id = letter?.id ?? "";
  const refused = await swarm.ask(["dlq", "requeue", id, "--to", "coordinator", "--json"]);
  expect(refused.code).toBe(2);
  expect(documentOf<{ error: { message: string } }>(refused).error.message).toContain('"coordinator"');
  expect((await swarm.ask(["dlq", "requeue", id, "--to", "general"])).code).toBe(0);
  await hive.seen(RUN, ({ type, actor }) => type === "agent.started" && actor === "a_a.2");
  answering = true;
  expect(await hive.ended(RUN)).toBe("completed");
});

test("in an ended run a requeue starts nothing and names the way out; dropping is still possible, once", async () => {
  await oneDied();
  answering = true;
  expect(await hive.ended(RUN)).toBe("failed");
  const [letter] = await listed();
  const id = letter?.id ?? "";
  const refused = await swarm.ask(["dlq", "requeue", id, "--json"]);
  expect(refused.code).toBe(2);
  expect(documentOf<{ error: unknown }>(refused).error).toMatchObject({
    code: "run.ended",
    hint: expect.stringContaining(`swarm fork ${RUN}`),
  });
  expect((await swarm.ask(["dlq", "drop", id])).stdout).toBe(`dropped: ${id}\n`);
  const again = await swarm.ask(["dlq", "drop", id, "--json"]);
  expect([again.code, documentOf<{ error: { code: string } }>(again).error.code]).toEqual([2, "dlq.unknown"]);
});

test("what is no action, and --to where it means nothing, is refused by name", async () => {
  for (const [args, word] of [
    [["dlq", "burn"], '"burn"'],
    [["dlq", "drop", "d_1", "--to", "general"], "--to"],
    [["dlq", "show"], 'dead letter ""'],
  ] as const) {
    const refused = await swarm.ask([...args, "--json"]);
    expect(refused.code).toBe(2);
    expect(documentOf<{ error: { message: string } }>(refused).error.message).toContain(word);
  }
});

test("a task that used up its attempts is listed and shown as one, and a requeue gives it to a new agent", async () => {
  let broken = true;
  const fails = (turn: number): Answer =>
    ({ event: { type: "model.failed", turn, reason: "broken", retry: false, delayMs: 0 }, told: [] }) as never;
  const forever = (signal: AbortSignal, id: string): Promise<Answer> =>
    new Promise((_, reject) => signal.addEventListener("abort", () => reject(new EffectAborted(id))));
  await hive.worker(
    performersOf((turn, { address, signal, effectId }) => {
      if (address.actor === "a_b") return forever(signal, effectId);
      return broken ? fails(turn) : reports(turn);
    }),
  );
  await hive.start(RUN, [task("a"), task("b")]);
  const [letter] = await eventually("there is a letter", async () => {
    const all = await listed();
    return all.length > 0 ? all : false;
  });
  if (letter === undefined) throw new Error("no letter");
  expect(letter).toMatchObject({ kind: "task", task: { id: "a", attempts: 1 }, agentType: "explore", pending: [] });
  expect((await swarm.ask(["dlq", "list"])).stdout).toContain("task a");
  const shown = (await swarm.ask(["dlq", "show", letter.id])).stdout;
  expect(shown).toContain(`letter ${letter.id}: task a of run ${RUN}`);
  expect(shown).toContain("after 1 attempt\n");
  expect(shown).toMatch(/because .*broken/);
  broken = false;
  const requeued = await swarm.ask(["dlq", "requeue", letter.id]);
  expect(requeued.stdout).toContain("task a goes to a new explore agent");
  await hive.seen(RUN, (event) => event.type === "result.verified" && event.task === "a");
  expect(await listed()).toEqual([]);
});
