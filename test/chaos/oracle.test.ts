// The oracle must be able to fail: of a real, undisturbed run each law is broken by hand, and each breach is reported,
// by its own words and alone. Then the same for what the arena as a whole may not leave behind.

import { spawn } from "node:child_process";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LoggedEvent } from "../../machines/run-event.ts";
import { eventually } from "../support/swarm-cli.ts";
import { type Arena, openArena } from "./arena.ts";
import { type RunFacts, type TranscriptEntry, violationsOf } from "./oracle.ts";
import { ACTING, playOf } from "./reference-run.ts";
import { factsOf, leftoversOf, orphansOf, wordsOf, workerViolations } from "./run-facts.ts";
import { queueViolations } from "./settle.ts";

let arena: Arena;
let facts: RunFacts;

beforeAll(async () => {
  arena = await openArena();
  await arena.startWorker();
  const play = playOf("judged");
  const run = await arena.begin(play);
  if (run === null) throw new Error("the run could not be begun");
  await eventually("the run ends", async () => (await arena.reader.run(run))?.fields.status === "completed");
  facts = await factsOf(arena, run, play);
});

afterAll(async () => {
  await arena?.close();
});

const row = (changes: Record<string, string>): Partial<RunFacts> => ({ row: { ...facts.row, ...changes } });
const without = (which: (event: LoggedEvent) => boolean): LoggedEvent[] => facts.events.filter((one) => !which(one));
const numbered = (events: readonly LoggedEvent[]): Partial<RunFacts> => ({
  events: events.map((event, index) => ({ ...event, seq: index + 1 })),
  row: { ...facts.row, seq: String(events.length) },
});
const said = (change: (entries: TranscriptEntry[]) => TranscriptEntry[]): Partial<RunFacts> => ({
  transcripts: Object.fromEntries(
    Object.entries(facts.transcripts).map(([actor, entries]) => [
      actor,
      entries.length > 0 ? change([...entries]) : [],
    ]),
  ),
});
const firstOf = <Type extends LoggedEvent["type"]>(type: Type): Extract<LoggedEvent, { type: Type }> => {
  const found = facts.events.find((event) => event.type === type);
  if (found === undefined) throw new Error(`the run has no ${type}`);
  return found as Extract<LoggedEvent, { type: Type }>;
};
const repeated = (type: LoggedEvent["type"]): Partial<RunFacts> => {
  const event = firstOf(type);
  return numbered(facts.events.flatMap((one) => (one === event ? [one, one] : [one])));
};

test("an undisturbed run breaks no law", () => {
  expect(violationsOf(facts)).toEqual([]);
  expect(facts.asked.length).toBeGreaterThan(3);
  expect(facts.witness).toHaveLength(ACTING ? 2 : 0);
});

const planted: Readonly<Record<string, { readonly change: () => Partial<RunFacts>; readonly says: RegExp }>> = {
  "a run that goes on": { change: () => row({ status: "running" }), says: /did not end/ },
  "two terminal events": { change: () => repeated("run.completed"), says: /2 terminal events/ },
  "an event after the end": {
    change: () => numbered([...facts.events, firstOf("run.started")]),
    says: /the last event is run\.started/,
  },
  "a gap in the log": { change: () => ({ events: without(({ seq }) => seq === 7) }), says: /event 7 has the number 8/ },
  "a log that lost its end": { change: () => row({ seq: "9999" }), says: /the row counts 9999/ },
  "a replay that differs": { change: () => ({ replayed: "exit 3" }), says: /replay: exit 3/ },
  "a call that ends twice": { change: () => repeated("tool.finished"), says: /came to 2 ends/ },
  "a call that never ends": {
    change: () => numbered(without((event) => event === firstOf("tool.finished"))),
    says: /never came to an end/,
  },
  "a doubled result": {
    change: () => said((entries) => entries.flatMap((one, index) => (index === 2 ? [one, one] : [one]))),
    says: /has 2 results/,
  },
  "a lost result": {
    change: () => said((entries) => entries.filter((_, index) => index !== 2)),
    says: /has no result/,
  },
  "a result of nothing": {
    change: () => said((entries) => entries.filter((_, index) => index !== 1)),
    says: /which nobody called/,
  },
  "a request that nobody ordered": {
    change: () => ({ asked: [...facts.asked, 1] }),
    says: /asked 2 times, and ordered 1/,
  },
  "an answered call that is made again": {
    change: () => repeated("model.called"),
    says: /ordered 2 times for 0 failures/,
  },
  "an answer that nobody asked for": {
    change: () => ({ asked: facts.asked.slice(1) }),
    says: /answered and never asked/,
  },
  "two answers": { change: () => repeated("model.answered"), says: /answered 2 times/ },
  "tokens still held": {
    change: () => ({ budget: { ...facts.budget, heldTokens: "12" } }),
    says: /still holds heldTokens 12/,
  },
  "money still held": {
    change: () => ({ budget: { ...facts.budget, heldNano: "5" } }),
    says: /still holds heldNano 5/,
  },
  "tokens that nobody settled": {
    change: () => ({ budget: { ...facts.budget, tokens: String(Number(facts.budget.tokens) + 1) } }),
    says: /tokens spent, and/,
  },
  "a call settled twice": { change: () => repeated("budget.settled"), says: /settled twice/ },
  "something left over": { change: () => ({ leftovers: ["a timer"] }), says: /left over: a timer/ },
};

