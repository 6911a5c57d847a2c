/** Laws of replay on logs of the real runtime: what it compares, how it says where a log and its fold part. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EffectAborted } from "../../actors/runtime/performer.ts";
import { type Replay, replay } from "../../actors/runtime/replay.ts";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import { shownMoment } from "../../actors/runtime/shown-moment.ts";
import { machines } from "../../actors/types/index.ts";
import type { RawEntry } from "../../infra/redis/reader.ts";
import {
  callsRead,
  failsOnce,
  type Hive,
  openMockedHive,
  performersOf,
  reports,
  task,
} from "../support/mocked-hive.ts";

let hive: Hive;
let log: readonly RawEntry[];
const RUN = "r_replayed";

const priced = {
  tokens: 30,
  nanoUsd: 7,
  inputTokens: 20,
  outputTokens: 10,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  calls: 1,
  unpriced: 0,
};

beforeAll(async () => {
  hive = await openMockedHive();
  await hive.worker(
    performersOf((turn, { address }) => {
      if (address.actor === "a_b" && turn === 0) return { ...failsOnce(turn), settle: priced };
      return { ...(turn < 2 ? callsRead(turn) : reports(turn)), settle: priced };
    }),
  );
  await hive.start(RUN, [task("a"), task("b", [], 2), task("c", ["a", "b"])], { tokensMax: 1_000_000 });
  expect(await hive.ended(RUN)).toBe("completed");
  log = await whole(RUN);
});
afterAll(() => hive.close());

async function whole(run: string): Promise<RawEntry[]> {
  const entries: RawEntry[] = [];
  for await (const { raw } of entriesOf(hive.reader, run)) entries.push(raw);
  return entries;
}

const reading = (entries: readonly RawEntry[]) => ({
  log: (_: string, afterSeq: number) => Promise.resolve(entries.filter(({ firstSeq }) => firstSeq > afterSeq)),
});
const replayed = (entries: readonly RawEntry[], to?: number): Promise<Replay> =>
  replay(entriesOf(reading(entries), RUN), machines, to);

type Body = Record<string, unknown> & { cause: { event?: { type: string } }; events: { type: string }[] };
/** The log with one entry's body changed; which one, `pick` says. */
function altered(
  pick: (body: Body, raw: RawEntry) => boolean,
  change: (body: Body) => unknown,
): [RawEntry[], RawEntry] {
  const at = log.findIndex((raw) => pick(JSON.parse(raw.body) as Body, raw));
  const raw = log[at] as RawEntry;
  const body = JSON.stringify(change(JSON.parse(raw.body) as Body));
  return [log.map((one, index) => (index === at ? { ...one, body } : one)), raw];
}

const isStep = (body: Body): boolean => body.cause !== undefined;
const answers = (body: Body): boolean => isStep(body) && body.cause.event?.type === "model.answered";

describe("a log of the real runtime", () => {
  it("folds to the same in every step, and twice to the same", async () => {
    const [first, second] = [await replayed(log), await replayed(log)];
    expect(first.mismatch).toBeNull();
    expect(first.steps).toBeGreaterThan(30);
    expect(second).toEqual({ ...first, moment: second.moment });
    expect(shownMoment(second.moment)).toEqual(shownMoment(first.moment));
  });

  it("tells at its end what the store holds: states, empty mailboxes, nothing out, all money", async () => {
    const { moment } = await replayed(log);
    const stored = await hive.reader.actors(RUN);
    const told = shownMoment(moment);
    expect(told.actors.map(({ actor }) => actor).sort()).toEqual(stored.map(({ actor }) => actor).sort());
    for (const { actor, version, core } of stored) {
      const one = told.actors.find((shown) => shown.actor === actor);
      expect(one).toMatchObject({ version, mail: [], pending: [], timers: [] });
      expect(one?.context).toMatchObject((JSON.parse(core ?? "") as { context: object }).context);
    }
    const budget = await hive.reader.budget(RUN);
    expect(told.budget).toEqual({
      tokens: Number(budget.tokens),
      nanoUsd: Number(budget.nano),
      heldTokens: Number(budget.heldTokens),
      heldNanoUsd: Number(budget.heldNano ?? 0),
    });
    expect(told.budget.tokens).toBe(30 * 15);
    expect(told.ended).toBe("completed");
  });

  it("tells of the conversation how long it was", async () => {
    const { moment } = await replayed(log);
    for (const { actor, transcript } of moment.actors.values()) {
      expect(transcript).toBe((await hive.reader.transcript(RUN, actor)).length);
    }
  });

  it("tells at every event of it what lay in mailboxes, what was out, which timers were armed", async () => {
    const seen = { mail: new Set<string>(), pending: new Set<string>(), timers: 0, held: 0 };
    const { lastSeq } = await replayed(log);
    for (let to = 1; to <= lastSeq; to += 1) {
      const { moment, mismatch } = await replayed(log, to);
      expect(mismatch).toBeNull();
      expect(moment.seq).toBeGreaterThanOrEqual(to);
      const { actors, budget } = shownMoment(moment);
      for (const { mail, pending, timers } of actors) {
        for (const { type } of mail) seen.mail.add(type);
        for (const { type } of pending) seen.pending.add(type);
        seen.timers += timers.length;
      }
      seen.held += budget.heldTokens;
    }
    expect(seen.mail).toEqual(new Set(["input", "task.settled"]));
    expect(seen.pending).toEqual(new Set(["session.assemble", "model.call", "tool.run", "result.verify"]));
    expect(seen.timers).toBeGreaterThan(0);
    expect(seen.held).toBeGreaterThan(0);
  });
});

