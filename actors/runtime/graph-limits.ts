/** What the limits of a run may be, whoever asked for them: below, nothing would start or end; above, nothing would. */

import { type AgentLimits, INSIDE_EFFECTS_MAX } from "../../machines/effect.ts";
import type { PlannedTask } from "../../machines/task-graph.ts";
import type { SupervisionPolicy } from "../../machines/task-ledger.ts";

/** Agents of one run that work at once, at most: a cancel must reach all of them with one commit. */
const PARALLEL_MAX = INSIDE_EFFECTS_MAX;
/** Agents that may try one task, one after the other. */
const ATTEMPTS_MAX = 100;
/** New plans that may be asked for in one run. */
export const REPLANS_MAX = 10;
/** Restarts that supervision allows within its window. */
export const RESTARTS_ALLOWED_MAX = 100;
/** Of a deadline and of supervision's window, in milliseconds: a second to a week. */
export const DEADLINE_MS = { min: 1_000, max: 7 * 86_400_000 } as const;
export const PRIORITY_MAX = 100;
/** Topics that the agents of one task hear. */
export const TOPICS_MAX = 20;
const TOPIC = /^[a-z0-9][a-z0-9-]{0,63}$/;

export interface LimitedGraph {
  readonly graph: readonly PlannedTask[];
  /** Agents that work at once. */
  readonly parallelMax: number;
  /** Absent: as the coordinator's chart has it. */
  readonly supervision?: SupervisionPolicy;
  /** New plans that may be asked for where a task is given up. */
  readonly replansMax?: number;
}

/** In words; empty where the run can be begun. Pure. */
export function limitProblems({ graph, parallelMax, supervision, replansMax = 0 }: LimitedGraph): string[] {
  const within = (name: string, value: number, min: number, max: number): string[] =>
    Number.isInteger(value) && value >= min && value <= max ? [] : [`${name} is ${value}; it takes ${min} to ${max}`];
  return [
    ...within("parallelMax", parallelMax, 1, PARALLEL_MAX),
    ...within("replansMax", replansMax, 0, REPLANS_MAX),
    ...(supervision === undefined ? [] : within("restartsMax", supervision.restartsMax, 0, RESTARTS_ALLOWED_MAX)),
    ...(supervision?.windowMs == null
      ? []
      : within("windowMs", supervision.windowMs, DEADLINE_MS.min, DEADLINE_MS.max)),
    ...graph.flatMap((task) => taskProblems(task, within).map((problem) => `task "${task.id}": ${problem}`)),
  ];
}

type Within = (name: string, value: number, min: number, max: number) => string[];

function taskProblems(task: PlannedTask, within: Within): string[] {
  const { limits, attemptsMax, remedies = [], deadlineMs, budget, priority = 0, topics = [] } = task;
  return [
    ...leastProblems({ ...limits, "attempts of the task": attemptsMax }),
    ...(attemptsMax > ATTEMPTS_MAX ? [`${attemptsMax} attempts; at most ${ATTEMPTS_MAX}`] : []),
    ...(remedies.length < attemptsMax ? [] : [`${remedies.length} remedies for ${attemptsMax} attempts`]),
    ...(deadlineMs === undefined ? [] : within("deadlineMs", deadlineMs, DEADLINE_MS.min, DEADLINE_MS.max)),
    ...(budget?.tokensMax === undefined ? [] : within("tokensMax", budget.tokensMax, 1, Number.MAX_SAFE_INTEGER)),
    ...(budget?.nanoUsdMax === undefined ? [] : within("nanoUsdMax", budget.nanoUsdMax, 1, Number.MAX_SAFE_INTEGER)),
    ...within("priority", priority, -PRIORITY_MAX, PRIORITY_MAX),
    ...within("number of topics", topics.length, 0, TOPICS_MAX),
    ...topics.filter((topic) => !TOPIC.test(topic)).map((topic) => `"${topic.slice(0, 80)}" is no topic`),
  ];
}

function leastProblems(limits: AgentLimits & { readonly "attempts of the task": number }): string[] {
  return Object.entries(limits).flatMap(([name, limit]) => {
    const least = name === "remindersMax" || name === "rejectionsMax" ? 0 : 1;
    return Number.isInteger(limit) && limit >= least ? [] : [`${name} is ${limit}; at least ${least}`];
  });
}
