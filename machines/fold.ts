/**
 * The one door to XState. `fold` takes a state and one cause and gives the next state with the effects it ordered;
 * live steps, recovery and replay all come through here. Nothing is executed, nothing outside is read, and the state
 * that came in is never touched.
 */
import { type AnyStateMachine, createActor } from "xstate";
import { edgeIdOf } from "./chart.ts";
import type { Each, InsideEffect, OutsideEffect } from "./effect.ts";
import { INSIDE_EFFECTS_MAX } from "./effect.ts";

/** What happened: the first input, an event, or a timer that this very arming set off. */
export type Cause =
  | { readonly input: unknown }
  | { readonly event: { readonly type: string } }
  | { readonly timer: string; readonly armedBy: number };

export interface FoldEntry {
  /** The actor's version after this step; arms timers. */
  readonly version: number;
  readonly cause: Cause;
  /** Set where the commit could not grant the money for a call of a model: the refusal is folded after the cause. */
  readonly refused?: BudgetRefusal;
}

export interface BudgetRefusal {
  readonly tokensLeft: number;
  /** Billionths of a US dollar; null where no money limit is set. */
  readonly nanoUsdLeft: number | null;
}

/** XState's part of a state. `context` is JSON; history states and child actors are not used. */
export interface MachineSnapshot {
  readonly status: string;
  readonly value: unknown;
  readonly context: Record<string, unknown>;
}

export interface ArmedTimer {
  /** Version of the step that armed it: a timer of an earlier arming is stale and changes nothing. */
  readonly armedBy: number;
  readonly event: { readonly type: string };
}

export interface ActorState {
  readonly snapshot: MachineSnapshot;
  readonly timers: Readonly<Record<string, ArmedTimer>>;
}

export interface TimerOrder {
  readonly id: string;
  readonly delayMs: number;
}

export interface Decision {
  readonly state: ActorState;
  readonly outside: readonly OutsideEffect[];
  readonly inside: readonly InsideEffect[];
  readonly timersSet: readonly TimerOrder[];
  readonly timersCancelled: readonly string[];
  /** False where the machine had no use for the cause: nothing but the log changes. */
  readonly changed: boolean;
}

/** Microsteps of one step, at most: XState's own default would let a cycle of `always` hang the worker for ever. */
export const STEPS_MAX = 100;

/** A machine that asks for something a fold cannot record: a bug of the machine, never of its input. */
export class FoldError extends Error {
  readonly code = "machine.fold";
  readonly retry = false;
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "FoldError";
  }
}

const OUTSIDE: ReadonlySet<string> = new Set<OutsideEffect["type"]>([
  "session.assemble",
  "model.call",
  "transcript.compact",
  "tool.run",
  "tool.reconcile",
  "result.verify",
  "workspace.collect",
  "workspace.merge",
  "task.join",
  "workspace.rebuild",
  "proposal.prepare",
  "proposal.read",
  "verdict.read",
  "question.put",
]);
/** What the commit grants money for, or refuses. */
const PAID: ReadonlySet<string> = new Set<OutsideEffect["type"]>(["model.call", "transcript.compact"]);
const INSIDE: ReadonlySet<string> = new Set<InsideEffect["type"]>([
  "actor.spawn",
  "message.send",
  "prompt.append",
  "approval.request",
  "result.put",
  "actor.fence",
  "result.revoke",
  "letter.put",
  "decision.tell",
  "run.end",
]);

/** Throws {@link FoldError} where the start has no input, the machine errs, or it asks for what is not an effect. */
export function fold(machine: AnyStateMachine, before: ActorState | null, entry: FoldEntry): Decision {
  if (!((machine.options?.maxIterations ?? Number.POSITIVE_INFINITY) <= STEPS_MAX)) {
    throw new FoldError(`machine ${machine.id} must set options.maxIterations to ${STEPS_MAX} at most`);
  }
  const first = foldCause(machine, before, entry);
  if (entry.refused === undefined) return first;
  const refusal = { event: { type: "budget.refused", ...entry.refused } };
  const second = foldCause(machine, first.state, { version: entry.version, cause: refusal });
  return {
    ...second,
    outside: [...first.outside.filter(({ type }) => !PAID.has(type)), ...second.outside],
    inside: [...first.inside, ...second.inside],
    timersSet: [...first.timersSet, ...second.timersSet].filter(
      ({ id }) => second.state.timers[id]?.armedBy === entry.version,
    ),
    timersCancelled: [...first.timersCancelled, ...second.timersCancelled],
    changed: true,
  };
}

function foldCause(machine: AnyStateMachine, before: ActorState | null, entry: FoldEntry): Decision {
  // XState transitions leave final states when asked to; an ended actor must not.
  if (before !== null && before.snapshot.status !== "active") return unchanged(before);
  const { cause } = entry;
  if ("input" in cause) {
    if (before !== null) return unchanged(before);
    return collect(machine, null, entry.version, (scope) => {
      const snapshot = machine.getInitialSnapshot(scope, cause.input as never);
      if (snapshot.status === "error") throw new FoldError("the machine refused its input", { cause: snapshot.error });
      return snapshot;
    });
  }
  if (before === null) throw new FoldError("the first cause of an actor must be its input");
  const event = "timer" in cause ? firedEvent(before, cause) : cause.event;
  if (event === null) return unchanged(before);
  return collect(machine, before, entry.version, (scope) =>
    machine.transition(before.snapshot as never, event as never, scope),
  );
}

