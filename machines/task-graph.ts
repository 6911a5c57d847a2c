/** The coordinator's tasks and what stands on what: which can never start, which graphs are none, how the whole came out. */
import { madeFrom } from "./changed-rows.ts";
import type { AgentLimits, RunEnd, TaskTerms } from "./effect.ts";
import { tableLike } from "./row-table.ts";
import { CLOSED, type TaskStatus } from "./task-status.ts";
import { type TableView, viewAfter, viewOf } from "./task-table.ts";

/** One task as planned. What the agent is to do (its brief) lies in a row of its own, written once. */
export interface PlannedTask {
  readonly id: string;
  readonly agentType: string;
  /** Tasks whose verified results it stands on. */
  readonly needs: readonly string[];
  readonly limits: AgentLimits;
  /** Agents that may try, one after the other. */
  readonly attemptsMax: number;
  /** How the second, third … attempt differs from the first; what is absent, or empty, is the same again. */
  readonly remedies?: readonly Remedy[];
  /** Milliseconds that one attempt may take. */
  readonly deadlineMs?: number;
  readonly budget?: TaskTerms["budget"];
  /** SHA-256 of its brief. */
  readonly brief?: string;
  /** What the coordinator does with its verified result beyond handing it on; absent: nothing. */
  readonly role?: TaskRole;
  /** The task whose result a check is about, whose place a replan fills, whose conflict is resolved. */
  readonly of?: string;
  /** Its agent works in a tree of its own, and its work counts once it was joined to the run's. */
  readonly joins?: boolean;
  /** The higher goes first where not all can; 0 where absent. */
  readonly priority?: number;
  /** Topics whose messages its agents are told. */
  readonly topics?: readonly string[];
}

/** `plan`, `replan`: its result proposes tasks. `check`: it says whether another result holds. */
export type TaskRole = "plan" | "replan" | "check" | "synthesis" | "resolve";

export interface Remedy {
  readonly agentType?: string;
  /** A model's id, or a tier. */
  readonly model?: string;
}

export interface Task extends PlannedTask {
  /** Place in the plan. Rows come back from the store in no order of their own. */
  readonly order: number;
  readonly status: TaskStatus;
  readonly attempt: number;
  readonly actor: string | null;
  readonly result: string | null;
  readonly reasons: readonly string[];
  /** SHA-256 of its verified result's envelope. */
  readonly sha256?: string;
  /** Its work in the run's tree, and its place among all that was joined; absent where nothing of it is there. */
  readonly commit?: string;
  readonly joinedAt?: number;
  /** Why its work could not be joined; a task of its own is to resolve that. */
  readonly conflict?: readonly string[];
  /** Attempts that do not count, because they ended for another's sake. */
  readonly excused?: number;
  /** Times that somebody took its own result back. */
  readonly revocations?: number;
  /** Why earlier attempts did not count, the latest last. */
  readonly earlier?: readonly string[];
  /** Type of the agent at it, where that is another one than planned. */
  readonly playedBy?: string;
  /** Task whose proposal brought it. */
  readonly from?: string;
}

export type Tasks = Readonly<Record<string, Task>>;

/** Tasks in one run, at most: a run of ten thousand wants a coordinator per part. */
export const TASKS_MAX = 1_000;

/** `first`: place in the plan of the first of them. */
export const planned = (graph: readonly PlannedTask[], first = 0): Tasks =>
  Object.fromEntries(
    graph.map((task, at) => [
      task.id,
      { ...task, order: first + at, status: "planned" as const, attempt: 0, actor: null, result: null, reasons: [] },
    ]),
  );

const lists = new WeakMap<Tasks, readonly Task[]>();

/** In the order of the plan. Remembered: one step asks for it many times, and a ledger is never written in place. */
export function list(tasks: Tasks): readonly Task[] {
  const known = lists.get(tasks);
  if (known !== undefined) return known;
  const made = Object.values(tasks).sort((a, b) => a.order - b.order);
  lists.set(tasks, made);
  return made;
}

const views = new WeakMap<Tasks, TableView>();

/** Remembered like the list. */
export function viewed(tasks: Tasks): TableView {
  const known = views.get(tasks);
  if (known !== undefined) return known;
  const made = viewOf(tasks, list(tasks));
  views.set(tasks, made);
  return made;
}

/**
 * With these rows in place of those of the same id. Nearly every step does this among up to a thousand, so that neither the
 * table nor its list nor its view is made anew.
 */
