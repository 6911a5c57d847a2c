/**
 * A run's cost as people ask for it: what was projected and what it came to, by agent type and by turn; how well each
 * prompt was guessed; what caching saved; how fast it spends.
 */
import type { TokenPrice } from "../../infra/model/prices.ts";
import type { Reader } from "../../infra/redis/reader.ts";
import { type Burn, burnOf } from "./burn.ts";
import { type ProjectedTask, type Projection, project, samplesOf } from "./projection.ts";
import { type CallFacts, callsOf } from "./run-calls.ts";
import { shownBudget } from "./spending.ts";

export interface CostOfType {
  readonly type: string;
  readonly agents: number;
  /** Without summaries of conversations, whose tokens and dollars are in what follows. */
  readonly turns: number;
  readonly tokens: number;
  /** US dollars; null where the price of a call is unknown. */
  readonly usd: number | null;
}

export interface CostOfTurn {
  readonly turn: number;
  readonly calls: number;
  /** Tokens that the prompts were held to be; null where nothing was held back for one of them. */
  readonly estimated: number | null;
  readonly prompt: number;
  readonly output: number;
  readonly usd: number | null;
}

export interface EstimateError {
  readonly calls: number;
  /** Of the prompt, as a share of what it came to: 0.02 is two in a hundred too many. */
  readonly median: number;
  readonly mostOver: number;
  /** The least of them: below nothing where a prompt was larger than it was held to be. */
  readonly mostUnder: number;
}

export interface RunCost {
  readonly v: 1;
  readonly runId: string;
  /** A server of this project played the model: nobody was billed. */
  readonly simulated: boolean;
  readonly projection: Projection | null;
  readonly types: readonly CostOfType[];
  readonly turns: readonly CostOfTurn[];
  readonly estimates: EstimateError | null;
  /** US dollars; null where a price, or what the cache did, is unknown. */
  readonly savedByCacheUsd: number | null;
  /** Null once the run is over, or before there is anything to tell. */
  readonly burn: Burn | null;
}

export interface Projected {
  readonly tasks: readonly ProjectedTask[];
  readonly simulated: boolean;
  /** What a call cost a token; null where nobody knows. */
  readonly price: (model: string, atMs: number, promptTokens: number) => TokenPrice | null;
}

/** Ended runs that a projection is taken from, newest first, and entries of each that are read. */
const RUNS_BEFORE_MAX = 10;
const ENTRIES_BEFORE_MAX = 2_000;

/** Null where there is no such run. `tasks` of `projected`: as they were planned; none: nothing is projected. */
export async function runCost(
  reader: Pick<Reader, "run" | "runs" | "log" | "budget">,
  run: string,
  projected: Projected,
  nowMs: number,
): Promise<RunCost | null> {
  const row = await reader.run(run);
  if (row === null) return null;
  const calls = await callsOf(reader, run);
  const { tokens, usd } = shownBudget(await reader.budget(run));
  const spent = calls.map(({ endedMs, prompt, output, nanoUsd }) => ({
    atMs: endedMs,
    tokens: prompt + output,
    nanoUsd: nanoUsd ?? 0,
  }));
  const left = { tokens: tokens.left, usd: usd.left };
  return {
    v: 1,
    runId: run,
    simulated: projected.simulated || calls.some(({ simulated }) => simulated),
    projection:
      projected.tasks.length === 0 ? null : await projectionOf(reader, projected, Number(row.fields.createdAt)),
    types: byType(calls),
    turns: byTurn(calls),
    estimates: errorOf(calls),
    savedByCacheUsd: savedBy(calls, projected),
    burn:
      row.fields.status === "running" ? burnOf(spent, { nowMs, sinceMs: Number(row.fields.createdAt), left }) : null,
  };
}

/** From runs that began before that moment: a run is never part of what was projected for it. */
export async function projectionOf(
  reader: Pick<Reader, "runs" | "log">,
  { tasks, simulated }: Pick<Projected, "tasks" | "simulated">,
  beforeMs: number,
): Promise<Projection> {
  const ended = (await reader.runs())
    .filter(({ fields }) => fields.status !== "running" && fields.stub === undefined)
    .filter(({ fields }) => Number(fields.createdAt) < beforeMs)
    .slice(0, RUNS_BEFORE_MAX);
  const samples = [];
  for (const { run } of ended) {
    const calls = await callsOf(reader, run, ENTRIES_BEFORE_MAX);
    // What was played says nothing of what is not, and the other way round.
    samples.push(...samplesOf(calls.filter((call) => call.simulated === simulated)));
  }
  return project(tasks, samples, { simulated });
}

function byType(calls: readonly CallFacts[]): CostOfType[] {
  return [...grouped(calls, ({ type }) => type)].map(([type, some]) => ({
    type,
    agents: new Set(some.map(({ actor }) => actor)).size,
    turns: some.filter(({ summary }) => !summary).length,
    tokens: some.reduce((sum, { prompt, output }) => sum + prompt + output, 0),
    usd: usdOf(some),
  }));
}

function byTurn(calls: readonly CallFacts[]): CostOfTurn[] {
  return [...grouped(calls, ({ turn }) => turn)]
    .sort(([a], [b]) => a - b)
    .map(([turn, some]) => ({
      turn,
      calls: some.length,
      estimated: some.reduce<number | null>(
        (sum, { estimated }) => (sum === null || estimated === null ? null : sum + estimated),
        0,
      ),
      prompt: some.reduce((sum, { prompt }) => sum + prompt, 0),
      output: some.reduce((sum, { output }) => sum + output, 0),
      usd: usdOf(some),
    }));
}

/** Null where one of them has no price: a sum of what is known would pass for the whole. */
const usdOf = (calls: readonly CallFacts[]): number | null => {
  const nano = calls.reduce<number | null>(
    (sum, { nanoUsd }) => (sum === null || nanoUsd === null ? null : sum + nanoUsd),
    0,
  );
  return nano === null ? null : nano / 1e9;
};

/** Against the same calls, had every token of every prompt been paid in full. */
function savedBy(calls: readonly CallFacts[], { price }: Pick<Projected, "price">): number | null {
  const nano = calls.reduce<number | null>((sum, { model, endedMs, prompt, output, nanoUsd }) => {
    if (sum === null || nanoUsd === null || nanoUsd === 0) return nanoUsd === 0 ? sum : null;
    const one = price(model, endedMs, prompt);
    return one === null ? null : sum + prompt * one.input + output * one.output - nanoUsd;
  }, 0);
  return nano === null ? null : nano / 1e9;
}

function errorOf(calls: readonly CallFacts[]): EstimateError | null {
  const errors = calls
    .flatMap(({ estimated, prompt }) => (estimated === null || prompt === 0 ? [] : [estimated / prompt - 1]))
    .sort((a, b) => a - b);
  const [least] = errors;
  if (least === undefined) return null;
  return {
    calls: errors.length,
    median: errors[Math.floor((errors.length - 1) / 2)] ?? 0,
    mostOver: errors.at(-1) ?? 0,
    mostUnder: least,
  };
}

function grouped<Key>(calls: readonly CallFacts[], keyOf: (call: CallFacts) => Key): Map<Key, CallFacts[]> {
  const groups = new Map<Key, CallFacts[]>();
  for (const call of calls) {
    const group = groups.get(keyOf(call));
    if (group === undefined) groups.set(keyOf(call), [call]);
    else group.push(call);
  }
  return groups;
}
