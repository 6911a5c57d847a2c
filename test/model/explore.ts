/**
 * Every state a machine can reach, walked breadth first over the real `fold`. States are told apart by a key that keeps
 * what guards read; every state goes through JSON as well, and every edge is shown to the laws of its machine.
 */
import { isDeepStrictEqual } from "node:util";
import type { AnyStateMachine } from "xstate";
import { type ActorState, type Cause, type Decision, dehydrate, fold, statePath } from "../../machines/fold.ts";
import { deepFreeze, reloaded, same } from "../support/given.ts";

export interface Edge {
  readonly before: ActorState;
  readonly cause: Cause;
  readonly decision: Decision;
}

export interface Space {
  readonly machine: AnyStateMachine;
  readonly input: unknown;
  /** Everything that may happen in this state, armed timers excepted: those are added by the walk. */
  readonly causes: (state: ActorState) => readonly { readonly type: string }[];
  /** What tells states apart. Two states with one key must have the same future. */
  readonly key: (state: ActorState) => string;
  /** What is wrong with this edge, in words; null where nothing is. */
  readonly wrong: (edge: Edge) => string | null;
  /** Causes without which an end must be in reach from everywhere. */
  readonly gratuitous: ReadonlySet<string>;
  /** More states than this are a mistake of the key. */
  readonly statesMax: number;
}

export interface Walk {
  readonly states: number;
  readonly edges: number;
  /** Paths of the states in which the machine came to rest. */
  readonly paths: ReadonlySet<string>;
  /** What is wrong, each with the shortest way there. */
  readonly findings: readonly string[];
}

interface Node {
  readonly state: ActorState;
  readonly from: string | null;
  /** Null: its first input. */
  readonly cause: Cause | null;
}

const TWIN_FIRST = 2_000;
/** A prime: what may happen is much the same from state to state. */
const TWIN_EVERY = 7;
const isKnown = (edges: number): boolean => edges > TWIN_FIRST && edges % TWIN_EVERY !== 0;

/** `firstOnly` stops at the first finding: enough to tell a mutant from the machine. */
export function explore(space: Space, { firstOnly = false } = {}): Walk {
  const { machine } = space;
  const nodes = new Map<string, Node>();
  const into = new Map<string, Set<string>>();
  const findings: string[] = [];
  const paths = new Set<string>();
  let edges = 0;
  const wayTo = (key: string): string => {
    const steps: string[] = [];
    for (let at: string | null = key; at !== null; at = nodes.get(at)?.from ?? null)
      steps.unshift(toldOf(nodes.get(at)?.cause ?? null));
    return steps.join(" → ");
  };
  const find = (what: string, key: string, cause: Cause): void => {
    findings.push(`${what}: ${wayTo(key)} → ${toldOf(cause)}`);
  };

  const first = fold(machine, null, { version: 1, cause: { input: space.input } });
  const start = space.key(first.state);
  nodes.set(start, { state: first.state, from: null, cause: null });
  const queue = [start];
  for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
    const { state } = nodes.get(key) as Node;
    paths.add(statePath(state));
    const twin = reloaded(machine, state);
    // What is the same in every part goes on in the same way, unless it is told apart by something else: then too the first
    // edges are shown to both, and of the rest one in so many, a different one in each state.
    const alike = isDeepStrictEqual(dehydrate(twin), dehydrate(state));
    freeze(state);
    for (const cause of causesOf(space, state)) {
      edges += 1;
      const edge = step(machine, state, alike && isKnown(edges) ? null : twin, cause);
      const wrong = typeof edge === "string" ? edge : (absorbed(state, edge) ?? space.wrong(edge));
      if (wrong !== null) find(wrong, key, cause);
      if (firstOnly && findings.length > 0) return { states: nodes.size, edges, paths, findings };
      if (typeof edge === "string") continue;
      const next = space.key(edge.decision.state);
      if (!nodes.has(next)) {
        nodes.set(next, { state: edge.decision.state, from: key, cause });
        if (nodes.size > space.statesMax) throw new Error(`more than ${space.statesMax} states: ${wayTo(next)}`);
        queue.push(next);
      }
      const wanted = !("event" in cause) || !space.gratuitous.has(cause.event.type);
      if (wanted) into.set(next, (into.get(next) ?? new Set()).add(key));
    }
  }
  for (const key of stuck(nodes, into)) findings.push(`no end in reach from: ${wayTo(key)}`);
  return { states: nodes.size, edges, paths, findings };
}

