/** Who is born next, as whom, and on what terms: tasks whose needs are all verified, the most wanted first. */
import type { AgentInput, TaskTerms } from "./effect.ts";
import { counted, type Remedy, running, type Task, type Tasks, viewed, withTasks } from "./task-graph.ts";

/** Agents are named after their task, so that a log reads by itself; later attempts carry their number. */
export const actorOf = (task: Task): string => {
  const attempt = task.attempt + 1;
  return attempt === 1 ? `a_${task.id}` : `a_${task.id}.${attempt}`;
};

/** What is different about the next attempt. An attempt that did not count is made again as it was. */
export const remedyOf = (task: Task): Remedy => task.remedies?.[counted(task) - 1] ?? {};

/** Planned tasks whose needs are all verified: by priority, then in planning order, as far as `parallelMax` and `batchMax` allow. */
export function dispatchable(tasks: Tasks, parallelMax: number, batchMax: number): Task[] {
  const room = Math.min(parallelMax - running(tasks).length, batchMax);
  if (room <= 0) return [];
  const { ready } = viewed(tasks);
  if (!ready.some(({ priority = 0 }) => priority !== 0)) return ready.slice(0, room);
  // Sorting is stable: within one priority the order of the plan stays.
  return ready.toSorted((a, b) => (b.priority ?? 0) - (a.priority ?? 0)).slice(0, room);
}

export function dispatched(tasks: Tasks, started: readonly Task[]): Tasks {
  if (started.length === 0) return tasks;
  const atWork = started.map((task): Task => {
    const { agentType } = remedyOf(task);
    return {
      ...task,
      status: "running",
      attempt: task.attempt + 1,
      actor: actorOf(task),
      ...(agentType === undefined || agentType === task.agentType ? {} : { playedBy: agentType }),
    };
  });
  return withTasks(tasks, atWork);
}

export interface SpawnOrder {
  readonly actor: string;
  readonly agentType: string;
  readonly input: AgentInput;
}

export function spawnOrder(tasks: Tasks, parent: string, task: Task): SpawnOrder {
  const terms = termsOf(tasks, task);
  return {
    actor: actorOf(task),
    agentType: remedyOf(task).agentType ?? task.agentType,
    input: {
      actor: actorOf(task),
      task: task.id,
      parent,
      parentType: "coordinator",
      standsOn: task.needs.flatMap((need) => tasks[need]?.result ?? []),
      limits: task.limits,
      ...(terms === null ? {} : { terms }),
      ...(task.joins === true ? { tree: { merging: mergedBy(tasks, task) } } : {}),
    },
  };
}

/** Whose work did not go in cleanly, where the task is to bring it in. */
const mergedBy = (tasks: Tasks, { role, of }: Task): string | null =>
  role === "resolve" && of !== undefined ? (tasks[of]?.actor ?? null) : null;

/** Null where there is nothing to hold each other to. */
function termsOf(tasks: Tasks, task: Task): TaskTerms | null {
  const terms: TaskTerms = {
    brief: task.brief ?? null,
    results: task.needs.flatMap((need) => {
      const { result = null, sha256 = null } = tasks[need] ?? {};
      return result === null ? [] : [{ result, sha256 }];
    }),
    deadlineMs: task.deadlineMs ?? null,
    budget: task.budget ?? null,
    model: remedyOf(task).model ?? null,
    earlier: task.earlier ?? [],
    topics: task.topics ?? [],
  };
  const { brief, results, deadlineMs, budget, model, earlier, topics } = terms;
  const says =
    [brief, deadlineMs, budget, model].some((part) => part !== null) ||
    earlier.length + topics.length > 0 ||
    results.some(({ sha256 }) => sha256 !== null);
  return says ? terms : null;
}