const plantedInFiles: typeof planted = {
  "a line written twice": {
    change: () => ({ witness: [...facts.witness, ...facts.witness.slice(0, 1)] }),
    says: /DONE TWICE/,
  },
  "a line that is missing": { change: () => ({ witness: facts.witness.slice(1) }), says: /the witness lacks it/ },
  "a line of nobody": { change: () => ({ witness: [...facts.witness, "x"] }), says: /no command writes/ },
  "a line without an intent": {
    change: () => numbered(without((event) => "tool" in event && event.tool === "Bash")),
    says: /done and never intended/,
  },
  "a line that is said not to be there": {
    change: () => {
      const bash = facts.events.find((event) => event.type === "tool.finished" && event.tool === "Bash");
      const { effect, call, tool } = bash as Extract<LoggedEvent, { type: "tool.finished" }>;
      const denial = { type: "tool.reconciled", effect, call, tool, happened: false } as const;
      return numbered(
        facts.events.flatMap((one) => (one === bash ? [one, { ...one, ...denial } as LoggedEvent] : [one])),
      );
    },
    says: /says that it did not happen/,
  },
  "a file that is half written": {
    change: () => ({ written: facts.written && { ...facts.written, found: "written by" } }),
    says: /neither nothing nor what was written/,
  },
  "a file that is not there": {
    change: () => ({ written: facts.written && { ...facts.written, found: null } }),
    says: /said to be written, and is not there/,
  },
};

describe("the oracle reports", () => {
  test.each(Object.entries(ACTING ? { ...planted, ...plantedInFiles } : planted))("%s", (_, { change, says }) => {
    const found = violationsOf({ ...facts, ...change() });
    expect(found).toContainEqual(expect.stringMatching(says));
    expect(found.length).toBeLessThanOrEqual(4);
  });
});

describe("the arena reports", () => {
  test("what an ended run leaves in the store", async () => {
    const { redis, keys } = arena;
    const { run } = facts;
    const shard = keys.shard(keys.shardOf(run));
    expect(await leftoversOf(arena, run)).toEqual([]);
    await redis.zadd(shard.ready, 1, `${run}/a_goal/general`);
    await redis.zadd(shard.timers, 1e15, `${run}/a_goal/general/t`);
    await redis.zadd(shard.stranded, 1, `${run}/a_goal/general`);
    await redis.xadd(shard.dead, "*", "member", `${run}/a_goal/general`);
    await redis.hset(keys.actor(run, "a_goal").pending, `${run}/a_goal/0.1:0#grant`, "1 2");
    await redis.rpush(keys.actor(run, "a_goal").mailbox, "{}");
    const found = await leftoversOf(arena, run);
    for (const word of ["in ready", "in timers", "in stranded", "dead letter", "#grant pending", "1 messages"])
      expect(found).toContainEqual(expect.stringContaining(word));
  });

  test("a process that outlives its run", async () => {
    // A recorder leaves a moment after its last word.
    await eventually("nobody is left", () => orphansOf(arena).length === 0);
    const child = spawn("sleep", ["600"], { cwd: arena.workspace });
    try {
      expect(orphansOf(arena).map(({ pid }) => pid)).toEqual([child.pid]);
    } finally {
      child.kill("SIGKILL");
    }
  });

  test("a worker that ends by itself, and what no worker may say", async () => {
    const own = await arena.beside("ends");
    const worker = await own.startWorker();
    expect(workerViolations(own)).toEqual([]);
    worker.command.signal("SIGKILL");
    await worker.command.done;
    expect(workerViolations(own)).toEqual([expect.stringContaining("ended by itself")]);
    expect(wordsOf("fine\nnode: UnhandledPromiseRejection x\nfine")).toEqual(["node: UnhandledPromiseRejection x"]);
    expect(wordsOf("same\n".repeat(30_000))).toEqual([expect.stringContaining("30001 lines")]);
  });

  test("a job that no queue should hold", { timeout: 180_000 }, async () => {
    const own = await arena.beside("jobs");
    await own.redis.lpush(`{jobs}:swarm-general:wait`, "17");
    expect(await queueViolations(own, 500)).toEqual([expect.stringContaining("swarm-general:wait")]);
  });
});
