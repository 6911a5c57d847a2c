/** Laws of dead letters on a real Redis, under the real runtime: what is kept, what comes back, and what never does. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Answer, EffectAborted } from "../../actors/runtime/performer.ts";
import { replay } from "../../actors/runtime/replay.ts";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import { machines } from "../../actors/types/index.ts";
import { type DeadLetter, type DeadLetters, deadLettersOf } from "../../infra/redis/dead-letters.ts";
import { asGiven } from "../../infra/redis/latin1.ts";
import { HEAD, laidRow } from "../../infra/redis/stored-actor.ts";
import { type Address, COORDINATOR_ACTOR, COORDINATOR_TYPE } from "../../infra/store.ts";
import { type Hive, openMockedHive, performersOf, reports, task } from "../support/mocked-hive.ts";
import { dumpOf } from "../support/store-contract-redis.ts";

const RUN = "r_dead";
const dead: Address = { run: RUN, actor: "a_a", type: "explore" };
const boss: Address = { run: RUN, actor: COORDINATOR_ACTOR, type: COORDINATOR_TYPE };

let hive: Hive;
let letters: DeadLetters;
/** Actors whose model answers; all others wait for it. */
let answering: Set<string>;
let waiting: Set<() => void>;

beforeEach(async () => {
  hive = await openMockedHive();
  letters = deadLettersOf(hive.redis, hive.keys);
  answering = new Set();
  waiting = new Set();
});
afterEach(async () => {
  await hive.close();
});

const answers = (...actors: string[]): void => {
  for (const actor of actors) answering.add(actor);
  for (const look of waiting) look();
};

const performers = () =>
  performersOf(
    (turn, { address, signal, effectId }): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (answering.has(address.actor)) resolve(reports(turn, `by ${address.actor} (${address.type})`));
        };
        waiting.add(look);
        signal.addEventListener("abort", () => reject(new EffectAborted(effectId)));
        look();
      }),
  );

