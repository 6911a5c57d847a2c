// What a run will probably take, how fast it goes, and what people are told of it: by rules, so that the same past gives the same words.
import { expect, it } from "vitest";
import { burnOf } from "../../../actors/runtime/burn.ts";
import { type AgentSample, type ProjectedTask, project, samplesOf } from "../../../actors/runtime/projection.ts";
import type { CallFacts } from "../../../actors/runtime/run-calls.ts";
import { type Projected, projectionOf, runCost } from "../../../actors/runtime/run-cost.ts";
import { costLines } from "../../../apps/cli/show-cost.ts";
import { projectedFor, projectionWords } from "../../../apps/orders/project-run.ts";
import type { RawEntry } from "../../../infra/redis/reader.ts";

const price = { input: 2_000, output: 10_000, write5m: 2_500, write1h: 4_000, read: 100, source: "test" };
const task = (type: string, over: Partial<ProjectedTask> = {}): ProjectedTask => ({
  type,
  turnsMax: 24,
  promptTokens: 4_000,
  price: () => price,
  ...over,
});
const sample = (tokens: number, type = "explore"): AgentSample => ({
  type,
  turns: 4,
  fresh: 0,
  write: tokens,
  read: 0,
  output: 0,
});

it("agents that worked before say what the next will take, and their spread is the spread", () => {
  const before = [1_000, 2_000, 3_000, 4_000, 5_000, 6_000, 7_000, 8_000, 9_000, 10_000].map((tokens) =>
    sample(tokens),
  );
  const { tokens, usd, from, types } = project([task("explore"), task("explore")], before, { simulated: false });
  expect(tokens).toEqual({ low: 2_000, likely: 10_000, high: 18_000 });
  expect([from, types[0]?.agentsBefore]).toEqual(["runs", 10]);
  expect(usd?.likely).toBeCloseTo((10_000 * 2_500) / 1e9, 12);
});

it("two agents before are no past: a type without one is projected from its turn limit, and that is said", () => {
  const known = [1, 2, 3].map(() => sample(1_000));
  const projection = project([task("explore"), task("general")], [...known, sample(9, "general")], {
    simulated: false,
  });
  expect(projection.from).toBe("both");
  expect(project([task("explore")], known.slice(1), { simulated: false }).from).toBe("types");
  const [, general] = projection.types;
  expect(general).toMatchObject({ type: "general", agentsBefore: 0, turns: { low: 3, likely: 9, high: 24 } });
  expect(general?.tokens.high).toBeGreaterThan(10 * (general?.tokens.low ?? Number.NaN));
  expect(projectionWords(projection)).toMatch(/from their turn limits alone/);
});

it("a task whose model has no price leaves the cost of the whole unknown, and its tokens projected", () => {
  const projection = project([task("explore"), task("plan", { price: () => null })], [], { simulated: false });
  expect([projection.usd, projection.tokens.likely > 0]).toEqual([null, true]);
  expect(projectionWords(projection)).toMatch(/cost unknown/);
});

const call = (over: Partial<CallFacts> = {}): CallFacts => ({
  ...{
    actor: "a_1",
    type: "explore",
    turn: 0,
    summary: false,
    model: "claude-sonnet-5-5",
    startedMs: 0,
    endedMs: 1_000,
  },
  ...{ estimated: 110, prompt: 100, fresh: 100, write: 0, read: 0, output: 10, nanoUsd: 7, simulated: false },
  ...over,
});

it("an agent's calls are one sample", () => {
  expect(samplesOf([call(), call({ turn: 1, read: 100 }), call({ actor: "a_2" })])).toEqual([
    { type: "explore", turns: 2, fresh: 200, write: 0, read: 100, output: 20 },
    { type: "explore", turns: 1, fresh: 100, write: 0, read: 0, output: 10 },
  ]);
});

