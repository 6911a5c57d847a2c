/**
 * What a step asks of the tasks again and again (who works, who may start, is anything open), kept beside each table and
 * carried on to the next one with the few rows that changed: a step of a thousand tasks costs what one of ten does. Never
 * stored, never compared: whatever it says can be read off the rows, and is where a table was made in another way.
 */
import type { Task, Tasks } from "./task-graph.ts";
import { CLOSED } from "./task-status.ts";

/** Tasks in the order of the plan. */
export interface TableView {
  readonly open: number;
  readonly running: readonly Task[];
  readonly resting: readonly Task[];
  /** Whose end is not decided yet: something has to be sent for. */
  readonly undecided: readonly Task[];
  /** Planned, and everything they stand on is verified. */
  readonly ready: readonly Task[];
  /** Task → tasks that name it among their needs. */
  readonly dependents: ReadonlyMap<string, readonly string[]>;
}

type Group = "running" | "resting" | "undecided" | "ready";

const GROUP_OF: Partial<Record<Task["status"], Group>> = {
  running: "running",
  resting: "resting",
  joining: "undecided",
  reading: "undecided",
  replanning: "undecided",
};

const isReady = (tasks: Tasks, task: Task): boolean =>
  task.status === "planned" && task.needs.every((need) => tasks[need]?.status === "verified");

/** Of a table that nothing is known of. `all`: its tasks in the order of the plan. */
export function viewOf(tasks: Tasks, all: readonly Task[]): TableView {
  const groups = { running: [] as Task[], resting: [] as Task[], undecided: [] as Task[], ready: [] as Task[] };
  const dependents = new Map<string, string[]>();
  let open = 0;
  for (const task of all) {
    if (!CLOSED.has(task.status)) open += 1;
    const group = isReady(tasks, task) ? "ready" : GROUP_OF[task.status];
    if (group !== undefined) groups[group].push(task);
    for (const need of task.needs) {
      const known = dependents.get(need);
      if (known === undefined) dependents.set(need, [task.id]);
      else known.push(task.id);
    }
  }
  return { open, ...groups, dependents };
}

/** The view of `next`, which is `before` with `rows` in place of those of the same ids; null where it has to be made anew. */
export function viewAfter(view: TableView, before: Tasks, next: Tasks, rows: readonly Task[]): TableView | null {
  const lists: Record<Group, readonly Task[]> = {
    running: view.running,
    resting: view.resting,
    undecided: view.undecided,
    ready: view.ready,
  };
  if (rows.length > 1 && new Set(rows.map(({ id }) => id)).size < rows.length) return null;
  let { open } = view;
  for (const row of rows) {
    const old = before[row.id] as Task;
    if (old.needs !== row.needs) return null;
    open += (CLOSED.has(row.status) ? 0 : 1) - (CLOSED.has(old.status) ? 0 : 1);
    const [from, to] = [GROUP_OF[old.status], GROUP_OF[row.status]];
    if (from !== undefined) lists[from] = without(lists[from], row.order);
    if (to !== undefined) lists[to] = withOne(lists[to], row);
  }
  for (const row of rows) {
    lists.ready = placed(lists.ready, next, row);
    if ((before[row.id]?.status === "verified") === (row.status === "verified")) continue;
    for (const id of view.dependents.get(row.id) ?? []) lists.ready = placed(lists.ready, next, next[id] as Task);
  }
  return { open, ...lists, dependents: view.dependents };
}

const placed = (ready: readonly Task[], tasks: Tasks, task: Task): readonly Task[] =>
  isReady(tasks, task) ? withOne(ready, task) : without(ready, task.order);

/** Where a task of this place in the plan is, or would be. */
function placeIn(list: readonly Task[], order: number): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((list[middle] as Task).order < order) low = middle + 1;
    else high = middle;
  }
  return low;
}

function without(list: readonly Task[], order: number): readonly Task[] {
  const at = placeIn(list, order);
  if (list[at]?.order !== order) return list;
  const next = list.slice();
  next.splice(at, 1);
  return next;
}

function withOne(list: readonly Task[], task: Task): readonly Task[] {
  const at = placeIn(list, task.order);
  const next = list.slice();
  next.splice(at, list[at]?.order === task.order ? 1 : 0, task);
  return next;
}
