/**
 * A run as the page shows it, folded from its events one by one. Rows are never written in place, so that a moment that was
 * kept (a keyframe) costs a list of references and stays what it was. Pure; unknown events only move the clock.
 */
import type { LoggedEvent } from "../../../machines/run-event.ts";
import { type Change, changes } from "./run-changes.ts";
import type { Mood } from "./states.ts";

export interface Actor {
  readonly id: string;
  readonly type: string;
  readonly task: string;
  /** Who gave it its task; null for the coordinator. */
  readonly parent: string | null;
  /** `id@version#hash`; "" before its first step. */
  readonly machine: string;
  /** Path of its state; "" before its first step. */
  readonly state: string;
  readonly mood: Mood;
  readonly sinceMs: number;
  readonly bornMs: number;
  readonly lastSeq: number;
  readonly model: string;
  readonly turns: number;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  /** False once a server told nothing of a cache. */
  readonly cacheTold: boolean;
  readonly nanoUsd: number;
  /** Calls whose price nobody knows. */
  readonly unpriced: number;
  /** Tools that run, by call. */
  readonly tools: readonly { readonly call: string; readonly tool: string }[];
  /** Approvals that it waits for. */
  readonly asks: readonly string[];
  /** What went wrong last, or what it waits for, in a few words; "" for nothing. */
  readonly note: string;
  /** Taken out of its life, or dead: why; null while it lives. */
  readonly over: string | null;
}

export interface Totals {
  readonly calls: number;
  readonly input: number;
  readonly output: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly nanoUsd: number;
  readonly unpriced: number;
  readonly tools: number;
  readonly failures: number;
}

export interface RunMoment {
  readonly seq: number;
  readonly atMs: number;
  readonly startedMs: number;
  readonly goal: string;
  readonly kind: string;
  readonly model: string;
  /** `completed` … once it is over; `parked`; else `running`. */
  readonly status: string;
  readonly reasons: readonly string[];
  readonly totals: Totals;
  /** Breakers that are not closed. */
  readonly breakers: Readonly<Record<string, string>>;
  /** In the order in which they were first heard of. */
  readonly actors: readonly Actor[];
}

const noTotals: Totals = {
  calls: 0,
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  nanoUsd: 0,
  unpriced: 0,
  tools: 0,
  failures: 0,
};

const noRun: RunMoment = {
  seq: 0,
  atMs: 0,
  startedMs: 0,
  goal: "",
  kind: "",
  model: "",
  status: "running",
  reasons: [],
  totals: noTotals,
  breakers: {},
  actors: [],
};

/** Events between two kept moments: what looking back costs at most. */
export const KEYFRAME_EVERY = 1_000;

/**
 * The run so far, with kept moments to look back from. `now` is the newest moment; `at` gives any other.
 */
export class RunFold {
  readonly events: LoggedEvent[] = [];
  /** Time of every event, in milliseconds; same index as `events`. */
  readonly times: number[] = [];
  readonly #places = new Map<string, number>();
  /** Numbers of the events that each actor wrote itself, ascending. */
  readonly #own = new Map<string, number[]>();
  readonly #keyframes: RunMoment[] = [noRun];
  #head: Draft = draftOf(noRun);

  /** Number of the newest event. */
  get seq(): number {
    return this.events.length;
  }

  /** Events must come numbered without gaps from 1; what was had already is passed over. Answers how many were new. */
  take(events: readonly LoggedEvent[]): number {
    let taken = 0;
    for (const event of events) {
      if (event.seq <= this.seq) continue;
      if (event.seq !== this.seq + 1) throw new RangeError(`event ${this.seq + 1} is missing: ${event.seq} came`);
      const atMs = Date.parse(event.at);
      this.events.push(event);
      this.times.push(atMs);
      const own = this.#own.get(event.actor);
      if (own === undefined) this.#own.set(event.actor, [event.seq]);
      else own.push(event.seq);
      step(this.#head, this.#places, event, atMs);
      taken += 1;
      if (this.seq % KEYFRAME_EVERY === 0) this.#keyframes.push(frozen(this.#head));
    }
    return taken;
  }

  now(): RunMoment {
    return frozen(this.#head);
  }

  /** After event `seq`; clamped to what there is. */
  at(seq: number): RunMoment {
    const wanted = Math.max(0, Math.min(seq, this.seq));
    if (wanted === this.seq) return this.now();
    const from = Math.floor(wanted / KEYFRAME_EVERY);
    const draft = draftOf(this.#keyframes[from] as RunMoment);
    for (let index = from * KEYFRAME_EVERY; index < wanted; index++) {
      step(draft, this.#places, this.events[index] as LoggedEvent, this.times[index] as number);
    }
    return frozen(draft);
  }

  actorAt(moment: RunMoment, id: string): Actor | undefined {
    const place = this.#places.get(id);
    return place === undefined ? undefined : moment.actors[place];
  }

  /** Numbers of the events that it wrote, ascending. */
  ownOf(id: string): readonly number[] {
    return this.#own.get(id) ?? [];
  }

  /** How many events it had written by `seq`: index in `ownOf` of the first that came later. */
  ownBy(id: string, seq: number): number {
    const own = this.ownOf(id);
    let low = 0;
    let high = own.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((own[middle] as number) <= seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  placeOf(id: string): number | undefined {
    return this.#places.get(id);
  }
}

/** A moment under way: the list is its own, the rows are shared. */
export interface Draft {
  run: Omit<RunMoment, "actors">;
  actors: Actor[];
}

const draftOf = ({ actors, ...run }: RunMoment): Draft => ({ run, actors: [...actors] });
const frozen = ({ run, actors }: Draft): RunMoment => ({ ...run, actors: [...actors] });

function step(draft: Draft, places: Map<string, number>, event: LoggedEvent, atMs: number): void {
  const { run } = draft;
  draft.run = { ...run, seq: event.seq, atMs, startedMs: run.startedMs === 0 ? atMs : run.startedMs };
  const change = changes[event.type] as ((change: Change, event: LoggedEvent) => void) | undefined;
  const scene: Change = {
    draft,
    atMs,
    seq: event.seq,
    actor: (id, edit) => {
      const place = placed(draft, places, id, atMs);
      const before = draft.actors[place] as Actor;
      draft.actors[place] = { ...before, ...edit(before), lastSeq: event.seq };
    },
  };
  change?.(scene, event);
}

function placed(draft: Draft, places: Map<string, number>, id: string, atMs: number): number {
  const known = places.get(id);
  if (known !== undefined && known < draft.actors.length) return known;
  const place = draft.actors.length;
  places.set(id, place);
  draft.actors.push({ ...UNBORN, id, bornMs: atMs, sinceMs: atMs });
  return place;
}

const UNBORN: Actor = {
  id: "",
  type: "",
  task: "",
  parent: null,
  machine: "",
  state: "",
  mood: "unborn",
  sinceMs: 0,
  bornMs: 0,
  lastSeq: 0,
  model: "",
  turns: 0,
  input: 0,
  output: 0,
  cacheRead: 0,
  cacheWrite: 0,
  cacheTold: true,
  nanoUsd: 0,
  unpriced: 0,
  tools: [],
  asks: [],
  note: "",
  over: null,
};
