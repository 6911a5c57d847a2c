/**
 * Folds a run's log again and compares what it says with what comes out: states, contexts, messages sent, effects that
 * were answered. Nothing is called, nothing is written: equal, or it says at which event the fold and the log part.
 */
import { isDeepStrictEqual } from "node:util";
import type { Mail } from "../../infra/store.ts";
import type { MachineEntry, Machines } from "../../machines/catalogue.ts";
import {
  type ActorState,
  type Decision,
  dehydrate,
  type FoldEntry,
  fold,
  rehydrate,
  statePath,
} from "../../machines/fold.ts";
import { changeOf } from "../../machines/snapshot.ts";
import { type ActorMoment, actorAt, type Moment, noMoment, takeNotice, takeStep } from "./moment.ts";
import { effectTail } from "./moment-money.ts";
import { type ReadEntry, UnreadableEntryError } from "./run-log.ts";
import { stateHash } from "./state-hash.ts";

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
  /** The run after `lastSeq`, or before the entry that does not fit. */
  readonly moment: Moment;
}

/** Where the fold and the log part. `expected` is what the fold gives, `found` what the log says. */
export interface Mismatch {
  readonly seq: number;
  readonly actor: string;
  /** Version of the actor that the entry is about; 0 where it is about none. */
  readonly version: number;
  readonly why: string;
  readonly expected: string;
  readonly found: string;
}

/** What follows from folding one entry, for whoever compares more than `replay` does. */
export interface Folded {
  readonly entry: ReadEntry;
  readonly decision: Decision;
}

/** Stops at the first difference, or once an entry begins past `toSeq`: the commit that has `toSeq` in it is whole. */
export async function replay(
  entries: AsyncIterable<ReadEntry>,
  machines: Machines,
  toSeq = Number.POSITIVE_INFINITY,
  onFolded: (folded: Folded) => void = () => {},
): Promise<Replay> {
  const moment = noMoment();
  let steps = 0;
  let mismatch: Mismatch | null = null;
  try {
    for await (const entry of entries) {
      // The opening of a fork was written at once, and is nothing that one could stop in.
      if (entry.raw.firstSeq > toSeq && entry.base === null) break;
      const difference = takeEntry(moment, entry, machines, onFolded);
      if (difference !== null) {
        mismatch = { seq: entry.raw.firstSeq, actor: entry.actor, version: entry.step?.version ?? 0, ...difference };
        break;
      }
      if (entry.step !== null) steps += 1;
      moment.seq = lastSeqOf(entry);
      moment.atMs = entry.raw.atMs;
    }
  } catch (cause) {
    if (!(cause instanceof UnreadableEntryError)) throw cause;
    mismatch = unreadable(cause);
  }
  const actors = [...moment.actors.values()].flatMap(shown);
  return { steps, lastSeq: moment.seq, mismatch, actors, moment };
}

type Difference = Pick<Mismatch, "why" | "expected" | "found">;
type StepEntry = NonNullable<ReadEntry["step"]>;

const lastSeqOf = ({ raw, events }: ReadEntry): number => raw.firstSeq + Math.max(0, events.length - 1);

function unreadable({ seq, member, cause }: UnreadableEntryError): Mismatch {
  const found = cause instanceof Error ? (cause.message.split("\n")[0] ?? "") : String(cause);
  const actor = member.split("/")[1] ?? "";
  return { seq, actor, version: 0, why: "the entry cannot be read", expected: "a log entry", found };
}

function takeEntry(
  moment: Moment,
  entry: ReadEntry,
  machines: Machines,
  onFolded: (folded: Folded) => void,
): Difference | null {
  const expected = String(moment.seq + 1);
  const found = String(entry.raw.firstSeq);
  if (found !== expected) return { why: "events are missing", expected: `event ${expected}`, found: `event ${found}` };
  if (entry.step === null) {
    const difference = entry.base === null ? null : baseDiffers(entry.base, machines);
    if (difference === null) takeNotice(moment, entry, machines);
    return difference;
  }
  return takeFold(moment, entry, entry.step, machines, onFolded);
}

/** The states a fork starts from are checked like those that a fold leads to. */
function baseDiffers(base: NonNullable<ReadEntry["base"]>, machines: Machines): Difference | null {
  if (base.machine === null || base.core === null) return null;
  if (!machines.has(base.machine)) return unknownMachine(base.machine, machines);
  const found = stateHash().after({ core: base.core, rowsSet: new Map(Object.entries(base.rows)) });
  return found === base.hash ? null : { why: "base state hash", expected: found, found: base.hash };
}

function takeFold(
  moment: Moment,
  entry: ReadEntry,
  step: StepEntry,
  machines: Machines,
  onFolded: (folded: Folded) => void,
): Difference | null {
  const self = actorAt(moment, entry.actor, entry.type);
  const name = step.machine ?? self.machine ?? "";
  const machine = machines.get(name);
  if (machine === undefined) return unknownMachine(name, machines);
  if (self.machine !== null && self.machine !== name) return { why: "machine", expected: self.machine, found: name };
  if (self.fenced !== null) return { why: "a fenced actor took a step", expected: "no step", found: step.state };
  const version = self.version + 1;
  if (step.version !== version) return { why: "version", expected: String(version), found: String(step.version) };
  const cause = causeDiffers(moment, self, step);
  if (cause !== null) return cause;
  const before = revived(machine, self.state);
  const folded = foldOf(machine, before, step);
  if ("why" in folded) return folded;
  const hash = self.hash.after(changeOf(before, folded.state, machine.shape), folded);
  const difference = stepDiffers(step, folded, hash) ?? ordersDiffer(entry, step, folded, before);
  if (difference !== null) return difference;
  takeStep(moment, entry, name, { ...folded, state: dehydrate(folded.state) }, hash);
  onFolded({ entry, decision: folded });
  return null;
}

