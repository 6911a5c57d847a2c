/** The timeline's data: for every actor the stretches of its states, kept as plain numbers and only ever added to. Pure. */
import type { LoggedEvent } from "../../../machines/run-event.ts";
import { isOver, MOODS, type Mood, moodOf } from "./states.ts";

/** Stretch `i` begins at event `seqs[i]`, time `times[i]`, and ends where the next begins. */
export interface Lane {
  readonly actor: string;
  readonly seqs: number[];
  readonly times: number[];
  readonly moods: number[];
}

const numberOf = Object.fromEntries(MOODS.map((mood, index) => [mood, index])) as Record<Mood, number>;

export class Lanes {
  /** In the order in which the actors were first heard of. */
  readonly lanes: Lane[] = [];
  readonly #byActor = new Map<string, Lane>();
  #lastSeq = 0;

  take(event: LoggedEvent): void {
    if (event.seq <= this.#lastSeq) return;
    this.#lastSeq = event.seq;
    const atMs = Date.parse(event.at);
    const mark = (actor: string, mood: Mood): void => this.#mark(actor, event.seq, atMs, mood);
    if (event.type === "task.routed") mark(event.to, "unborn");
    else if (event.type === "agent.state") mark(event.actor, moodOf(event.to));
    else if (event.type === "agent.forked") mark(event.actor, moodOf(event.state));
    else if (event.type === "agent.died") mark(event.died, "bad");
    else if (event.type === "actor.fenced") mark(event.fenced, "bad");
  }

  #mark(actor: string, seq: number, atMs: number, mood: Mood): void {
    let lane = this.#byActor.get(actor);
    if (lane === undefined) {
      lane = { actor, seqs: [], times: [], moods: [] };
      this.#byActor.set(actor, lane);
      this.lanes.push(lane);
    }
    const number = numberOf[mood];
    if (lane.moods.at(-1) === number) return;
    lane.seqs.push(seq);
    lane.times.push(atMs);
    lane.moods.push(number);
  }
}

/** What is drawn of a lane: stretches from `from` to `to` on the axis that `starts` is on, cut to what is seen. */
export function stretches(
  { moods }: Lane,
  starts: readonly number[],
  from: number,
  to: number,
): { readonly start: number; readonly end: number; readonly mood: Mood }[] {
  const seen: { start: number; end: number; mood: Mood }[] = [];
  for (let index = firstSeen(starts, from); index < starts.length; index++) {
    const start = starts[index] as number;
    if (start >= to) break;
    const mood = MOODS[moods[index] as number] as Mood;
    const end = starts[index + 1] ?? (isOver(mood) ? start : to);
    seen.push({ start: Math.max(start, from), end: Math.min(end, to), mood });
  }
  return seen;
}

/** Index of the stretch that `from` falls into. */
function firstSeen(starts: readonly number[], from: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] as number) <= from) low = middle + 1;
    else high = middle;
  }
  return Math.max(0, low - 1);
}
