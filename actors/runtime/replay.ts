/**
 * Folds a run's log again and compares every state hash. Nothing is called, nothing is written: equal, or it says at
 * which event the fold and the log part.
 */
import type { Machines } from "../../machines/catalogue.ts";
import { type ActorState, dehydrate, type FoldEntry, fold, rehydrate, statePath } from "../../machines/fold.ts";
import { changeOf } from "../../machines/snapshot.ts";
import type { ReadEntry } from "./run-log.ts";
import { type StateHash, stateHash } from "./state-hash.ts";

export interface ReplayedActor {
  readonly actor: string;
  readonly machine: string;
  readonly version: number;
  readonly state: string;
  readonly context: Readonly<Record<string, unknown>>;
}

export interface Replay {
  readonly steps: number;
  readonly lastSeq: number;
  readonly actors: readonly ReplayedActor[];
  readonly mismatch: Mismatch | null;
}

export interface Mismatch {
  readonly seq: number;
  readonly actor: string;
  readonly version: number;
  readonly why: string;
}

interface Replaying {
  state: ActorState;
  hash: StateHash;
  machine: string;
  version: number;
}

/** Stops at the first difference, or once an entry begins past `toSeq`. */
export async function replay(
  entries: AsyncIterable<ReadEntry>,
  machines: Machines,
  toSeq = Number.POSITIVE_INFINITY,
): Promise<Replay> {
  const actors = new Map<string, Replaying>();
  let steps = 0;
  let lastSeq = 0;
  let mismatch: Mismatch | null = null;
  for await (const entry of entries) {
    if (entry.raw.firstSeq > toSeq) break;
    lastSeq = entry.raw.firstSeq + Math.max(0, entry.events.length - 1);
    if (entry.step === null) continue;
    const why = replayStep(entry.actor, entry.step, actors, machines);
    if (why !== null) {
      mismatch = { seq: entry.raw.firstSeq, actor: entry.actor, version: entry.step.version, why };
      break;
    }
    steps += 1;
  }
  return { steps, lastSeq, mismatch, actors: [...actors].map(([actor, one]) => shown(actor, one)) };
}

type StepEntry = NonNullable<ReadEntry["step"]>;

function replayStep(actor: string, step: StepEntry, actors: Map<string, Replaying>, machines: Machines): string | null {
  const entry = machines.get(step.machine);
  if (entry === undefined) return `machine ${step.machine} is not known here`;
  const before = actors.get(actor);
  const expected = (before?.version ?? 0) + 1;
  if (step.version !== expected) return `version ${step.version} follows ${expected - 1}`;
  // Through JSON and back at every step: what replays here is what another process would have read.
  const from =
    before === undefined ? null : rehydrate(entry.machine, JSON.parse(JSON.stringify(before.state)) as ActorState);
  const cause = {
    version: step.version,
    cause: step.cause,
    ...(step.refused === undefined ? {} : { refused: step.refused }),
  } as FoldEntry;
  const after = fold(entry.machine, from, cause).state;
  const hash = before?.hash ?? stateHash();
  const found = hash.after(changeOf(from, after, entry.rowMaps));
  if (statePath(after) !== step.state) return `state ${statePath(after)} where the log says ${step.state}`;
  if (found !== step.hash) return `state hash ${found} where the log says ${step.hash}`;
  actors.set(actor, { state: dehydrate(after), hash, machine: step.machine, version: step.version });
  return null;
}

const shown = (actor: string, { machine, version, state }: Replaying): ReplayedActor => ({
  actor,
  machine,
  version,
  state: statePath(state),
  context: state.snapshot.context,
});
