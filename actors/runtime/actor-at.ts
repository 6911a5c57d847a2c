/**
 * One actor at one moment of its run: what it remembered before and after its last step, and which transitions that step
 * took. Only its own entries are folded, so that a moment late in a long run costs no more than the actor's own life; and a
 * fold can be picked up where an earlier one stood.
 */
import type { MachineEntry, Machines } from "../../machines/catalogue.ts";
import {
  type ActorState,
  dehydrate,
  type FoldEntry,
  fold,
  rehydrate,
  statePath,
  watchTaken,
} from "../../machines/fold.ts";
import { stateFrom } from "../../machines/snapshot.ts";
import type { ReadEntry } from "./run-log.ts";

export interface ActorAt {
  /** First and last event of the commit of its last step; 0 where it had not taken one. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** Null before its first step, like `state` and `context`. */
  readonly machine: string | null;
  readonly version: number;
  readonly state: string | null;
  /** What it was sent in its last step. */
  readonly cause: unknown;
  readonly context: Readonly<Record<string, unknown>> | null;
  /** Its context before its last step; null where that was its first. */
  readonly before: Readonly<Record<string, unknown>> | null;
  /** Ids of the transitions of its last step, in the order in which they were taken. */
  readonly edges: readonly string[];
  /** Why no more can be told; null where all of it is. */
  readonly problem: string | null;
}

/** Where a fold stood: nothing in it is written any more. */
export interface ActorPlace {
  readonly told: ActorAt;
  readonly state: ActorState | null;
}

export const NOWHERE: ActorPlace = {
  told: {
    firstSeq: 0,
    lastSeq: 0,
    machine: null,
    version: 0,
    state: null,
    cause: null,
    context: null,
    before: null,
    edges: [],
    problem: null,
  },
  state: null,
};

/** `toSeq`: the commit that has this event in it is the last that counts. Never throws on what the log says. */
export async function actorAt(
  entries: AsyncIterable<ReadEntry>,
  machines: Machines,
  actor: string,
  toSeq: number,
): Promise<ActorAt> {
  let place = NOWHERE;
  for await (const entry of entries) {
    if (entry.raw.firstSeq > toSeq && entry.base === null) break;
    if (entry.actor !== actor) continue;
    place = nextPlace(place, machines, entry);
    if (place.told.problem !== null) break;
  }
  return place.told;
}

/** After one more entry of this actor. Never throws on what it says: a place with a problem is the last that can be told. */
export function nextPlace({ told, state }: ActorPlace, machines: Machines, entry: ReadEntry): ActorPlace {
  const name: string | null = entry.step?.machine ?? entry.base?.machine ?? told.machine;
  const machine = name === null ? undefined : machines.get(name);
  let place: ActorPlace = { told, state };
  if (entry.base !== null && entry.base.core !== null && machine !== undefined) {
    const from = stateFrom({ core: entry.base.core, rows: new Map(Object.entries(entry.base.rows)) }, machine.shape);
    place = { told: { ...told, machine: name, version: entry.base.version, ...shown(from) }, state: from };
  }
  if (entry.step === null) return place;
  if (machine === undefined)
    return { ...place, told: { ...place.told, problem: `machine ${name ?? "?"} is not known here` } };
  try {
    return stepped(place.state, machine, entry, entry.step);
  } catch (cause) {
    return { ...place, told: { ...place.told, problem: cause instanceof Error ? cause.message : String(cause) } };
  }
}

const shown = (state: ActorState): Pick<ActorAt, "state" | "context"> => ({
  state: statePath(state),
  context: state.snapshot.context,
});

function stepped(
  before: ActorState | null,
  { name, machine }: MachineEntry,
  { raw, events }: ReadEntry,
  { version, cause, refused }: NonNullable<ReadEntry["step"]>,
): ActorPlace {
  const edges: string[] = [];
  const unwatch = watchTaken(machine, (edge) => edges.push(edge));
  try {
    const live = before === null ? null : rehydrate(machine, before);
    const entry = { version, cause, ...(refused === undefined ? {} : { refused }) } as FoldEntry;
    const state = dehydrate(fold(machine, live, entry).state);
    return {
      state,
      told: {
        firstSeq: raw.firstSeq,
        lastSeq: raw.firstSeq + Math.max(0, events.length - 1),
        ...{ machine: name, version, cause, edges },
        before: before?.snapshot.context ?? null,
        ...shown(state),
        problem: null,
      },
    };
  } finally {
    unwatch();
  }
}
