// What the ledger makes of a log and a conversation: why something was not read again, what that cost, who lost most. What is
// not known is told as unknown.
import { describe, expect, test } from "vitest";
import { LOCAL_BINDING } from "../../../actors/runtime/bindings.ts";
import { type CacheLedger, type CacheTurn, cacheLedger } from "../../../actors/runtime/cache-ledger.ts";
import { type Entry, textEntry, toolResultEntry } from "../../../actors/runtime/conversation.ts";
import { cacheLines } from "../../../apps/cli/show-cache.ts";
import type { RawEntry } from "../../../infra/redis/reader.ts";
import type { Usage } from "../../../machines/events/model.ts";
import { plainSession } from "../../support/plain-session.ts";

const START_MS = Date.parse("2026-11-21T12:00:00Z");
const MODEL = "claude-opus-5-5";

interface Given {
  /** Seconds after the start of the run. */
  readonly at: number;
  readonly usage: readonly [read: number, write: number, fresh: number, output: number];
  /** Entries of the conversation that were sent. */
  readonly sent?: number;
  readonly nanoUsd?: number | null;
  readonly untold?: boolean;
  readonly model?: string;
}
interface GivenAgent {
  readonly calls: readonly Given[];
  readonly entries?: readonly Entry[];
  readonly system?: readonly string[];
}

const says = (text: string): Entry => ({ ...textEntry(text), role: "assistant" });
const talk: readonly Entry[] = ["go", "a", "on", "b", "on", "c"].map((text, index) =>
  index % 2 === 0 ? textEntry(text) : says(text),
);

function rawOf(agents: Readonly<Record<string, GivenAgent>>): RawEntry[] {
  const raw: RawEntry[] = [];
  let firstSeq = 1;
  const add = (actor: string, atMs: number, events: readonly object[]): void => {
    raw.push({ firstSeq, atMs, member: `r_1/${actor}/explore`, body: JSON.stringify({ v: 1, events }), grants: null });
    firstSeq += events.length;
  };
  for (const [actor, { calls }] of Object.entries(agents)) {
    for (const [
      turn,
      { at, usage: figures, sent = 1 + turn * 2, nanoUsd = 1, untold, model = MODEL },
    ] of calls.entries()) {
      const effect = `r_1/${actor}/0.${turn}:0`;
      const [cacheReadTokens, cacheWriteTokens, inputTokens, outputTokens] = figures;
      const usage: Usage = {
        ...{ inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens },
        ...(untold === true ? { cacheUntold: true as const } : {}),
      };
      add(actor, START_MS + at * 1_000, [{ type: "model.called", effect, turn, attempt: 0 }]);
      add(actor, START_MS + at * 1_000 + 500, [
        { type: "model.answered", effect, turn, stop: "tool_use", calls: 0, model, transcript: sent, usage },
        { type: "budget.settled", effect, tokens: 1, nanoUsd },
      ]);
    }
  }
  return raw;
}

function ledgerOf(agents: Readonly<Record<string, GivenAgent>>, binding = "api-1"): Promise<CacheLedger> {
  const raw = rawOf(agents);
  const reader = {
    run: async (run: string) => ({ run, fields: { binding } }),
    log: async (_: string, after: number) => raw.filter(({ firstSeq }) => firstSeq > after),
    transcript: async (_: string, actor: string) =>
      (agents[actor]?.entries ?? talk).map((entry) => JSON.stringify(entry)),
    session: async (_: string, actor: string) =>
      JSON.stringify(plainSession(["Read"], { model: MODEL, system: [...(agents[actor]?.system ?? ["be brief"])] })),
  };
  return cacheLedger(reader, "r_1", START_MS + 100_000);
}

async function turnsOf(...calls: readonly Given[]): Promise<readonly CacheTurn[]> {
  const { agents } = await ledgerOf({ a_a: { calls } });
  expect(agents).toHaveLength(1);
  return agents[0]?.turns ?? [];
}

test("a turn tells its tokens, its share of hits, its cost with and without a cache, and what its entry has left", async () => {
  const [first, second] = await turnsOf(
    { at: 0, usage: [0, 10_000, 5, 400], nanoUsd: 58_020_000 },
    { at: 40, usage: [10_000, 2_500, 0, 400], nanoUsd: 22_500_000 },
  );
  expect(first).toMatchObject({ read: 0, write: 10_000, fresh: 5, hitRate: 0, lostTokens: 0, miss: null });
  expect(first).toMatchObject({ leftSeconds: 260, at: "2026-11-21T12:00:00.000Z" });
  expect(second).toMatchObject({ hitRate: 0.8, costUsd: 0.0225, withoutCacheUsd: 0.058, lostUsd: 0, diverged: null });
  expect(second?.leftSeconds).toBe(240);
});

