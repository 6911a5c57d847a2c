// `swarm budget set` and what `swarm show` says of money, the built command beside a worker at work.
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Answer, EffectAborted } from "../../actors/runtime/performer.ts";
import { runDocument } from "../../actors/runtime/run-document.ts";
import type { Spending } from "../../actors/runtime/spending.ts";
import { commitOf, committed, coordinatorOf, event, spawnedAgent, startedRun } from "../support/given-commit.ts";
import { type Hive, openMockedHive, performersOf, reports, task } from "../support/mocked-hive.ts";
import { documentOf, eventually, openSwarm, type Swarm } from "../support/swarm-cli.ts";

const RUN = "r_budget";
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

const settled = (tokens: number, unpriced = 0): Answer["settle"] => ({
  tokens,
  nanoUsd: unpriced > 0 ? 0 : tokens * 2,
  inputTokens: tokens,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  calls: 1,
  unpriced,
});

/** a's call says what it cost; b's does not, and is charged what was reserved; c's stays out until the model may answer. */
async function begun(over: Parameters<Hive["start"]>[2] = {}, unpriced = 0): Promise<void> {
  const model = (turn: number, { address, signal, effectId }: Parameters<Parameters<typeof performersOf>[0]>[1]) => {
    if (address.actor === "a_a") return { ...reports(turn), settle: settled(70, unpriced) } as Answer;
    if (address.actor === "a_b") return reports(turn);
    return new Promise<Answer>((resolve, reject) => {
      signal.addEventListener("abort", () => reject(new EffectAborted(effectId)));
      eventually("the model may answer", () => answering || signal.aborted).then(() => resolve(reports(turn)), reject);
    });
  };
  await hive.worker(performersOf(model));
  await hive.start(RUN, [task("a"), task("b"), task("c", ["a", "b"])], over);
  await hive.seen(RUN, ({ type, actor }) => type === "model.called" && actor === "a_c");
}

type Amount = { readonly max: number | null; readonly spent: number; readonly reserved: number; readonly left: number };
interface Shown {
  readonly budget: { readonly tokens: Amount; readonly usd: Amount };
  readonly spending: Spending;
}
const shown = async (): Promise<Shown> => documentOf<Shown>(await swarm.ask(["show", RUN, "--json"]));

test("a raised budget is told and holds, replays, and asked for again changes nothing", async () => {
  await begun({ tokensMax: 20_000 });
  const { tokens } = (await shown()).budget;
  expect(tokens).toMatchObject({ max: 20_000, left: 20_000 - tokens.spent - tokens.reserved });
  expect(Math.min(tokens.spent, tokens.reserved)).toBeGreaterThan(0);

  const set = await swarm.ask(["budget", "set", RUN, "--tokens", "30000", "--json"]);
  const budget = { tokens: { ...tokens, max: 30_000, left: tokens.left + 10_000 }, usd: expect.anything() };
  expect([set.code, documentOf(set)]).toEqual([0, { v: 1, runId: RUN, did: "set", budget }]);
  const again = await swarm.ask(["budget", "set", RUN, "--tokens", "30000", "--json"]);
  expect([again.code, documentOf(again)]).toEqual([0, { v: 1, runId: RUN, did: "same", budget }]);
  const told = (await hive.events(RUN)).filter(({ type }) => type === "budget.changed");
  expect(told).toMatchObject([{ actor: "-", tokensMax: 30_000, nanoUsdMax: null, by: expect.stringMatching(/./) }]);
  const text = await swarm.ask(["budget", "set", RUN, "--tokens", "40000"]);
  expect(text.stdout).toContain(`tokens: ${tokens.spent} spent, ${tokens.reserved} reserved, `);
  answering = true;
  expect(await hive.ended(RUN)).toBe("completed");
  expect((await swarm.ask(["replay", RUN])).code).toBe(0);
});

