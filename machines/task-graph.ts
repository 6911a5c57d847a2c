/** The coordinator's ledger of tasks: which may start, which can never start, and how the whole came out. */

import type { AgentLimits, ResultStatus, RunEnd } from "./effect.ts";
import { fnv1a } from "./fnv1a.ts";

/** One task as planned. What the agent is to do (its brief) lies in a row of its own, written once. */
export interface PlannedTask {
  readonly id: string;
  readonly agentType: string;
  /** Tasks whose verified results it stands on. */
  readonly needs: readonly string[];
  readonly limits: AgentLimits;
  /** Agents that may try, one after the other. */
  readonly attemptsMax: number;
}

/** `resting`: an attempt failed, and the next one waits its time. */
export type TaskStatus = "planned" | "running" | "resting" | "skipped" | ResultStatus;

export interface Task extends PlannedTask {
  /** Place in the plan. Rows come back from the store in no order of their own. */
  readonly order: number;
  readonly status: TaskStatus;
  readonly attempt: number;
  readonly actor: string | null;
  readonly result: string | null;
  readonly reasons: readonly string[];
}

export type Tasks = Readonly<Record<string, Task>>;

/** Tasks in one run, at most: a run of ten thousand wants a coordinator per part. */
export const TASKS_MAX = 1_000;
/** Second and later attempts of one run, at most: past it, it is not the tasks that are unlucky. */
export const RESTARTS_MAX = 20;
/** Milliseconds before the second attempt, and at most before any; doubled in between, half of it left to chance. */
const RESTART_FIRST_MS = 1_000;
const RESTART_LAST_MS = 60_000;

export const planned = (graph: readonly PlannedTask[]): Tasks =>
  Object.fromEntries(
    graph.map((task, order) => [
      task.id,
      { ...task, order, status: "planned" as const, attempt: 0, actor: null, result: null, reasons: [] },
    ]),
  );

const list = (tasks: Tasks): Task[] => Object.values(tasks).sort((a, b) => a.order - b.order);
const isWaiting = (task: Task): boolean => task.status === "planned" || task.status === "resting";
const isOpen = (task: Task): boolean => isWaiting(task) || task.status === "running";

export const running = (tasks: Tasks): Task[] => list(tasks).filter((task) => task.status === "running");
export const resting = (tasks: Tasks): Task[] => list(tasks).filter((task) => task.status === "resting");
export const isSettled = (tasks: Tasks): boolean => list(tasks).every((task) => !isOpen(task));

/** Agents are named after their task, so that a log reads by itself; later attempts carry their number. */
export const actorOf = (task: Task): string => {
  const attempt = task.attempt + 1;
  return attempt === 1 ? `a_${task.id}` : `a_${task.id}.${attempt}`;
};

/** Planned tasks whose needs are all verified, in planning order, as far as `parallelMax` and `batchMax` allow. */
export function dispatchable(tasks: Tasks, parallelMax: number, batchMax: number): Task[] {
  const room = Math.min(parallelMax - running(tasks).length, batchMax);
  if (room <= 0) return [];
  const ready = list(tasks).filter(
    (task) => task.status === "planned" && task.needs.every((need) => tasks[need]?.status === "verified"),
  );
  return ready.slice(0, room);
}

export function dispatched(tasks: Tasks, started: readonly Task[]): Tasks {
  const next: Record<string, Task> = { ...tasks };
  for (const task of started) {
    next[task.id] = { ...task, status: "running", attempt: task.attempt + 1, actor: actorOf(task) };
  }
  return next;
}

export interface Settlement {
  readonly task: string;
  readonly actor: string;
  readonly status: ResultStatus;
  readonly result: string | null;
  readonly reasons: readonly string[];
}

/** Whether this end is one that another attempt follows. */
function triesAgain(tasks: Tasks, end: Settlement): boolean {
  const task = tasks[end.task];
  if (task === undefined || task.status !== "running" || task.actor !== end.actor || end.status !== "failed")
    return false;
  const restarts = list(tasks).reduce((sum, { attempt }) => sum + Math.max(0, attempt - 1), 0);
  return task.attempt < task.attemptsMax && restarts < RESTARTS_MAX;
}

/** Every task that rested may be dispatched again. */
export const rested = (tasks: Tasks): Tasks =>
  Object.fromEntries(
    Object.entries(tasks).map(([id, task]) => [id, task.status === "resting" ? { ...task, status: "planned" } : task]),
  );

/**
 * Milliseconds that a task rests before its next attempt. What is left to chance is drawn from `seed` and the attempt, so
 * that a replay rests as long; runs that failed together do not come back together.
 */
export function restMs(task: Task, seed: string): number {
  const wholeMs = Math.min(RESTART_LAST_MS, RESTART_FIRST_MS * 2 ** Math.max(0, task.attempt - 1));
  return Math.round(wholeMs * (0.5 + chanceOf(`${seed}/${task.id}/${task.attempt}`) / 2));
}

/** From 0 to 1, the same for the same text. */
const chanceOf = (text: string): number => fnv1a(text) / 0xffffffff;

/**
 * Takes a task's end. A late word from an earlier attempt changes nothing. A failed attempt rests and is made again
 * while attempts are left; a task that ended badly takes those that stand on it along.
 */
