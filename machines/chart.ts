/**
 * A machine as it can be drawn: read off the very states that the fold runs, so that no picture can disagree with what
 * happens. Machines know themselves completely only there: what they export leaves out `always` and inline guards.
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from "xstate";
import { type PluginReach, rightsAt } from "./rights.ts";

/** `always`: taken at once. `timer`: after a delay. `done`: when what is inside, or what was invoked, has ended. */
export type ChartCause = "event" | "always" | "timer" | "done";

export interface ChartAction {
  /** `(inline)` where the chart does not name it. */
  readonly name: string;
  /** True: it orders an effect. False: it changes what the actor remembers. */
  readonly effect: boolean;
  /** What is written down with it, where that is data; null where it is computed or nothing. */
  readonly params: unknown;
}

export interface ChartEdge {
  /** {@link edgeId}. */
  readonly id: string;
  readonly cause: ChartCause;
  /** Event type as the machine is sent it, delay by its name (or in milliseconds), or "" for `always`. */
  readonly label: string;
  readonly from: string;
  /** Ids of states; none where the actor stays where it is. */
  readonly to: readonly string[];
  /** Null: nothing is asked. `(inline)` where the chart does not name it. */
  readonly guard: string | null;
  readonly actions: readonly ChartAction[];
  /** Its place among those of its state that wait for the same; the first whose guard holds is taken. Null: alone. */
  readonly order: number | null;
  readonly reenter: boolean;
  readonly description: string | null;
}

export interface ChartState {
  /** As XState calls it; unique in the chart. */
  readonly id: string;
  readonly name: string;
  readonly kind: "atomic" | "compound" | "parallel" | "final" | "history";
  /** Id of the state it begins in. */
  readonly initial: string | null;
  readonly description: string | null;
  /** Tools that may run here; null where the chart says nothing of tools. */
  readonly tools: readonly string[] | null;
  /** Tools of plugins that may run here beside them; null likewise. */
  readonly plugins: PluginReach | null;
  readonly tags: readonly string[];
  readonly entry: readonly ChartAction[];
  readonly exit: readonly ChartAction[];
  /** Sources of what it invokes. */
  readonly invokes: readonly string[];
  readonly states: readonly ChartState[];
}

export interface Chart {
  readonly v: 1;
  readonly machine: string;
  readonly version: string;
  readonly root: ChartState;
  /** In document order: state by state, and within a state in the order in which they are tried. */
  readonly edges: readonly ChartEdge[];
}

/** Everything that `machine` can do, in document order: equal machines give equal charts. */
export function chartOf(machine: AnyStateMachine): Chart {
  const nodes = nodesUnder(machine.root);
  return {
    v: 1,
    machine: machine.id,
    version: machine.version ?? "",
    root: stateOf(machine.root, machine),
    edges: nodes.flatMap((node) => transitionsOf(node).map((transition) => edgeOf(transition, machine))),
  };
}

/** `stateId|event|index`: names one transition, whether it is read off the chart or reported as taken. */
function edgeId({ source, eventType }: AnyTransitionDefinition, index: number): string {
  return `${source.id}|${eventType}|${index}`;
}

/** The id of a transition that was taken. */
export const edgeIdOf = (transition: AnyTransitionDefinition): string =>
  edgeId(transition, siblingsOf(transition).indexOf(transition));

const nodesUnder = (node: AnyStateNode): AnyStateNode[] => [node, ...childrenOf(node).flatMap(nodesUnder)];

const childrenOf = (node: AnyStateNode): AnyStateNode[] => Object.values(node.states) as AnyStateNode[];

const transitionsOf = (node: AnyStateNode): AnyTransitionDefinition[] => [
  ...(node.always ?? []),
  ...[...node.transitions.values()].flat(),
];

const siblingsOf = ({ source, eventType }: AnyTransitionDefinition): readonly AnyTransitionDefinition[] =>
  (eventType === "" ? source.always : source.transitions.get(eventType)) ?? [];

function stateOf(node: AnyStateNode, machine: AnyStateMachine): ChartState {
  const initial = node.initial.target[0] as AnyStateNode | undefined;
  const rights = rightsAt(node);
  return {
    id: node.id,
    name: node.key,
    kind: node.type,
    initial: initial?.id ?? null,
    description: node.description ?? null,
    tools: rights?.tools ?? null,
    plugins: rights?.plugins ?? null,
    tags: [...node.tags],
    entry: actionsOf(node.entry, machine),
    exit: actionsOf(node.exit, machine),
    invokes: node.invoke.map(({ src }: { src: unknown }) => (typeof src === "string" ? src : INLINE)),
    states: childrenOf(node).map((child) => stateOf(child, machine)),
  };
}

function edgeOf(transition: AnyTransitionDefinition, machine: AnyStateMachine): ChartEdge {
  const siblings = siblingsOf(transition);
  const index = siblings.indexOf(transition);
  const { cause, label } = causeOf(transition);
  return {
    id: edgeId(transition, index),
    cause,
    label,
    from: transition.source.id,
    to: (transition.target ?? []).map(({ id }: { id: string }) => id),
    guard: transition.guard === undefined ? null : guardName(transition.guard),
    actions: actionsOf(transition.actions, machine),
    order: siblings.length > 1 ? index + 1 : null,
    reenter: transition.reenter,
    description: transition.description ?? null,
  };
}

function causeOf(transition: AnyTransitionDefinition): { cause: ChartCause; label: string } {
  const { eventType } = transition;
  if (eventType === "") return { cause: "always", label: "" };
  const delay: unknown = (transition as { delay?: unknown }).delay;
  if (delay !== undefined) return { cause: "timer", label: typeof delay === "function" ? INLINE : String(delay) };
  const done = /^xstate\.(done|error)\./.exec(eventType);
  return done === null ? { cause: "event", label: eventType } : { cause: "done", label: done[1] as string };
}

/** What a chart calls what it does not name. */
const INLINE = "(inline)";

function guardName(guard: unknown): string {
  if (typeof guard === "string") return guard;
  if (typeof guard === "object" && guard !== null && "type" in guard) return String(guard.type);
  const parts: unknown = (guard as { guards?: unknown }).guards;
  if (typeof guard !== "function" || !Array.isArray(parts)) return INLINE;
  const names = parts.map((part) => (nested(part) ? `(${guardName(part)})` : guardName(part)));
  if (guard.name === "not") return `not ${names[0]}`;
  return names.join(guard.name === "or" ? " or " : " and ");
}

const nested = (guard: unknown): boolean => typeof guard === "function" && ["and", "or"].includes(guard.name);

interface Action {
  readonly type?: string;
  readonly params?: unknown;
  /** What XState's own actions carry. */
  readonly event?: { readonly type?: string };
  readonly sendId?: string;
}

function actionsOf(actions: readonly unknown[], machine: AnyStateMachine): ChartAction[] {
  return (actions as readonly (string | Action)[])
    .map((action) => (typeof action === "string" ? { type: action } : action))
    .filter((action) => !keepsTime(action))
    .map((action) => {
      const name = typeof action === "function" ? INLINE : (action.type ?? INLINE);
      const does: unknown = machine.implementations.actions[name];
      const effect = typeof does === "function" && !("resolve" in does);
      return { name, effect, params: typeof action.params === "function" ? null : (action.params ?? null) };
    });
}

/** XState arms and disarms the timers of `after` by actions that no chart has in it. */
const keepsTime = ({ event, sendId }: Action): boolean =>
  String(event?.type ?? sendId ?? "").startsWith("xstate.after.");