function firedEvent(before: ActorState, cause: { timer: string; armedBy: number }): { type: string } | null {
  const armed = before.timers[cause.timer];
  return armed !== undefined && armed.armedBy === cause.armedBy ? armed.event : null;
}

function unchanged(state: ActorState): Decision {
  return { state, outside: [], inside: [], timersSet: [], timersCancelled: [], changed: false };
}

type Scope = Parameters<AnyStateMachine["transition"]>[2];
type Order = { readonly type: string; readonly params: unknown };

// One inert scope per machine: building a throwaway actor for every step costs more than the step (docs/decisions/0005).
const scopes = new WeakMap<AnyStateMachine, { scope: Scope; orders: Order[] }>();

function collect(
  machine: AnyStateMachine,
  before: ActorState | null,
  version: number,
  step: (scope: Scope) => unknown,
): Decision {
  const { scope, orders } = scopeOf(machine);
  orders.length = 0;
  const snapshot = step(scope) as MachineSnapshot;
  if (before !== null && snapshot === before.snapshot && orders.length === 0) return unchanged(before);
  const decision = sortOrders(orders, snapshot, before?.timers ?? {}, version);
  orders.length = 0;
  return decision;
}

function scopeOf(machine: AnyStateMachine): { scope: Scope; orders: Order[] } {
  const known = scopes.get(machine);
  if (known !== undefined) return known;
  const orders: Order[] = [];
  const self = createActor(machine);
  const scope = {
    self,
    id: "",
    sessionId: "",
    system: self.system,
    logger: () => {},
    defer: () => {},
    emit: () => {},
    stopChild: () => {},
    actionExecutor: (action: Order) => orders.push({ type: action.type, params: action.params }),
  } as unknown as Scope;
  const made = { scope, orders };
  scopes.set(machine, made);
  return made;
}

/** Names every transition that folds of `machine` take, as they take them, until the returned function is called. */
export function watchTaken(machine: AnyStateMachine, taken: (edge: string) => void): () => void {
  const { unsubscribe } = scopeOf(machine).scope.system.inspect((told) => {
    if (told.type === "@xstate.microstep") for (const one of told._transitions) taken(edgeIdOf(one));
  });
  return unsubscribe;
}

function sortOrders(
  orders: readonly Order[],
  snapshot: MachineSnapshot,
  timersBefore: Readonly<Record<string, ArmedTimer>>,
  version: number,
): Decision {
  const outside: OutsideEffect[] = [];
  const inside: InsideEffect[] = [];
  const set = new Map<string, number>();
  const cancelled = new Set<string>();
  let timers = timersBefore;
  for (const { type, params } of orders) {
    if (OUTSIDE.has(type)) outside.push(...(ordersOf(type, params) as OutsideEffect[]));
    else if (INSIDE.has(type)) inside.push(...(ordersOf(type, params) as InsideEffect[]));
    else if (type === "xstate.raise") {
      const raised = params as { event: { type: string }; id?: string; delay?: number };
      if (raised.delay === undefined) continue; // already consumed inside the step
      const id = raised.id ?? raised.event.type;
      timers = { ...timers, [id]: { armedBy: version, event: raised.event } };
      set.set(id, raised.delay);
      cancelled.delete(id);
    } else if (type === "xstate.cancel") {
      const id = (params as { sendId: string }).sendId;
      if (timers[id] === undefined) continue;
      const { [id]: _gone, ...rest } = timers;
      timers = rest;
      if (!set.delete(id)) cancelled.add(id);
    } else throw new FoldError(`action "${type}" is not an effect`);
  }
  if (inside.length > INSIDE_EFFECTS_MAX) {
    throw new FoldError(`${inside.length} inside effects in one step; at most ${INSIDE_EFFECTS_MAX} fit one commit`);
  }
  return {
    state: { snapshot, timers },
    outside,
    inside,
    timersSet: [...set].map(([id, delayMs]) => ({ id, delayMs })),
    timersCancelled: [...cancelled],
    changed: true,
  };
}

function ordersOf(type: string, params: unknown): object[] {
  const { each } = params as Partial<Each<object>>;
  return each === undefined ? [{ type, ...(params as object) }] : each.map((one) => ({ type, ...one }));
}

/**
 * A stored state back to life. Throws where the machine has no such state: its version then changed unnoticed. `mine`: the
 * caller has no more use for `stored`, and it need not be copied.
 */
export function rehydrate(machine: AnyStateMachine, stored: ActorState, mine = false): ActorState {
  // restoreSnapshot writes into what it is given, and so would share context with the caller.
  const json = {
    ...(mine ? stored.snapshot : (JSON.parse(JSON.stringify(stored.snapshot)) as MachineSnapshot)),
    children: {},
    historyValue: {},
    output: undefined,
    error: undefined,
  };
  const snapshot = machine.restoreSnapshot(json as never, scopeOf(machine).scope);
  return { snapshot: snapshot as unknown as MachineSnapshot, timers: stored.timers };
}

/** The part of a live state that is stored; XState's private fields stay behind. */
export function dehydrate(state: ActorState): ActorState {
  const { status, value, context } = state.snapshot;
  return { snapshot: { status, value, context }, timers: state.timers };
}

/** Dotted path of the active leaf: `executing`, `thinking.calling`. */
export function statePath(state: ActorState): string {
  return pathOf(state.snapshot.value);
}

function pathOf(value: unknown): string {
  if (typeof value === "string") return value;
  return Object.entries(value as Record<string, unknown>)
    .map(([region, inner]) => {
      const rest = pathOf(inner);
      return rest === "" ? region : `${region}.${rest}`;
    })
    .join("+");
}
