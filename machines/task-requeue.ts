/** A dead letter that went back to work: its task is open again, and with it what was skipped for its sake alone. */
import { counted, isOpen, list, skipDependents, type Task, type Tasks } from "./task-graph.ts";

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
  const { playedBy, remedies, ...plain } = task;
  const open: Task =
    order.actor === null
      ? {
          // Whoever sends it on says who is to try: what was planned for a further attempt is off.
          ...plain,
          agentType: order.agentType,
          status: "planned",
          actor: null,
          result: null,
          reasons: [],
          attemptsMax: Math.max(task.attemptsMax, counted(task) + 1),
        }
      : { ...task, status: "running", actor: order.actor, result: null, reasons: [] };
  const next: Record<string, Task> = { ...tasks, [task.id]: open };
  for (const one of list(tasks))
    if (one.status === "skipped") next[one.id] = { ...one, status: "planned", reasons: [] };
  const lost = list(tasks).filter(({ id }) => {
    const now = next[id] as Task;
    return now.status !== "verified" && now.status !== "replaced" && !isOpen(now);
  });
  return lost.reduce<Tasks>((all, { id }) => skipDependents(all, id), next);
}