it("a limit ends when what is left is spent at the rate of the last minutes, and the first limit counts", () => {
  const spent = Array.from({ length: 10 }, (_, at) => ({ atMs: at * 6_000, tokens: 1_000, nanoUsd: 1e9 }));
  const at = { nowMs: 60_000, sinceMs: 0 };
  expect(burnOf(spent, { ...at, left: { tokens: 50_000, usd: 30 } })).toEqual({
    tokensPerMinute: 10_000,
    usdPerMinute: 10,
    minutesLeft: 3,
  });
  expect(burnOf(spent, { ...at, left: { tokens: null, usd: null } })?.minutesLeft).toBeNull();
  expect(burnOf(spent, { nowMs: 5_000, sinceMs: 0, left: { tokens: 1, usd: null } })).toBeNull();
  // What was spent an hour ago is no rate.
  expect(burnOf(spent, { nowMs: 3_600_000, sinceMs: 0, left: { tokens: 1, usd: null } })).toBeNull();
});

/** A run's log as the reader tells it: one call an entry, granted 1,000 tokens for a prompt and 24 for an answer. */
const logOf = (
  calls: readonly { usage: Record<string, number>; nanoUsd: number | null; simulated?: true }[],
): RawEntry[] =>
  calls.flatMap(({ usage, nanoUsd, simulated }, turn) => {
    const effect = `r/a_1/0.${turn}:0`;
    const entry = (seq: number, grants: string | null, ...events: unknown[]): RawEntry => ({
      firstSeq: seq,
      atMs: seq * 1_000,
      member: "r/a_1/explore",
      grants,
      body: JSON.stringify({ v: 1, events }),
    });
    return [
      entry(4 * turn + 1, `${effect} 24 1024 99`, { type: "model.called", effect, turn, attempt: 0 }),
      entry(
        4 * turn + 2,
        null,
        {
          type: "model.answered",
          effect,
          turn,
          stop: "tool_use",
          calls: 1,
          model: "claude-sonnet-5-5",
          transcript: 1,
          usage: { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0, ...usage },
          ...(simulated ? { simulated } : {}),
        },
        { type: "budget.settled", effect, tokens: 1, nanoUsd },
      ),
    ];
  });

const readerOf = (logs: Readonly<Record<string, RawEntry[]>>, status = "completed"): never =>
  ({
    run: async (run: string) => ({ run, fields: { status: run === "r" ? status : "completed", createdAt: "100000" } }),
    runs: async () =>
      Object.keys(logs).map((run, at) => ({ run, fields: { status: "completed", createdAt: String(at) } })),
    log: async (run: string, after: number) => (logs[run] ?? []).filter(({ firstSeq }) => firstSeq > after),
    budget: async () => ({ tokensMax: "5000", tokens: "1000" }),
  }) as never;

const projected: Projected = { tasks: [task("explore")], simulated: false, price: () => price };

it("what was held for a prompt stands beside what it came to, by type and by turn, with what caching saved", async () => {
  const usage = { inputTokens: 100, cacheReadTokens: 400, outputTokens: 50 };
  const paid = 100 * 2_000 + 400 * 100 + 50 * 10_000;
  const cost = await runCost(
    readerOf({
      r: logOf([
        { usage, nanoUsd: paid },
        { usage: { ...usage, cacheReadTokens: 1_150 }, nanoUsd: paid },
      ]),
    }),
    "r",
    projected,
    200_000,
  );
  expect(cost).toMatchObject({
    simulated: false,
    types: [{ type: "explore", agents: 1, turns: 2, tokens: 1_850 }],
    turns: [
      { turn: 0, estimated: 1_000, prompt: 500 },
      { turn: 1, estimated: 1_000, prompt: 1_250 },
    ],
    estimates: { calls: 2, mostOver: 1, mostUnder: expect.closeTo(-0.2, 9) },
    burn: null,
  });
  expect(cost?.savedByCacheUsd).toBeCloseTo(
    (500 * 2_000 + 50 * 10_000 - paid + 1_250 * 2_000 + 50 * 10_000 - paid) / 1e9,
    12,
  );
  const lines = costLines(cost as never);
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines.join("\n")).toMatch(/^explore +1 +2 +1850 /m);
});

it("a call without a price leaves the cost and what caching saved unknown, never nothing", async () => {
  const cost = await runCost(readerOf({ r: logOf([{ usage: { inputTokens: 9 }, nanoUsd: null }]) }), "r", projected, 9);
  expect([cost?.types[0]?.usd, cost?.savedByCacheUsd]).toEqual([null, null]);
});