const eventually = async <Fact>(ask: () => Promise<Fact | null>): Promise<Fact> => {
  for (;;) {
    const fact = await ask();
    if (fact !== null) return fact;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

const statusOf = async (id: string): Promise<string> => {
  const row = (await hive.reader.rows(RUN, COORDINATOR_ACTOR, "tasks")).get(id);
  return (JSON.parse(row ?? "{}") as { status?: string }).status ?? "";
};

/** A run of two tasks, a and b, whose agent of a was quarantined in the middle of its model call, and its coordinator knows. */
async function runWithDead(attemptsMax = 1): Promise<DeadLetter> {
  await hive.worker(performers());
  await hive.start(RUN, [task("a", [], attemptsMax), task("b")]);
  await hive.seen(RUN, ({ type, actor }) => type === "model.called" && actor === "a_a");
  await hive.seen(RUN, ({ type, actor }) => type === "model.called" && actor === "a_b");
  await hive.store.quarantine(dead, "it kills");
  await eventually(async () => ((await statusOf("a")) === (attemptsMax === 1 ? "failed" : "running") ? true : null));
  const letter = (await letters.list()).find(({ kind }) => kind === "actor");
  if (letter === undefined) throw new Error("no letter");
  return letter;
}

describe("a dead letter", () => {
  it("holds what it takes to judge it: who, why, in which state, with what unanswered", async () => {
    const letter = await runWithDead();
    expect(letter).toMatchObject({
      id: expect.stringMatching(/^d_[0-9a-f]{12}$/),
      address: dead,
      reason: "it kills",
      claims: 1,
      mail: null,
      machine: expect.stringMatching(/^explore@\d/),
      version: 2,
    });
    expect(JSON.parse(letter.state)).toEqual({ thinking: "calling" });
    expect(letter.pending).toEqual([
      { id: expect.stringContaining(`${RUN}/a_a/`), json: expect.stringContaining("model.call") },
    ]);
    expect(Math.abs(Date.now() - letter.atMs)).toBeLessThan(60_000);
  });

  it("is found by a unique beginning of its id, and by nothing else", async () => {
    const { id } = await runWithDead();
    expect((await letters.find(id.slice(0, 6))).id).toBe(id);
    await hive.store.quarantine({ ...dead, actor: "a_b" }, "it kills too");
    await expect(letters.find("d_")).rejects.toMatchObject({ code: "dlq.unknown", exit: 2 });
    await expect(letters.find("")).rejects.toMatchObject({ code: "dlq.unknown" });
    await expect(letters.find(`${id}0`)).rejects.toMatchObject({ code: "dlq.unknown" });
  });

  it("keeps its actor out: mail and timers that still reach it wake nobody", async () => {
    await runWithDead();
    const events = (await hive.events(RUN)).length;
    answers("a_a");
    await hive.store.send(dead, { id: "m1", event: { type: "agent.cancel" } });
    const shard = hive.keys.shardOf(RUN);
    await hive.redis.zadd(hive.keys.shard(shard).timers, 0, `${RUN}/a_a/explore|retry|1`);
    await hive.store.sweep(shard, 0);
    const served = { bindings: ["mocked"], machines: [...machines.keys()] };
    expect((await hive.store.claim(dead, "n", served)).kind).toBe("no_run");
    expect(await hive.redis.llen(hive.keys.actor(RUN, "a_a").mailbox)).toBe(2);
    answers("a_b");
    expect(await hive.ended(RUN)).toBe("failed");
    expect((await hive.events(RUN)).slice(events).some(({ actor }) => actor === "a_a")).toBe(false);
  });
});

describe("a requeue", () => {
  it("puts the actor back as it died; its result counts, and the run completes as if nothing had been", async () => {
    const letter = await runWithDead();
    expect(await letters.requeue(letter, { as: "back", task: "a" })).toEqual({ kind: "requeued" });
    expect(await letters.list()).toEqual([]);
    answers("a_a", "a_b");
    expect(await hive.ended(RUN)).toBe("completed");
    const results = Object.values(await hive.reader.results(RUN)).map(
      (text) => JSON.parse(text) as { task: string; actor: string },
    );
    expect(results.map(({ task: id, actor }) => [id, actor]).toSorted()).toEqual([
      ["a", "a_a"],
      ["b", "a_b"],
    ]);
    const events = await hive.events(RUN);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.filter(({ type }) => type === "letter.requeued")).toMatchObject([
      { letter: letter.id, task: "a", agentType: "explore", to: "a_a", actor: "a_a" },
    ]);
    expect((await replay(entriesOf(hive.reader, RUN), machines)).mismatch).toBeNull();
  });

  it("gives back the head message before all that came later, the unanswered effects, and a count that begins anew", async () => {
    await hive.start(RUN, [task("a"), task("b")]);
    const worker = await hive.worker(performers());
    await hive.seen(RUN, ({ type, actor }) => type === "model.called" && actor === "a_a");
    await hive.seen(RUN, ({ type, actor }) => type === "model.called" && actor === "a_b");
    await worker.stop(0);
    const { mailbox, pending, snapshot } = hive.keys.actor(RUN, "a_a");
    await hive.redis.rpush(mailbox, '{"id":"deadly","event":{"type":"x"}}', '{"id":"second","event":{"type":"x"}}');
    await hive.redis.hset(snapshot, {
      claims: 10,
      claimsAt: (await hive.redis.hget(snapshot, HEAD))?.split(" ")[0] ?? "",
    });
    const effects = await hive.redis.hgetall(pending);
    await hive.store.quarantine(dead, "it kills");
    await hive.store.send(dead, { id: "third", event: { type: "x" } });
    const letter = await letters.find("d_");
    expect(await letters.requeue(letter, { as: "back", task: "a" })).toEqual({
      kind: "not_failed",
      status: "running",
      actor: "a_a",
    });
    // What the coordinator writes when it takes notice.
    const ledger = hive.keys.actor(RUN, COORDINATOR_ACTOR).snapshot;
    const row = (await hive.reader.rows(RUN, COORDINATOR_ACTOR, "tasks")).get("a") ?? "{}";
    const failed = asGiven(laidRow("tasks/a", JSON.stringify({ ...(JSON.parse(row) as object), status: "failed" })));
    await hive.redis.hset(ledger, "r:tasks/a", failed);
    expect([letter.claims, letter.mail]).toEqual([10, '{"id":"deadly","event":{"type":"x"}}']);
    expect(await letters.requeue(letter, { as: "back", task: "a" })).toEqual({ kind: "requeued" });
    const mail = (await hive.redis.lrange(mailbox, 0, -1)).map((text) => (JSON.parse(text) as { id: string }).id);
    expect(mail).toEqual(["deadly", "second", "third"]);
    expect(await hive.redis.hgetall(pending)).toEqual(
      // "id out tokens nano order": what was granted was charged when it died.
      Object.fromEntries(
        Object.entries(effects).map(([place, stored]) => [place, stored.replace(/^(\S+ )\d+ \d+ \d+ /, "$1")]),
      ),
    );
    const served = { bindings: ["mocked"], machines: [...machines.keys()] };
    expect(await hive.store.claim(dead, "n", served)).toMatchObject({ kind: "claimed", claim: { claims: 1 } });
  });

  it("to another type gives the task to a new agent of that type, and the dead one stays dead", async () => {
    const letter = await runWithDead();
    expect(await letters.requeue(letter, { as: "reroute", task: "a", agentType: "general" })).toEqual({
      kind: "requeued",
    });
    answers("a_a", "a_a.2", "a_b");
    expect(await hive.ended(RUN)).toBe("completed");
    const results = Object.values(await hive.reader.results(RUN)).map(
      (text) => JSON.parse(text) as { task: string; actor: string; value: unknown },
    );
    expect(results.find(({ task: id }) => id === "a")).toMatchObject({
      actor: "a_a.2",
      value: { summary: "by a_a.2 (general)" },
    });
    expect((await replay(entriesOf(hive.reader, RUN), machines)).mismatch).toBeNull();
  });

  it("a second time changes nothing", async () => {
    const letter = await runWithDead();
    await letters.requeue(letter, { as: "reroute", task: "a", agentType: "general" });
    await hive.seen(RUN, ({ type, actor }) => type === "model.called" && actor === "a_a.2");
    const before = (await hive.events(RUN)).length;
    expect(await letters.requeue(letter, { as: "reroute", task: "a", agentType: "general" })).toEqual({
      kind: "again",
    });
    expect((await hive.events(RUN)).length).toBe(before);
  });

  it("starts nothing in a run that has ended, and writes nothing into it", async () => {
    const letter = await runWithDead();
    answers("a_b");
    expect(await hive.ended(RUN)).toBe("failed");
    await hive.seen(RUN, ({ type }) => type === "run.failed");
    const before = await stored();
    expect(await letters.requeue(letter, { as: "back", task: "a" })).toEqual({ kind: "ended", status: "failed" });
    expect(await stored()).toEqual(before);
    expect((await letters.list()).map(({ id }) => id)).toEqual([letter.id]);
  });

  it("is refused while another attempt is at the task", async () => {
    const letter = await runWithDead(2);
    await hive.seen(RUN, ({ type, actor }) => type === "model.called" && actor === "a_a.2");
    expect(await letters.requeue(letter, { as: "back", task: "a" })).toEqual({
      kind: "not_failed",
      status: "running",
      actor: "a_a.2",
    });
    expect(await letters.requeue(letter, { as: "back", task: "no-such" })).toEqual({
      kind: "not_failed",
      status: "",
      actor: "",
    });
    expect((await letters.list()).map(({ id }) => id)).toEqual([letter.id]);
  });
});

describe("a dropped letter", () => {
  it("is gone for good, and the log of the run says so while it goes on", async () => {
    const letter = await runWithDead();
    expect(await letters.drop(letter)).toBe("dropped");
    expect(await letters.drop(letter)).toBe("again");
    expect(await letters.list()).toEqual([]);
    expect(await letters.requeue(letter, { as: "back", task: "a" })).toEqual({ kind: "gone" });
    expect((await hive.events(RUN)).filter(({ type }) => type === "letter.dropped")).toMatchObject([
      { letter: letter.id, died: "a_a" },
    ]);
  });

  it("of an ended run leaves its log as it ended", async () => {
    await hive.start(RUN, [task("a")]);
    await hive.store.quarantine(boss, "poison");
    const events = await hive.events(RUN);
    expect(events.at(-1)?.type).toBe("run.failed");
    expect(await letters.drop(await letters.find("d_"))).toBe("dropped");
    expect(await hive.events(RUN)).toEqual(events);
    expect(await letters.list()).toEqual([]);
  });
});

/** All of the run but the queues, which never stand still. */
const stored = async (): Promise<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(await dumpOf(hive.redis)).filter(([key]) => key.includes(RUN) && key.startsWith("swarm:")),
  );