export function settled(tasks: Tasks, end: Settlement): Tasks {
  const task = tasks[end.task];
  if (task === undefined || task.status !== "running" || task.actor !== end.actor) return tasks;
  if (triesAgain(tasks, end)) {
    return { ...tasks, [task.id]: { ...task, status: "resting", actor: null, reasons: end.reasons } };
  }
  const next = {
    ...tasks,
    [task.id]: { ...task, status: end.status, result: end.result, reasons: end.reasons },
  };
  return end.status === "verified" ? next : skipDependents(next, task.id);
}

function skipDependents(tasks: Tasks, root: string): Tasks {
  const next: Record<string, Task> = { ...tasks };
  const lost = [root];
  for (let cause = lost.pop(); cause !== undefined; cause = lost.pop()) {
    for (const task of list(next)) {
      if (task.status !== "planned" || !task.needs.includes(cause)) continue;
      next[task.id] = { ...task, status: "skipped", reasons: [`stands on ${cause}, which has no verified result`] };
      lost.push(task.id);
    }
  }
  return next;
}

/** A failed task is open again: with the actor that was put back, or planned for a new agent of this type. */
export interface Requeued {
  readonly task: string;
  readonly actor: string | null;
  readonly agentType: string;
}

/** Only what failed can be opened again; whoever is at it, or has done it, is not disturbed. */
export const isRequeuable = (tasks: Tasks, { task }: Requeued): boolean => tasks[task]?.status === "failed";

/** Opens a failed task again, and with it what was skipped for its sake alone. */
export function requeued(tasks: Tasks, order: Requeued): Tasks {
  const task = tasks[order.task];
  if (task === undefined || !isRequeuable(tasks, order)) return tasks;
  const open: Task =
    order.actor === null
      ? {
          ...task,
          agentType: order.agentType,
          status: "planned",
          actor: null,
          result: null,
          reasons: [],
          attemptsMax: Math.max(task.attemptsMax, task.attempt + 1),
        }
      : { ...task, status: "running", actor: order.actor, result: null, reasons: [] };
  const next: Record<string, Task> = { ...tasks, [task.id]: open };
  for (const one of list(next)) if (one.status === "skipped") next[one.id] = { ...one, status: "planned", reasons: [] };
  return list(next)
    .filter(
      ({ status }) => status !== "verified" && status !== "planned" && status !== "resting" && status !== "running",
    )
    .reduce<Tasks>((all, { id }) => skipDependents(all, id), next);
}

export function cancelled(tasks: Tasks, reason: string): Tasks {
  return Object.fromEntries(
    list(tasks).map((task) => [
      task.id,
      isOpen(task) ? { ...task, status: "cancelled" as const, reasons: [reason] } : task,
    ]),
  );
}

/** Tasks that nobody is at are dropped; running ones are left to answer. */
export function withdrawn(tasks: Tasks, reason: string): Tasks {
  return Object.fromEntries(
    list(tasks).map((task) => [
      task.id,
      isWaiting(task) ? { ...task, status: "cancelled" as const, reasons: [reason] } : task,
    ]),
  );
}

export interface GraphVerdict {
  readonly status: RunEnd;
  readonly reasons: readonly string[];
}

/** How the run came out. With `tolerate`, verified work counts even where other tasks ended badly. */
export function verdict(tasks: Tasks, tolerate: boolean): GraphVerdict {
  const all = list(tasks);
  const bad = all.filter((task) => task.status !== "verified");
  const reasons = bad.map(
    (task) => `${task.id}: ${task.status}${task.reasons.length > 0 ? ` (${task.reasons.join("; ")})` : ""}`,
  );
  if (bad.length === 0) return { status: "completed", reasons: [] };
  if (tolerate && bad.length < all.length) return { status: "completed", reasons };
  const first = bad.find((task) => task.status !== "skipped");
  if (first?.status === "exhausted") return { status: "exhausted", reasons };
  if (first?.status === "cancelled") return { status: "cancelled", reasons };
  return { status: "failed", reasons };
}

type Edges = Pick<PlannedTask, "id" | "needs">;

/** What is wrong with a graph, in words; empty where nothing is. */
export function graphProblems(graph: readonly Edges[]): string[] {
  const problems: string[] = [];
  const ids = new Set<string>();
  if (graph.length === 0) problems.push("the graph has no tasks");
  if (graph.length > TASKS_MAX) problems.push(`${graph.length} tasks; at most ${TASKS_MAX} in one run`);
  for (const task of graph) {
    if (ids.has(task.id)) problems.push(`task "${task.id}" appears twice`);
    ids.add(task.id);
  }
  for (const task of graph) {
    for (const need of task.needs)
      if (!ids.has(need)) problems.push(`task "${task.id}" needs "${need}", which does not exist`);
  }
  if (problems.length === 0 && hasCycle(graph)) problems.push("the tasks' needs form a circle");
  return problems;
}

function hasCycle(graph: readonly Edges[]): boolean {
  const done = new Set<string>();
  let left = [...graph];
  while (left.length > 0) {
    const blocked = left.filter((task) => !task.needs.every((need) => done.has(need)));
    if (blocked.length === left.length) return true;
    for (const task of left) if (!blocked.includes(task)) done.add(task.id);
    left = blocked;
  }
  return false;
}
