/** Figures of a run over time, counted from its events, thinned to what a plot can show. Pure. */
import type { LoggedEvent } from "../../../machines/run-event.ts";
import { MOODS, type Mood, moodOf } from "./states.ts";

export interface Series {
  /** Seconds since 1970, as uPlot wants them; ascending. */
  readonly times: readonly number[];
  /** One list per line; null where nothing can be told. */
  readonly lines: readonly { readonly name: string; readonly values: readonly (number | null)[] }[];
}

/** Points of a plot, at most: more than it has pixels. */
export const POINTS_MAX = 1_200;

interface Running {
  readonly typeOf: Map<string, string>;
  readonly nano: Map<string, number>;
  /** Mood by actor. */
  readonly moods: Map<string, Mood>;
  readonly counts: Record<Mood, number>;
  out: number;
  input: number;
  read: number;
  tokens: number;
}

const begun = (): Running => ({
  typeOf: new Map(),
  nano: new Map(),
  moods: new Map(),
  counts: Object.fromEntries(MOODS.map((mood) => [mood, 0])) as Record<Mood, number>,
  out: 0,
  input: 0,
  read: 0,
  tokens: 0,
});

/** Types of agents that the cost is told apart by; the cheaper ones are one line. */
const TYPES_MAX = 6;

export interface RunSeries {
  /** US dollars so far, by type of agent; stacked: each line holds those before it. */
  readonly cost: Series;
  /** Share of the input read from the cache so far, percent; tokens so far, thousands. */
  readonly cache: Series;
  /** Agents at work, waiting for others, waiting for a person; model calls that are out. */
  readonly work: Series;
}

export function seriesOf(events: readonly LoggedEvent[], times: readonly number[], to: number): RunSeries {
  const state = begun();
  const types = typesByCost(events, to);
  const at: number[] = [];
  const cost: number[][] = types.map(() => []);
  const [share, tokens]: [(number | null)[], number[]] = [[], []];
  const [working, waiting, asking, out]: [number[], number[], number[], number[]] = [[], [], [], []];
  const every = Math.max(1, Math.ceil(to / POINTS_MAX));
  for (let index = 0; index < to; index++) {
    const event = events[index];
    if (event === undefined) break;
    take(state, event);
    if (index % every !== 0 && index !== to - 1) continue;
    at.push((times[index] ?? 0) / 1_000);
    let sum = 0;
    types.forEach((type, place) => {
      sum += costOf(state, types, type);
      cost[place]?.push(sum);
    });
    share.push(state.input + state.read === 0 ? null : (100 * state.read) / (state.input + state.read));
    tokens.push(state.tokens / 1_000);
    const { counts } = state;
    working.push(counts.working + counts.calling + counts.tool);
    waiting.push(counts.waiting + counts.backing + counts.paused);
    asking.push(counts.asking);
    out.push(state.out);
  }
  return {
    cost: { times: at, lines: types.map((name, place) => ({ name, values: cost[place] ?? [] })) },
    cache: {
      times: at,
      lines: [
        { name: "cache %", values: share },
        { name: "k tokens", values: tokens },
      ],
    },
    work: {
      times: at,
      lines: [
        { name: "at work", values: working },
        { name: "waiting", values: waiting },
        { name: "asking", values: asking },
        { name: "calls out", values: out },
      ],
    },
  };
}

const OTHERS = "others";

function costOf({ nano }: Running, types: readonly string[], type: string): number {
  if (type !== OTHERS) return (nano.get(type) ?? 0) / 1e9;
  let sum = 0;
  for (const [name, value] of nano) if (!types.includes(name)) sum += value;
  return sum / 1e9;
}

/** The dearest first. */
function typesByCost(events: readonly LoggedEvent[], to: number): string[] {
  const state = begun();
  for (let index = 0; index < to; index++) {
    const event = events[index];
    if (event !== undefined) take(state, event);
  }
  const types = [...state.nano].sort((a, b) => b[1] - a[1]).map(([type]) => type);
  return types.length <= TYPES_MAX ? types : [...types.slice(0, TYPES_MAX - 1), OTHERS];
}

function take(state: Running, event: LoggedEvent): void {
  if (event.type === "agent.started") state.typeOf.set(event.actor, event.agentType);
  else if (event.type === "agent.state") enter(state, event.actor, moodOf(event.to));
  else if (event.type === "agent.died") enter(state, event.died, "bad");
  else if (event.type === "actor.fenced") enter(state, event.fenced, "bad");
  else if (event.type === "model.called") state.out += 1;
  else if (event.type === "model.answered" || event.type === "model.failed") {
    const { inputTokens, cacheReadTokens, cacheWriteTokens, outputTokens } = event.usage;
    state.out = Math.max(0, state.out - 1);
    state.input += inputTokens + cacheWriteTokens;
    state.read += cacheReadTokens;
    state.tokens += inputTokens + cacheReadTokens + cacheWriteTokens + outputTokens;
  } else if (event.type === "budget.settled") {
    const type = state.typeOf.get(event.actor) ?? "?";
    state.nano.set(type, (state.nano.get(type) ?? 0) + (event.nanoUsd ?? 0));
  }
}

function enter(state: Running, actor: string, mood: Mood): void {
  const before = state.moods.get(actor);
  if (before !== undefined) state.counts[before] -= 1;
  state.counts[mood] += 1;
  state.moods.set(actor, mood);
}