test("a budget below what is used is refused with what that is; without a limit, or of an ended run, with the way out", async () => {
  await begun();
  const { tokens } = (await shown()).budget;
  const used = tokens.spent + tokens.reserved;
  const error = async (...args: string[]) => {
    const finished = await swarm.ask(["budget", ...args, "--json"]);
    const { error } = documentOf<{ error: { code: string; message: string; hint: string } }>(finished);
    return { exit: finished.code, ...error };
  };
  const below = await error("set", RUN, "--tokens", String(used - 1));
  expect(below).toMatchObject({ exit: 2, code: "budget.below" });
  expect(below.message).toContain(`${tokens.spent} are spent and ${tokens.reserved} reserved`);
  expect(await error("set", RUN)).toMatchObject({ exit: 2, code: "usage.budget" });
  expect(await error("get", RUN)).toMatchObject({ exit: 2, code: "usage.flag" });
  // Nobody knows what the model "m" costs.
  expect(await error("set", RUN, "--usd", "1")).toMatchObject({ exit: 2, code: "usage.unknown_price" });
  expect((await hive.events(RUN)).filter(({ type }) => type === "budget.changed")).toEqual([]);
  answering = true;
  await hive.ended(RUN);
  const ended = await error("set", RUN, "--tokens", "90000");
  expect(ended).toMatchObject({ exit: 2, code: "run.ended" });
  expect(ended.hint).toContain("swarm fork");
});

test("who ended as exhausted is named when there is more again: it is not brought back", async () => {
  const { store } = hive;
  const { run, claim } = await startedRun(store);
  const spawned = ["a_spent", "a_works"].map((actor) => ({ actor, type: "explore", row: '{"type":"explore"}' }));
  await store.send(coordinatorOf(run), event("m1"));
  await committed(store, commitOf(coordinatorOf(run), claim, { by: { mail: "m1" }, spawned }));
  for (const { actor } of spawned) {
    const born = await spawnedAgent(store, run, actor);
    const core = JSON.stringify({ value: actor === "a_spent" ? "exhausted" : { thinking: "calling" }, context: {} });
    await committed(store, commitOf(born.address, born.claim, { core }));
  }
  const { code, stderr } = await swarm.ask(["budget", "set", run, "--tokens", "5000"]);
  expect([code, stderr]).toEqual([0, expect.stringContaining("not brought back by this: a_spent.")]);
});

test("what the agents spent and hold adds up to the run's, while it is at work, after a death, and at its end", async () => {
  await begun();
  const agree = async (): Promise<Spending> => {
    const { budget, spending } = await shown();
    const sum = (which: "spent" | "reserved") =>
      spending.agents.reduce((all, { tokens }) => all + Number(tokens[which]), 0);
    expect([sum("spent"), sum("reserved")]).toEqual([budget.tokens.spent, budget.tokens.reserved]);
    expect(spending.types.map(({ tokens }) => tokens.spent).reduce((a, b) => a + b)).toBe(budget.tokens.spent);
    return spending;
  };
  const of = ({ agents }: Spending, id: string) => agents.find((one) => one.id === id);
  const early = await agree();
  expect(of(early, "a_a")).toEqual({
    id: "a_a",
    tokens: { spent: 70, reserved: 0 },
    usd: { spent: 140 / 1e9, reserved: 0 },
  });
  expect(of(early, "a_b")?.tokens.spent).toBeGreaterThan(70);
  expect(of(early, "a_c")?.tokens).toEqual({ spent: 0, reserved: of(early, "a_b")?.tokens.spent });
  const text = (await swarm.ask(["show", RUN])).stdout;
  expect(text).toMatch(/^a_a +explore +\S+ +\d+ +70 +0 +0\.000000$/m);
  expect(text).toMatch(/^tokens: \d+ spent, \d+ reserved; no limit$/m);

  await hive.store.quarantine({ run: RUN, actor: "a_c", type: "explore" }, "it kills");
  const late = await agree();
  expect(of(late, "a_c")?.tokens).toEqual({ spent: of(early, "a_c")?.tokens.reserved, reserved: 0 });
  expect(await hive.ended(RUN)).toBe("failed");
  await agree();
});

test("of calls whose price nobody knows the cost is unknown, for their agent, its type and the run alone", async () => {
  await begun({}, 1);
  const document = await runDocument(hive.reader, RUN);
  expect(document?.budget.usd).toMatchObject({ spent: null, left: null });
  const { agents, types } = document?.spending ?? { agents: [], types: [] };
  expect(agents.filter(({ usd }) => usd.spent === null).map(({ id }) => id)).toEqual(["a_a"]);
  expect(types.filter(({ usd }) => usd.spent === null).map(({ type }) => type)).toEqual(["explore"]);
  answering = true;
  expect(await hive.ended(RUN)).toBe("completed");
});
