/** What would fall with a result, told from the coordinator's own rows before anybody is asked. Pure. */
import { z } from "zod";
import type { Task, Tasks } from "../../../machines/task-graph.ts";
import { standingOn, taskOfResult } from "../../../machines/task-revocation.ts";

/** The fields that say what stands on what; the others are taken as they are. */
const rowSchema = z.looseObject({
  id: z.string(),
  agentType: z.string(),
  needs: z.array(z.string()),
  order: z.int(),
  status: z.string(),
  attempt: z.int(),
  actor: z.string().nullable(),
  result: z.string().nullable(),
  reasons: z.array(z.string()),
});

/** Throws ZodError where the rows are not a coordinator's. */
export const tasksFrom = (rows: ReadonlyMap<string, string>): Tasks =>
  Object.fromEntries([...rows].map(([id, text]) => [id, rowSchema.parse(JSON.parse(text)) as unknown as Task]));

export interface Fall {
  /** Task of the result. */
  readonly task: string;
  /** Results that nobody could build on any more, the root first. */
  readonly results: readonly { readonly result: string; readonly task: string }[];
  /** Agents that would be stopped. */
  readonly agents: readonly { readonly agent: string; readonly task: string }[];
  /** Tasks that wait and would go on waiting. */
  readonly waiting: readonly string[];
}

/** Rows as they are after the revocation: a run that collects its work already, or a task revoked too often, does not begin anew. */
export const isDoneAgain = (tasks: Tasks, task: string): boolean => tasks[task]?.status !== "failed";

/** Null where no task counts on this result: it is not verified, or was taken back. */
export function fallOf(tasks: Tasks, result: string): Fall | null {
  const root = taskOfResult(tasks, result);
  if (root === undefined) return null;
  const fallen = [root, ...standingOn(tasks, root).filter(({ id }) => id !== root.id)];
  const has = ["verified", "joining", "reading"];
  return {
    task: root.id,
    results: fallen.flatMap((task) =>
      task.result !== null && has.includes(task.status) ? [{ result: task.result, task: task.id }] : [],
    ),
    agents: fallen.flatMap(({ id, actor, status }) =>
      status === "running" && actor !== null ? [{ agent: actor, task: id }] : [],
    ),
    waiting: fallen.filter(({ status }) => ["planned", "resting", "replanning"].includes(status)).map(({ id }) => id),
  };
}