it("what was played says nothing of what is not, and is called what it is", async () => {
  const played = logOf([{ usage: { inputTokens: 500 }, nanoUsd: 0, simulated: true }]);
  const logs = { p1: played, p2: played, p3: played };
  expect((await projectionOf(readerOf(logs), projected, 50)).from).toBe("types");
  const simulated = await projectionOf(readerOf(logs), { ...projected, simulated: true }, 50);
  expect([simulated.from, simulated.tokens.likely]).toEqual(["runs", 500]);
  expect(projectionWords(simulated)).toMatch(/^SIMULATED: /);
  const cost = await runCost(readerOf({ r: played }, "running"), "r", projected, 101_000);
  expect(cost?.simulated).toBe(true);
  expect(costLines(cost as never)[0]).toMatch(/^SIMULATED/);
});

it("a run is no part of what was projected for it, nor one that came later", async () => {
  const log = logOf([{ usage: { inputTokens: 500 }, nanoUsd: 1 }]);
  const logs = { r0: log, r1: log, r2: log, r3: log };
  expect((await projectionOf(readerOf(logs), projected, 3)).types[0]?.agentsBefore).toBe(3);
  expect((await projectionOf(readerOf(logs), projected, 2)).types[0]?.agentsBefore).toBe(0);
});

it("a model of unknown price, a server on this machine and the operator's own price are told apart", () => {
  const asked = { model: "claude-fable-5-2", binding: "api-x", models: null };
  const row = { model: "claude-fable-5-2", input: 1, output: 1, write5m: 1, write1h: 1, read: 1, source: "mine" };
  const priceIn = (config: Parameters<typeof projectedFor>[2]) =>
    projectedFor(["explore"], asked, config).tasks[0]?.price(1)?.input ?? null;
  expect(priceIn({ baseUrl: undefined, prices: [] })).toBeNull();
  expect(priceIn({ baseUrl: "http://127.0.0.1:1", prices: [] })).toBe(0);
  expect(priceIn({ baseUrl: undefined, prices: [row] })).toBe(1_000);
  // What listens here may hand on what it is asked: the operator knows.
  expect(priceIn({ baseUrl: "http://localhost:1", prices: [row] })).toBe(1_000);
});

it("a summary of a conversation is paid for like a turn and is none: its tokens count, its agent's turns do not", async () => {
  const usage = { inputTokens: 100, cacheReadTokens: 400, outputTokens: 50 };
  const [called, answered] = logOf([{ usage, nanoUsd: 7, simulated: true }]) as [RawEntry, RawEntry];
  const summaryOf = (text: string): string =>
    text
      .replace(/"effect":"[^"]*"/g, '"effect":"s"')
      .replace('"type":"model.called"', '"type":"compaction.started","by":"summary"')
      .replace(
        '"type":"model.answered"',
        '"type":"compaction.done","by":"own","generation":2,"dropped":1,"tokensBefore":9,"tokensAfter":1',
      );
  const log = [
    called,
    answered,
    { ...called, firstSeq: 91, body: summaryOf(called.body), grants: null },
    { ...answered, firstSeq: 92, body: summaryOf(answered.body) },
  ];
  const cost = await runCost(readerOf({ r: log }), "r", projected, 200_000);
  expect(cost?.types).toEqual([{ type: "explore", agents: 1, turns: 1, tokens: 1_100, usd: 14 / 1e9 }]);
  expect(cost?.turns).toMatchObject([{ turn: 0, calls: 2, prompt: 1_000, output: 100 }]);
  const before = { p1: log, p2: log, p3: log };
  const next = await projectionOf(readerOf(before), { ...projected, simulated: true }, 50);
  expect([next.tokens.likely, next.types[0]?.turns.likely]).toEqual([1_100, 1]);
});

it("where no prompt was held too low, the least error is above nothing", async () => {
  const cost = await runCost(readerOf({ r: logOf([{ usage: { inputTokens: 800 }, nanoUsd: 1 }]) }), "r", projected, 9);
  expect(cost?.estimates).toMatchObject({ mostUnder: 0.25, mostOver: 0.25 });
});