describe("the letter of a task that used up its supervision", () => {
  /** Fails for good as long as it may not answer. */
  const failing = () =>
    performersOf((turn, { address }) =>
      answering.has(address.actor)
        ? reports(turn, `by ${address.actor} (${address.type})`)
        : ({ event: { type: "model.failed", turn, reason: "broken", retry: false, delayMs: 0 }, told: [] } as never),
    );

  const givenUp = async (): Promise<DeadLetter> => {
    await hive.worker(
      performersOf((turn, context) =>
        context.address.actor === "a_b"
          ? performers()["model.call"]({ type: "model.call", turn, attempt: 0 }, context)
          : failing()["model.call"]({ type: "model.call", turn, attempt: 0 }, context),
      ),
    );
    await hive.start(RUN, [task("a", [], 2), task("b")]);
    return eventually(async () => (await letters.list())[0] ?? null);
  };

  it("says which, how often it was tried, by whom last, and why; the log names it", async () => {
    const letter = await givenUp();
    expect(letter).toMatchObject({
      id: expect.stringMatching(/^d_[0-9a-f]{12}$/),
      kind: "task",
      address: { run: RUN, type: "explore", actor: expect.stringMatching(/^a_a/) },
      task: { id: "a", attempts: 2, reasons: [expect.stringContaining("broken")] },
      mail: null,
      pending: [],
    });
    expect(await letters.taskOf(letter)).toBe("a");
    const written = (await hive.events(RUN)).filter(({ type }) => type === "letter.written");
    expect(written).toMatchObject([{ letter: letter.id, task: "a" }]);
    answers("a_b");
    expect(await hive.ended(RUN)).toBe("failed");
    expect((await letters.find(letter.id)).task?.id).toBe("a");
    expect(await letters.requeue(letter, { as: "reroute", task: "a", agentType: "explore" })).toEqual({
      kind: "ended",
      status: "failed",
    });
    expect((await replay(entriesOf(hive.reader, RUN), machines)).mismatch).toBeNull();
  });

  it("goes back to work as its task, by a new agent of the same type or another, and never as an actor", async () => {
    const letter = await givenUp();
    await expect(letters.requeue(letter, { as: "back", task: "a" })).rejects.toThrow("nobody died");
    answering = new Set(["a_a.3"]);
    expect(await letters.requeue(letter, { as: "reroute", task: "a", agentType: "general" })).toEqual({
      kind: "requeued",
    });
    expect(await letters.list()).toEqual([]);
    answers("a_b", "a_a.3");
    expect(await hive.ended(RUN)).toBe("completed");
    const results = Object.values(await hive.reader.results(RUN)).map(
      (text) => JSON.parse(text) as { status: string; actor: string },
    );
    expect(
      results
        .filter(({ status }) => status === "verified")
        .map(({ actor }) => actor)
        .toSorted(),
    ).toEqual(["a_a.3", "a_b"]);
    expect((await replay(entriesOf(hive.reader, RUN), machines)).mismatch).toBeNull();
  });

  it("is dropped for good, and the log says so", async () => {
    const letter = await givenUp();
    expect(await letters.drop(letter)).toBe("dropped");
    expect(await letters.list()).toEqual([]);
    expect((await hive.events(RUN)).filter(({ type }) => type === "letter.dropped")).toMatchObject([
      { letter: letter.id },
    ]);
  });
});