/** Through JSON and back at every step: what replays here is what another process would have read. */
const revived = (machine: MachineEntry, state: ActorState | null): ActorState | null =>
  state === null ? null : rehydrate(machine.machine, JSON.parse(JSON.stringify(dehydrate(state))) as ActorState);

function foldOf(machine: MachineEntry, before: ActorState | null, step: StepEntry): Decision | Difference {
  const { version, cause, refused } = step;
  try {
    return fold(machine.machine, before, {
      version,
      cause,
      ...(refused === undefined ? {} : { refused }),
    } as FoldEntry);
  } catch (thrown) {
    const found = thrown instanceof Error ? thrown.message : String(thrown);
    return { why: "the machine cannot take the cause", expected: "a cause it can take", found };
  }
}

function unknownMachine(name: string, machines: Machines): Difference {
  const [id] = name.split("@");
  const known = [...machines.keys()].filter((one) => one.startsWith(`${id}@`));
  return { why: "machine is not known here", expected: known.join(" or ") || "a known machine", found: name };
}

/** What brought the step must have been there, and must have been next. */
function causeDiffers(moment: Moment, self: ActorMoment, { by, cause }: StepEntry): Difference | null {
  if ("effect" in by) {
    if (self.pending.has(effectTail(by.effect)) || self.doubtful) return null;
    const out = [...self.pending.values()].map(({ id }) => id).join(", ");
    return { why: "answers an effect that was not out", expected: out || "no answer", found: by.effect };
  }
  const [first] = self.mail;
  if (first?.id === by.mail) {
    const words = JSON.stringify(contentOf(first));
    const same = isDeepStrictEqual(JSON.parse(words), JSON.parse(JSON.stringify(cause)));
    return same ? null : { why: "says other words than were sent", expected: words, found: JSON.stringify(cause) };
  }
  if (!sentInside(moment, by.mail, self) || self.doubtful) return null;
  return { why: "took a message that was not next", expected: first?.id ?? "no message", found: by.mail };
}

const contentOf = ({ id: _, ...content }: Mail): unknown => content;

/** A message from an actor of the run bears its sender's name and version; all others come from outside, unannounced. */
function sentInside(moment: Moment, mail: string, self: ActorMoment): boolean {
  const sender = /^(.+)\.\d+\.\d+$/.exec(mail)?.[1];
  return self.mail.some(({ id }) => id === mail) || (sender !== undefined && moment.actors.has(sender));
}

function stepDiffers(step: StepEntry, { state }: Decision, hash: string): Difference | null {
  const path = statePath(state);
  if (path !== step.state) return { why: "state", expected: path, found: step.state };
  return hash === step.hash ? null : { why: "state hash", expected: hash, found: step.hash };
}

/** What the entry says of the step's orders must be what the machine ordered. */
function ordersDiffer(
  { events }: ReadEntry,
  step: StepEntry,
  { inside, outside, state }: Decision,
  before: ActorState | null,
): Difference | null {
  const sent = inside.flatMap((order): [string, string][] => {
    if (order.type === "message.send") return [[order.to, order.event.type]];
    return order.type === "actor.spawn" ? [[order.actor, "input"]] : [];
  });
  const toldSent = (step.sent ?? []).map(({ to, type }) => [to, type]);
  if (!isDeepStrictEqual(sent, toldSent)) return differing("messages sent", sent, toldSent);
  const calls = outside.flatMap((order) => (order.type === "tool.run" ? [order.call] : []));
  const toldCalls = events.flatMap((event) => (event.type === "tool.intended" ? [event.call] : []));
  if (!isDeepStrictEqual(calls, toldCalls)) return differing("calls ordered", calls, toldCalls);
  const path = before === null ? "" : statePath(before);
  const moves = events.flatMap((event) => (event.type === "agent.state" ? [[event.from, event.to]] : []));
  const move = path === statePath(state) ? [] : [[path, statePath(state)]];
  if (moves.length > 0 && !isDeepStrictEqual(moves, move)) return differing("change of state", move, moves);
  const ends = inside.flatMap((order) => (order.type === "run.end" ? [`run.${order.status}`] : []));
  const toldEnds = events.flatMap(({ type }) => (ENDS.has(type) ? [type] : []));
  return isDeepStrictEqual(ends, toldEnds) ? null : differing("end of the run", ends, toldEnds);
}

const ENDS: ReadonlySet<string> = new Set(["run.completed", "run.failed", "run.exhausted", "run.cancelled"]);

const differing = (why: string, expected: unknown, found: unknown): Difference => ({
  why,
  expected: JSON.stringify(expected),
  found: JSON.stringify(found),
});

const shown = ({ actor, machine, version, state }: ActorMoment): ReplayedActor[] =>
  machine === null || state === null
    ? []
    : [{ actor, machine, version, state: statePath(state), context: state.snapshot.context }];
