/**
 * A run as its watcher pictures it, folded from the log's events: tasks, who works on them, and what that agent is
 * doing. Pure; late words of earlier agents, unknown ones and repetitions change nothing.
 */
import { BURN_WINDOW_MS, type Spent } from "../../../actors/runtime/burn.ts";
import type { LoggedEvent } from "../../../machines/run-event.ts";
import { onEvent } from "./on-event.ts";
import { afterCoordinator, grownBy } from "./task-events.ts";

/** `revoked`: it was verified, and somebody took it back; whoever is sent to it anew begins afresh. */
export type Outcome = "verified" | "rejected" | "failed" | "exhausted" | "cancelled" | "revoked";

export type RunEnding = "completed" | "failed" | "exhausted" | "cancelled";

export interface TaskNode {
  readonly task: string;
  readonly agentType: string;
  /** Who works on it now, or did last. */
  readonly actor: string;
  readonly attempt: number;
  /** The agent's state; `routed` until it has one. */
  readonly state: string;
  readonly turns: number;
  readonly toolCalls: number;
  /** Tools that are running, by call. */
  readonly tools: Readonly<Record<string, string>>;
  readonly startedAtMs: number;
  /** Set with `outcome`. */
  readonly settledAtMs: number | null;
  readonly outcome: Outcome | null;
  readonly reasons: readonly string[];
  /** What its coordinator said last of it, beside its state; "" where that is nothing. */
  readonly note: string;
  /** Question that it waits for an answer to; "" where there is none. */
  readonly asks: string;
}

/** A task as it was planned. */
export interface PlannedNode {
  readonly id: string;
  readonly needs: readonly string[];
}

export interface RunTree {
  readonly run: string;
  readonly goal: string;
  readonly kind: string;
  readonly model: string;
  /** Tasks of the whole graph, those that nobody works on yet included. */
  readonly tasksTotal: number;
  readonly startedAtMs: number;
  readonly lastAtMs: number;
  readonly lastSeq: number;
  /** In the order in which they were first routed. */
  readonly tasks: readonly TaskNode[];
  /** Every task and what it needs, in the order of the plan; empty where nobody told. */
  readonly graph: readonly PlannedNode[];
  /** Tasks that an agent proposed, until somebody is sent to one of them. */
  readonly proposed: readonly PlannedNode[];
  /** Why the run stands still; null while it moves. */
  readonly parked: string | null;
  /** Breakers that are not closed, with their state. */
  readonly breakers: Readonly<Record<string, string>>;
  /** The last thing that went wrong, for as long as it is news: the next answer of a model clears it. */
  readonly trouble: string | null;
  /** What its model calls came to so far. Money is that of the calls whose price is known. */
  readonly spent: { readonly tokens: number; readonly nanoUsd: number };
  /** The last of them, newest last: how fast it goes. */
  readonly recent: readonly Spent[];
  /** What it may spend; null: no limit, or nobody told. */
  readonly limits: { readonly tokensMax: number | null; readonly nanoUsdMax: number | null };
  readonly end: { readonly status: RunEnding; readonly reasons: readonly string[] } | null;
}

export const emptyTree: RunTree = {
  run: "",
  goal: "",
  kind: "",
  model: "",
  tasksTotal: 0,
  startedAtMs: 0,
  lastAtMs: 0,
  lastSeq: 0,
  tasks: [],
  graph: [],
  proposed: [],
  parked: null,
  breakers: {},
  trouble: null,
  spent: { tokens: 0, nanoUsd: 0 },
  recent: [],
  limits: { tokensMax: null, nanoUsdMax: null },
  end: null,
};

export function grown(tree: RunTree, event: LoggedEvent): RunTree {
  if (event.seq <= tree.lastSeq) return tree;
  const at = Date.parse(event.at);
  const atMs = Number.isNaN(at) ? tree.lastAtMs : at;
  const seen: RunTree = {
    ...tree,
    run: event.run,
    lastSeq: event.seq,
    lastAtMs: Math.max(tree.lastAtMs, atMs),
    startedAtMs: tree.startedAtMs === 0 ? atMs : tree.startedAtMs,
  };
  return afterRun(afterTask(seen, event, atMs), event);
}

function afterRun(tree: RunTree, event: LoggedEvent): RunTree {
  const ended = ({ type, reasons }: Extract<LoggedEvent, { type: `run.${RunEnding}` }>): RunTree => ({
    ...tree,
    end: { status: type.slice("run.".length) as RunEnding, reasons },
  });
  const next = onEvent<RunTree>(event, {
    "run.started": ({ goal, kind, model, tasks }) => ({ ...tree, goal, kind, model, tasksTotal: tasks }),
    "run.parked": ({ reason }) => ({ ...tree, parked: reason }),
    "run.resumed": () => ({ ...tree, parked: null }),
    "breaker.changed": ({ breaker, to }) => {
      const { [breaker]: _, ...others } = tree.breakers;
      return { ...tree, breakers: to === "closed" ? others : { ...others, [breaker]: to } };
    },
    "model.failed": ({ actor, message }) => ({ ...tree, trouble: `${actor}: ${message}` }),
    "agent.died": ({ died, reason }) => ({ ...tree, trouble: `${died} died: ${reason}` }),
    "budget.settled": ({ tokens, nanoUsd }) => ({
      ...tree,
      spent: { tokens: tree.spent.tokens + tokens, nanoUsd: tree.spent.nanoUsd + (nanoUsd ?? 0) },
      recent: [...fresh(tree), { atMs: tree.lastAtMs, tokens, nanoUsd: nanoUsd ?? 0 }],
    }),
    "budget.changed": ({ tokensMax, nanoUsdMax }) => ({ ...tree, limits: { tokensMax, nanoUsdMax } }),
    "model.answered": () => (tree.trouble === null ? tree : { ...tree, trouble: null }),
    "run.completed": ended,
    "run.failed": ended,
    "run.exhausted": ended,
    "run.cancelled": ended,
  });
  return next ?? tree;
}