describe("an altered entry is named:", () => {
  const cases: readonly [string, (body: Body) => boolean, (body: Body) => unknown, string][] = [
    ["another state hash", isStep, (body) => ({ ...body, hash: "0000000000000000" }), "state hash"],
    ["another state", isStep, (body) => ({ ...body, state: "elsewhere" }), "state"],
    ["another version", isStep, (body) => ({ ...body, version: 7 }), "version"],
    [
      "a machine that is not known",
      isStep,
      (body) => ({ ...body, machine: "coordinator@1#00000000" }),
      "machine is not known here",
    ],
    [
      "an answer that says something else",
      answers,
      (body) => ({ ...body, cause: { event: { ...body.cause.event, stop: "refusal" } } }),
      "state",
    ],
    [
      "an answer that brings one call fewer",
      answers,
      (body) => ({ ...body, cause: { event: { ...body.cause.event, calls: [] } } }),
      "state",
    ],
    [
      "a message in other words",
      (body) => isStep(body) && body.cause.event?.type === "task.settled",
      (body) => ({ ...body, cause: { event: { ...body.cause.event, status: "failed" } } }),
      "says other words than were sent",
    ],
    [
      "a message nobody sent",
      isStep,
      (body) => ({ ...body, by: { mail: "a_coordinator.9.9" } }),
      "took a message that was not next",
    ],
    [
      "an answer to an effect that was not out",
      answers,
      (body) => ({ ...body, by: { effect: `${RUN}/a_a/0.99:0` } }),
      "answers an effect that was not out",
    ],
    [
      "a message that was never sent",
      (body) => body.sent !== undefined,
      (body) => ({ ...body, sent: [] }),
      "messages sent",
    ],
    [
      "a run that ended otherwise",
      (body) => body.events.some(({ type }) => type === "run.completed"),
      (body) => ({
        ...body,
        events: body.events.map((event) => (event.type === "run.completed" ? { ...event, type: "run.failed" } : event)),
      }),
      "end of the run",
    ],
    ["what is no entry at all", answers, () => ({ v: 1, cause: {}, events: [] }), "the entry cannot be read"],
  ];
  it.each(cases)("%s", async (_, pick, change, why) => {
    const [entries, raw] = altered(pick, change);
    const { mismatch, lastSeq } = await replayed(entries);
    expect(mismatch).toMatchObject({ seq: raw.firstSeq, actor: raw.member.split("/")[1], why });
    expect(mismatch?.expected).not.toBe(mismatch?.found);
    expect(lastSeq).toBe(raw.firstSeq - 1);
  });

  it("one that is missing", async () => {
    const gone = log[9] as RawEntry;
    const { mismatch } = await replayed(log.filter((raw) => raw !== gone));
    expect(mismatch).toMatchObject({
      seq: log[10]?.firstSeq,
      why: "events are missing",
      expected: `event ${gone.firstSeq}`,
      found: `event ${log[10]?.firstSeq}`,
    });
  });

  it("and one whose machine is registered with another hash is not folded with it", async () => {
    const others = new Map([...machines].map(([name, entry]) => [name.replace(/#.*/, "#ffffffff"), entry]));
    const { mismatch, steps } = await replay(entriesOf(reading(log), RUN), others);
    expect(steps).toBe(0);
    expect(mismatch).toMatchObject({ seq: 1, why: "machine is not known here" });
    expect(mismatch?.expected).toBe("coordinator@1#ffffffff");
  });
});

it("a call that was called off is charged what was held for it, in the log's account too", async () => {
  await hive.worker(
    performersOf(
      (_, { signal, effectId }) =>
        new Promise((__, reject) => signal.addEventListener("abort", () => reject(new EffectAborted(effectId)))),
    ),
    "patient",
  );
  await hive.start("r_off", [task("a")], { tokensMax: 1_000_000, binding: "patient" });
  await hive.seen("r_off", ({ type }) => type === "model.called");
  const cancel = { id: "cancel", event: { type: "run.cancel", reason: "enough" } as { type: string } };
  await hive.store.send({ run: "r_off", actor: "a_coordinator", type: "coordinator" }, cancel);
  expect(await hive.ended("r_off")).toBe("cancelled");
  const { moment, mismatch } = await replay(entriesOf(hive.reader, "r_off"), machines);
  expect(mismatch).toBeNull();
  const budget = await hive.reader.budget("r_off");
  expect(Number(budget.tokens)).toBeGreaterThan(0);
  expect(shownMoment(moment).budget).toMatchObject({ tokens: Number(budget.tokens), heldTokens: 0 });
});
