/**
 * Machine tests read given / when / then. Every step is folded twice, on the live state and on one that went through
 * JSON, and must come out the same; the state that went in is frozen, so that a fold that writes to it throws.
 */
import { isDeepStrictEqual, types } from "node:util";
import { expect } from "vitest";
import type { AnyStateMachine } from "xstate";
import type { EffectType } from "../../machines/effect.ts";
import {
  type ActorState,
  type BudgetRefusal,
  type Cause,
  type Decision,
  dehydrate,
  fold,
  rehydrate,
  statePath,
} from "../../machines/fold.ts";

/** A state as another process finds it: through JSON and back to life. */
export const reloaded = (machine: AnyStateMachine, state: ActorState): ActorState =>
  rehydrate(machine, JSON.parse(JSON.stringify(dehydrate(state))) as ActorState);

/** What of a decision must be the same live, reloaded and replayed. */
export const comparable = (decision: Decision): unknown => JSON.parse(told(decision));

const told = (decision: Decision): string => JSON.stringify({ ...decision, state: dehydrate(decision.state) });

/** Whether both say the same, whatever the order of their fields. */
export function same(one: Decision, other: Decision): boolean {
  return told(one) === told(other) || isDeepStrictEqual(comparable(one), comparable(other));
}

export function deepFreeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    // A proxy refuses whatever is written to it, and to be frozen too.
    if (!types.isProxy(value)) Object.freeze(value);
    for (const inner of Object.values(value)) deepFreeze(inner);
  }
  return value;
}

const freezeState = ({ snapshot, timers }: ActorState): void => {
  deepFreeze(snapshot.context);
  deepFreeze(snapshot.value);
  deepFreeze(timers);
};

/** Folds live and reloaded, asserts that both agree and that nothing that went in was written to. */
function foldTwice(machine: AnyStateMachine, before: ActorState | null, entry: Parameters<typeof fold>[2]): Decision {
  deepFreeze(entry);
  if (before !== null) freezeState(before);
  const stored = before === null ? null : JSON.stringify(dehydrate(before));
  const decision = fold(machine, before, entry);
  const twin = fold(machine, before === null ? null : reloaded(machine, before), entry);
  // expect() on every step of an exhaustive walk would cost more than the walk.
  if (!same(twin, decision)) expect(comparable(twin)).toEqual(comparable(decision));
  if (before !== null && JSON.stringify(dehydrate(before)) !== stored)
    throw new Error("fold wrote to the state it was given");
  return decision;
}

export interface Story {
  readonly machine: AnyStateMachine;
  readonly state: ActorState;
  readonly version: number;
  /** Of the last step. */
  readonly decision: Decision;
  readonly path: string;
  readonly status: string;
  /** Effects of the last step, outside ones first. */
  readonly effects: readonly { readonly type: EffectType }[];
  /** Every effect so far. */
  readonly told: readonly { readonly type: EffectType }[];
  /** An event is folded. */
  when(event: { readonly type: string }, refused?: BudgetRefusal): Story;
  /** The armed timer goes off; throws where there is not exactly one. */
  whenTimerFires(): Story;
  whenCause(cause: Cause): Story;
  /** Several events, one after the other. */
  whenAll(...events: readonly { readonly type: string }[]): Story;
}

/** An actor of this machine after its first step. */
export const given = (machine: AnyStateMachine, input: unknown): Story =>
  story(machine, 1, foldTwice(machine, null, { version: 1, cause: { input } }), []);

function story(machine: AnyStateMachine, version: number, decision: Decision, before: Story["told"]): Story {
  const { state } = decision;
  const effects = [...decision.outside, ...decision.inside];
  const told = [...before, ...effects];
  const whenCause = (cause: Cause, refused?: BudgetRefusal): Story => {
    const next = version + 1;
    const entry = { version: next, cause, ...(refused === undefined ? {} : { refused }) };
    return story(machine, next, foldTwice(machine, state, entry), told);
  };
  return {
    machine,
    state,
    version,
    decision,
    path: statePath(state),
    status: state.snapshot.status,
    effects,
    told,
    whenCause,
    when: (event, refused) => whenCause({ event }, refused),
    whenTimerFires() {
      const timers = Object.entries(state.timers);
      expect(timers, "armed timers").toHaveLength(1);
      const [[timer, { armedBy }] = ["", { armedBy: 0 }]] = timers;
      return whenCause({ timer, armedBy });
    },
    whenAll: (...events) =>
      events.reduce<Story>((so, event) => so.when(event), story(machine, version, decision, before)),
  };
}
