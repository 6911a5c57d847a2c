/**
 * What a run will probably take, before it has taken anything: from what agents of its types took here before, or where
 * none has worked here yet from the limits of their types. Always with its spread, and with where it comes from. Pure.
 */
import type { TokenPrice } from "../../infra/model/prices.ts";
import type { CallFacts } from "./run-calls.ts";

/** What one agent took from birth to end. */
export interface AgentSample {
  readonly type: string;
  readonly turns: number;
  readonly fresh: number;
  readonly write: number;
  readonly read: number;
  readonly output: number;
}

export interface Range {
  readonly low: number;
  readonly likely: number;
  readonly high: number;
}

export interface ProjectedTask {
  readonly type: string;
  readonly turnsMax: number;
  /** Tokens that its prompt has before anything was said, about. */
  readonly promptTokens: number;
  /** For a prompt of that many tokens; null where nobody knows what its model costs. */
  readonly price: (promptTokens: number) => TokenPrice | null;
}

export interface ProjectedType {
  readonly type: string;
  readonly tasks: number;
  /** Agents of earlier runs that this is taken from; 0: from the type's limits, which says little. */
  readonly agentsBefore: number;
  readonly turns: Range;
  readonly tokens: Range;
  /** US dollars; null where the price of its model is unknown. */
  readonly usd: Range | null;
}

export interface Projection {
  readonly tasks: number;
  readonly tokens: Range;
  readonly usd: Range | null;
  readonly types: readonly ProjectedType[];
  /** `runs`: of all types; `types`: of none; `both`: of some. */
  readonly from: "runs" | "types" | "both";
  /** Its agents are played by a server of this project: nobody will be billed. */
  readonly simulated: boolean;
}

/** Agents of one type that say anything about the next; with fewer, the spread is that of the type's limits. */
const SAMPLES_MIN = 3;
const [LOW, HIGH] = [0.1, 0.9];

/**
 * Assumed where nothing is known: tokens that a turn adds to the conversation and that an answer has, and the share of its
 * turns that an agent takes. They are guesses, and the spread says so.
 */
const ASSUMED = {
  low: { turns: 0.1, added: 500, output: 150 },
  likely: { turns: 0.35, added: 2_000, output: 400 },
  high: { turns: 1, added: 4_000, output: 1_000 },
} as const;

export function samplesOf(calls: readonly CallFacts[]): AgentSample[] {
  const byActor = new Map<string, AgentSample>();
  for (const { actor, type, summary, fresh, write, read, output } of calls) {
    const before = byActor.get(actor) ?? { type, turns: 0, fresh: 0, write: 0, read: 0, output: 0 };
    byActor.set(actor, {
      type,
      turns: before.turns + (summary ? 0 : 1),
      fresh: before.fresh + fresh,
      write: before.write + write,
      read: before.read + read,
      output: before.output + output,
    });
  }
  return [...byActor.values()];
}

export function project(
  tasks: readonly ProjectedTask[],
  before: readonly AgentSample[],
  { simulated }: { readonly simulated: boolean },
): Projection {
  const types = [...new Set(tasks.map(({ type }) => type))].sort().map((type) =>
    projectedType(
      tasks.filter((task) => task.type === type),
      before.filter((sample) => sample.type === type),
    ),
  );
  const known = types.filter(({ agentsBefore }) => agentsBefore > 0).length;
  return {
    tasks: tasks.length,
    tokens: types.map(({ tokens }) => tokens).reduce(sum, ZERO),
    usd: types.reduce<Range | null>((all, { usd }) => (all === null || usd === null ? null : sum(all, usd)), ZERO),
    types,
    from: known === 0 ? "types" : known === types.length ? "runs" : "both",
    simulated,
  };
}

function projectedType(tasks: readonly ProjectedTask[], samples: readonly AgentSample[]): ProjectedType {
  const isKnown = samples.length >= SAMPLES_MIN;
  const each = tasks.map((task) => {
    const range = isKnown ? measured(samples) : assumed(task);
    const usd = (sample: AgentSample): number | null => costOf(sample, task);
    const [low, likely, high] = [usd(range.low), usd(range.likely), usd(range.high)];
    return {
      turns: ranged(range, ({ turns }) => turns),
      tokens: ranged(range, tokensIn),
      usd: low === null || likely === null || high === null ? null : ordered({ low, likely, high }),
    };
  });
  return {
    type: tasks[0]?.type ?? "",
    tasks: tasks.length,
    agentsBefore: isKnown ? samples.length : 0,
    turns: each.map(({ turns }) => turns).reduce(sum, ZERO),
    tokens: each.map(({ tokens }) => tokens).reduce(sum, ZERO),
    usd: each.reduce<Range | null>((all, { usd }) => (all === null || usd === null ? null : sum(all, usd)), ZERO),
  };
}

interface Samples {
  readonly low: AgentSample;
  readonly likely: AgentSample;
  readonly high: AgentSample;
}

/** By the tokens they took: a tenth took less than the lowest, a tenth more than the highest. */
function measured(samples: readonly AgentSample[]): Samples {
  const sorted = [...samples].sort((a, b) => tokensIn(a) - tokensIn(b));
  const at = (share: number): AgentSample =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] as AgentSample;
  return { low: at(LOW), likely: at(0.5), high: at(HIGH) };
}

const assumed = (task: ProjectedTask): Samples => ({
  low: imagined(task, ASSUMED.low),
  likely: imagined(task, ASSUMED.likely),
  high: imagined(task, ASSUMED.high),
});

/** An agent whose every turn reads what the last one wrote. */
function imagined(
  { type, turnsMax, promptTokens }: ProjectedTask,
  { turns: share, added, output }: { readonly turns: number; readonly added: number; readonly output: number },
): AgentSample {
  const turns = Math.max(2, Math.ceil(turnsMax * share));
  const grown = (turn: number): number => promptTokens + turn * (added + output);
  const read = Array.from({ length: turns - 1 }, (_, turn) => grown(turn)).reduce((a, b) => a + b, 0);
  return { type, turns, fresh: 0, write: grown(turns - 1), read, output: turns * output };
}

const tokensIn = ({ fresh, write, read, output }: AgentSample): number => fresh + write + read + output;

function costOf(sample: AgentSample, { price }: ProjectedTask): number | null {
  const { turns, fresh, write, read, output } = sample;
  const one = price(Math.round((fresh + write + read) / Math.max(1, turns)));
  if (one === null) return null;
  return (fresh * one.input + write * one.write5m + read * one.read + output * one.output) / 1e9;
}

const ZERO: Range = { low: 0, likely: 0, high: 0 };

const sum = (a: Range, b: Range): Range => ({
  low: a.low + b.low,
  likely: a.likely + b.likely,
  high: a.high + b.high,
});

const ranged = ({ low, likely, high }: Samples, of: (sample: AgentSample) => number): Range =>
  ordered({ low: of(low), likely: of(likely), high: of(high) });

/** An agent with more tokens may have had fewer turns, or cheaper ones. */
function ordered({ low, likely, high }: Range): Range {
  const [least = 0, middle = 0, most = 0] = [low, likely, high].sort((a, b) => a - b);
  return { low: least, likely: middle, high: most };
}