function toldOf(cause: Cause | null): string {
  if (cause === null || "input" in cause) return "input";
  return "event" in cause ? JSON.stringify(cause.event) : `timer ${cause.timer}`;
}

function causesOf(space: Space, state: ActorState): readonly Cause[] {
  const timers = Object.entries(state.timers).flatMap(([timer, { armedBy }]) => [
    { timer, armedBy },
    { timer, armedBy: armedBy - 1 },
  ]);
  return [...space.causes(state).map((event) => ({ event })), ...timers];
}

/** A fold that writes to what it was given throws. */
function freeze({ snapshot, timers }: ActorState): void {
  for (const part of [snapshot.context, snapshot.value, timers]) deepFreeze(part);
}

/** `reborn`: the same state through JSON; null: what it does is known. */
function step(machine: AnyStateMachine, before: ActorState, reborn: ActorState | null, cause: Cause): Edge | string {
  const entry = { version: 2, cause };
  try {
    const decision = fold(machine, before, entry);
    if (reborn !== null && !same(fold(machine, reborn, entry), decision))
      return "the state through JSON goes on differently";
    return { before, cause, decision };
  } catch (cause) {
    return `threw ${String(cause)}`;
  }
}

function absorbed(before: ActorState, { decision }: Edge): string | null {
  if (before.snapshot.status === "active") return null;
  const still = decision.state === before && decision.outside.length + decision.inside.length === 0;
  return still ? null : "a final state was left, or ordered something";
}

function stuck(nodes: ReadonlyMap<string, Node>, into: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const reached = new Set<string>();
  const queue = [...nodes].filter(([, { state }]) => state.snapshot.status !== "active").map(([key]) => key);
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (reached.has(key)) continue;
    reached.add(key);
    queue.push(...(into.get(key) ?? []));
  }
  return [...nodes.keys()].filter((key) => !reached.has(key)).slice(0, 3);
}

/** Dotted paths of all atomic and final states of a chart that are not mere passages (`always` without a way to rest). */
export function restingPaths(machine: AnyStateMachine): string[] {
  type Node = AnyStateMachine["root"];
  const walk = (node: Node): Node[] => {
    const inner = Object.values(node.states) as Node[];
    return inner.length === 0 ? [node] : inner.flatMap(walk);
  };
  const passes = (node: Node): boolean => (node.always ?? []).some(({ guard }) => guard === undefined);
  return walk(machine.root)
    .filter((node) => !passes(node))
    .map(({ path }) => path.join("."));
}

/** The machine with one guard that always says the same. */
export const guardMutants = (machine: AnyStateMachine): { name: string; mutant: AnyStateMachine }[] =>
  Object.keys(machine.implementations.guards).flatMap((guard) =>
    [true, false].map((says) => ({
      name: `${guard} always says ${says}`,
      mutant: machine.provide({ guards: { [guard]: () => says } } as never),
    })),
  );

/** What catches a machine: a law it breaks, or a finding on the walk; null where nothing does. */
export function caughtBy(
  machine: AnyStateMachine,
  laws: readonly { readonly title: string; readonly holds: (machine: AnyStateMachine) => void }[],
  walks: readonly (() => Walk)[],
): string | null {
  for (const { title, holds } of laws) {
    try {
      holds(machine);
    } catch {
      return `law: ${title}`;
    }
  }
  for (const walk of walks) {
    const [finding] = walk().findings;
    if (finding !== undefined) return `walk: ${finding}`;
  }
  return null;
}