/** Answers that are remembered, at most. */
const RECENT_MAX = 500;

const fresh = ({ recent, lastAtMs }: RunTree): readonly Spent[] =>
  recent.filter(({ atMs }) => atMs > lastAtMs - BURN_WINDOW_MS).slice(-RECENT_MAX);

function afterTask(tree: RunTree, event: LoggedEvent, atMs: number): RunTree {
  if (event.type === "task.routed") return routed(tree, event, atMs);
  const told = afterCoordinator(tree, event, atMs);
  if (told !== tree) return told;
  const index = tree.tasks.findIndex(({ actor }) => actor === event.actor);
  const node = tree.tasks[index];
  if (node === undefined || node.outcome !== null) return tree;
  const next = afterAgent(node, event, atMs);
  return next === node ? tree : { ...tree, tasks: tree.tasks.with(index, next) };
}

function routed(tree: RunTree, event: Extract<LoggedEvent, { type: "task.routed" }>, atMs: number): RunTree {
  const index = tree.tasks.findIndex(({ task }) => task === event.task);
  const earlier = tree.tasks[index];
  const node: TaskNode = {
    task: event.task,
    agentType: event.agentType,
    actor: event.to,
    attempt: (earlier?.attempt ?? 0) + 1,
    state: "routed",
    turns: 0,
    toolCalls: 0,
    tools: {},
    startedAtMs: atMs,
    settledAtMs: null,
    outcome: null,
    reasons: [],
    note: "",
    asks: "",
  };
  const tasks = earlier === undefined ? [...tree.tasks, node] : tree.tasks.with(index, node);
  return { ...tree, ...grownBy(tree, event.task), tasks };
}

function afterAgent(node: TaskNode, event: LoggedEvent, atMs: number): TaskNode {
  const withoutTool = ({ call }: { readonly call: string }): TaskNode => {
    const { [call]: _, ...tools } = node.tools;
    return { ...node, tools };
  };
  const next = onEvent<TaskNode>(event, {
    "agent.state": ({ to }) => ({ ...node, state: to }),
    // The log counts from zero.
    "model.answered": ({ turn }) => ({ ...node, turns: Math.max(node.turns, turn + 1) }),
    "tool.intended": ({ call, tool }) => ({
      ...node,
      toolCalls: node.toolCalls + 1,
      tools: { ...node.tools, [call]: tool },
    }),
    "tool.finished": withoutTool,
    "tool.failed": withoutTool,
    "tool.refused": withoutTool,
    "tool.interrupted": withoutTool,
    "result.verified": () => ({ ...node, outcome: "verified", settledAtMs: atMs, tools: {} }),
    "result.rejected": ({ reasons }) => ({ ...node, ...ending(reasons), settledAtMs: atMs, tools: {} }),
  });
  return next ?? node;
}

const badOutcomes: readonly string[] = ["rejected", "failed", "exhausted", "cancelled"] satisfies Outcome[];

/** How a result that is not verified ended stands before its reasons. */
function ending(said: readonly string[]): { outcome: Outcome; reasons: readonly string[] } {
  const [first, ...reasons] = said;
  if (first !== undefined && badOutcomes.includes(first)) return { outcome: first as Outcome, reasons };
  return { outcome: "rejected", reasons: said };
}

export interface Counts {
  readonly verified: number;
  readonly bad: number;
  readonly working: number;
  /** Tasks nobody was sent to yet. */
  readonly waiting: number;
}

export function counted({ tasks, tasksTotal }: RunTree): Counts {
  const verified = tasks.filter(({ outcome }) => outcome === "verified").length;
  const working = tasks.filter(({ outcome }) => outcome === null).length;
  return {
    verified,
    working,
    bad: tasks.length - verified - working,
    waiting: Math.max(0, tasksTotal - tasks.length),
  };
}

export interface WaitingTask {
  readonly task: string;
  /** What it still waits for. */
  readonly needs: readonly string[];
  /** One of these ended badly: as it stands, nobody will be sent to it. */
  readonly lost: boolean;
}

/** Tasks nobody was sent to yet, in the order of the plan. */
export function waitingTasks({ graph, tasks }: RunTree): WaitingTask[] {
  const routed = new Map(tasks.map((node) => [node.task, node]));
  const lost = new Set(tasks.filter(isBad).map(({ task }) => task));
  const waiting = graph.filter(({ id }) => !routed.has(id));
  for (let before = -1; before < lost.size; ) {
    before = lost.size;
    for (const { id, needs } of waiting) if (needs.some((need) => lost.has(need))) lost.add(id);
  }
  return waiting.map(({ id, needs }) => ({
    task: id,
    needs: needs.filter((need) => routed.get(need)?.outcome !== "verified"),
    lost: lost.has(id),
  }));
}

export const isBad = ({ outcome }: TaskNode): boolean => outcome !== null && outcome !== "verified";