export function withTasks(tasks: Tasks, rows: readonly Task[]): Tasks {
  const all = list(tasks).slice();
  for (const row of rows) {
    const at = tasks[row.id]?.order ?? -1;
    if (row.order !== at || all[at]?.id !== row.id)
      return { ...tasks, ...Object.fromEntries(rows.map((one) => [one.id, one])) };
    all[at] = row;
  }
  const next = tableLike(tasks, all);
  lists.set(next, all);
  const view = viewAfter(viewed(tasks), tasks, next, rows);
  if (view !== null) views.set(next, view);
  madeFrom(
    tasks,
    rows.map(({ id }) => id),
    next,
  );
  return next;
}

export const isOpen = (task: Task): boolean => !CLOSED.has(task.status);
/** Its agent reported, and verification let that through; what comes of it may not be decided yet. */
export const isGood = ({ status }: Task): boolean =>
  status === "verified" || status === "joining" || status === "reading";

export const running = (tasks: Tasks): readonly Task[] => viewed(tasks).running;
export const resting = (tasks: Tasks): readonly Task[] => viewed(tasks).resting;
export const isSettled = (tasks: Tasks): boolean => viewed(tasks).open === 0;
export const restsAny = (tasks: Tasks): boolean => resting(tasks).length > 0;

/** The running task that this actor is at. An actor that was fenced is at none. */
export const taskAt = (tasks: Tasks, actor: string): Task | undefined =>
  running(tasks).find((task) => task.actor === actor);

/** Attempts that count. */
export const counted = (task: Task): number => task.attempt - (task.excused ?? 0);
/** Who is at it, or was last. */
export const typeOf = (task: Task): string => task.playedBy ?? task.agentType;

/** What cannot start any more because `roots` have no verified result and will have none. */
export function skipDependents(tasks: Tasks, ...roots: readonly string[]): Tasks {
  const next: Record<string, Task> = { ...tasks };
  const lost = [...roots];
  const ids = list(tasks).map(({ id }) => id);
  for (let cause = lost.pop(); cause !== undefined; cause = lost.pop()) {
    for (const id of ids) {
      const task = next[id] as Task;
      if (task.status !== "planned" || !task.needs.includes(cause)) continue;
      next[task.id] = { ...task, status: "skipped", reasons: [`stands on ${cause}, which has no verified result`] };
      lost.push(task.id);
    }
  }
  return next;
}

export function cancelled(tasks: Tasks, reason: string): Tasks {
  return Object.fromEntries(
    list(tasks).map((task) => [
      task.id,
      isOpen(task) ? { ...task, status: "cancelled" as const, reasons: [reason] } : task,
    ]),
  );
}

/** Open tasks that nobody is at are dropped, also those whose work is not taken in yet; running ones are left to answer. */
export function withdrawn(tasks: Tasks, reason: string): Tasks {
  return Object.fromEntries(
    list(tasks).map((task) => [
      task.id,
      isOpen(task) && task.status !== "running" ? { ...task, status: "cancelled" as const, reasons: [reason] } : task,
    ]),
  );
}

/** What somebody asked for, and not what the coordinator asked for on the way. */
export const isWork = ({ role }: PlannedTask): boolean => role === undefined || role === "synthesis";

export interface GraphVerdict {
  readonly status: RunEnd;
  readonly reasons: readonly string[];
}

/** How the run came out. With `tolerate`, verified work counts even where other tasks ended badly. */
export function verdict(tasks: Tasks, tolerate: boolean): GraphVerdict {
  const all = list(tasks).filter((task) => task.status !== "replaced");
  const bad = all.filter((task) => task.status !== "verified");
  const reasons = bad.map(
    (task) => `${task.id}: ${task.status}${task.reasons.length > 0 ? ` (${task.reasons.join("; ")})` : ""}`,
  );
  if (bad.length === 0) return { status: "completed", reasons: [] };
  // A plan that was carried out by nobody is no work.
  const worked = all.some((task) => task.status === "verified" && isWork(task));
  if (tolerate && worked) return { status: "completed", reasons };
  const first = bad.find((task) => task.status !== "skipped");
  if (first?.status === "exhausted") return { status: "exhausted", reasons };
  if (first?.status === "cancelled") return { status: "cancelled", reasons };
  return { status: "failed", reasons };
}

export type Edges = Pick<PlannedTask, "id" | "needs">;

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
  const dependents = new Map<string, string[]>(graph.map(({ id }) => [id, []]));
  const open = new Map<string, number>();
  for (const { id, needs } of graph) {
    open.set(id, needs.length);
    for (const need of needs) dependents.get(need)?.push(id);
  }
  const free = graph.filter(({ needs }) => needs.length === 0).map(({ id }) => id);
  let done = 0;
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    done += 1;
    for (const dependent of dependents.get(id) ?? []) {
      const left = (open.get(dependent) ?? 0) - 1;
      open.set(dependent, left);
      if (left === 0) free.push(dependent);
    }
  }
  return done < graph.length;
}