describe("what the last request had left and this one did not read", () => {
  const before: Given = { at: 0, usage: [0, 10_000, 0, 400] };

  test("was lost to its lapse, where it came later than five minutes", async () => {
    const [first, second] = await turnsOf(before, { at: 301, usage: [0, 12_500, 0, 400] });
    expect(first?.leftSeconds).toBe(-1);
    expect(second).toMatchObject({ miss: "expired", diverged: null, lostTokens: 10_000, lostUsd: 0.048 });
  });

  test("was lost to another model, where that answered", async () => {
    const [, second] = await turnsOf(before, { at: 9, usage: [0, 12_500, 0, 400], model: "claude-opus-5" });
    expect(second?.miss).toBe("other model");
  });

  test("was lost for no reason of ours, where the request is what it should be", async () => {
    const [, second] = await turnsOf(before, { at: 9, usage: [4_000, 8_500, 0, 400] });
    expect(second).toMatchObject({ miss: "unexplained", diverged: null, lostTokens: 6_000, lostUsd: 0.0288 });
  });

  test("was lost to ourselves, where the request does not go on from the last one: the first difference is named", async () => {
    const uses = ["c1", "c2"].map((id) => ({ type: "tool_use", id, name: "Read", input: {} }));
    const entries: Entry[] = [
      textEntry("go"),
      { role: "assistant", content: uses },
      toolResultEntry("c2", "second", true),
      toolResultEntry("c1", "first", true),
    ];
    const late: Given = { at: 9, usage: [9_000, 3_500, 0, 400], sent: 4 };
    const ledger = await ledgerOf({ a_a: { calls: [{ ...before, sent: 3 }, late], entries } });
    expect(ledger.agents[0]?.turns[1]).toMatchObject({ diverged: "message 3.1", miss: "diverged", lostTokens: 1_000 });
    expect(ledger.totals.broken).toBe(1);
    expect(ledger.worst).toBe("a_a");
    expect(cacheLines(ledger).join("\n")).toMatch(/1 request did not go on.*MISSED/s);
  });
});

describe("what is not known", () => {
  test("is no number: tokens of a server that does not tell, and money of a model without a price", async () => {
    const ledger = await ledgerOf({
      a_a: { calls: [{ at: 0, usage: [0, 0, 900, 40], untold: true }] },
      a_b: { calls: [{ at: 1, usage: [0, 900, 0, 40], nanoUsd: null }] },
    });
    expect(ledger.agents[0]?.turns[0]).toMatchObject({
      read: null,
      write: null,
      fresh: 900,
      hitRate: null,
      lostUsd: null,
    });
    expect(ledger.agents[1]?.turns[0]).toMatchObject({
      write: 900,
      costUsd: null,
      withoutCacheUsd: null,
      lostUsd: null,
    });
    expect(ledger.totals).toMatchObject({ costUsd: null, savedUsd: null, read: 0, write: 900 });
    expect(cacheLines(ledger).join("\n")).toMatch(/The cost is unknown/);
  });

  test("the figures of the local analyst are told as simulated, and nobody was billed", async () => {
    const ledger = await ledgerOf({ a_a: { calls: [{ at: 0, usage: [0, 900, 0, 40], nanoUsd: 0 }] } }, LOCAL_BINDING);
    expect(ledger.simulated).toBe(true);
    expect(ledger.totals).toMatchObject({ costUsd: 0, withoutCacheUsd: 0 });
    expect(cacheLines(ledger).join("\n")).toMatch(/SIMULATED.*Nobody was billed/s);
  });

  test("a run whose models were never asked has no figures", async () => {
    const ledger = await ledgerOf({});
    expect(ledger.totals).toMatchObject({ calls: 0, hitRate: null });
    expect(cacheLines(ledger)).toEqual(["no agent of this run has had an answer of a model"]);
  });
});

test("of agents with one prefix all but the first follow; those with another are no siblings", async () => {
  const ledger = await ledgerOf({
    a_late: { calls: [{ at: 20, usage: [800, 100, 0, 1] }] },
    a_miss: { calls: [{ at: 10, usage: [0, 900, 0, 1] }] },
    a_first: { calls: [{ at: 0, usage: [0, 900, 0, 1] }] },
    a_other: { calls: [{ at: 30, usage: [0, 900, 0, 1] }], system: ["be long"] },
  });
  expect(ledger.siblings).toEqual({ followers: 2, hits: 1, readTokens: 800 });
});

test("a line has 80 columns, whatever the figures and the names", async () => {
  const usage = [123_456_789, 123_456_789, 123_456_789, 99] as const;
  const calls = Array.from({ length: 3 }, (_, turn) => ({ at: turn * 400, usage, nanoUsd: 98_765_432_100 }));
  const lines = cacheLines(await ledgerOf({ [`a_${"long".repeat(40)}`]: { calls } }));
  expect(lines.length).toBeGreaterThan(8);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
});
