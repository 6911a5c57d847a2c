/** A moment of a run as one document: what `swarm replay --to` prints. */
import type { Mail } from "../../infra/store.ts";
import { statePath } from "../../machines/fold.ts";
import type { ActorMoment, Moment } from "./moment.ts";
import { heldIn } from "./moment-money.ts";

export interface ShownActor {
  readonly actor: string;
  readonly type: string;
  /** Null before its first step, like `state` and `context`. */
  readonly machine: string | null;
  readonly version: number;
  readonly state: string | null;
  /** True where it was taken out of circulation. */
  readonly dead: boolean;
  /** Sent to it and not yet taken, in order. What came from outside the run is in no log before it is taken. */
  readonly mail: readonly { readonly id: string; readonly type: string }[];
  /** Ordered and not yet answered. */
  readonly pending: readonly { readonly id: string; readonly type: string }[];
  /** Milliseconds until each timer fires, counted from this moment. */
  readonly timers: readonly { readonly id: string; readonly leftMs: number }[];
  /** Entries of its conversation; null where the log does not tell. */
  readonly transcript: number | null;
  readonly context: Readonly<Record<string, unknown>> | null;
}

export interface ShownMoment {
  readonly seq: number;
  readonly at: string;
  /** How the run had ended by then; null where it had not. */
  readonly ended: string | null;
  readonly budget: {
    readonly tokens: number;
    readonly nanoUsd: number;
    readonly heldTokens: number;
    readonly heldNanoUsd: number;
  };
  readonly actors: readonly ShownActor[];
}

/** Pure. */
export function shownMoment(moment: Moment): ShownMoment {
  const { seq, atMs, ended, money } = moment;
  const held = heldIn(money);
  return {
    seq,
    at: new Date(atMs).toISOString(),
    ended,
    budget: { tokens: money.tokens, nanoUsd: money.nanoUsd, heldTokens: held.tokens, heldNanoUsd: held.nanoUsd },
    actors: [...moment.actors.values()].map((one) => shownActor(one, atMs)),
  };
}

const shownActor = (one: ActorMoment, atMs: number): ShownActor => ({
  actor: one.actor,
  type: one.type,
  machine: one.machine,
  version: one.version,
  state: one.state === null ? null : statePath(one.state),
  dead: one.dead !== null,
  mail: one.mail.map((mail) => ({ id: mail.id, type: typeOf(mail) })),
  pending: [...one.pending.values()].map(({ id, order }) => ({ id, type: order.type })),
  timers: [...one.timers].map(([id, { dueAtMs }]) => ({ id, leftMs: Math.max(0, dueAtMs - atMs) })),
  transcript: one.transcript,
  context: one.state?.snapshot.context ?? null,
});

function typeOf(mail: Mail): string {
  if ("event" in mail) return mail.event.type;
  return "timer" in mail ? `timer ${mail.timer}` : "input";
}
