/**
 * A plan as an agent may propose it: tasks, who takes them, what each stands on, and why. It is a value of a report, so
 * whoever runs it has to turn it into a graph first; nothing here starts anything.
 */
import { z } from "zod";
import { graphProblems } from "./task-graph.ts";

/** Tasks of one plan: more than a person looks through is no plan. */
const PLAN_TASKS_MAX = 50;

const taskId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/);
const words = (charsMax: number) => z.string().min(1).max(charsMax);

const planTaskSchema = z.strictObject({
  id: taskId.describe("Short, in lowercase with hyphens."),
  goal: words(8_000).describe("All its agent is told: what to do, where, and how it shows that it is done."),
  agentType: z.string().min(1).max(64),
  needs: z.array(taskId).max(PLAN_TASKS_MAX).describe("Tasks whose verified results it builds on."),
  why: words(2_000).describe("Why the goal needs this task."),
  contract: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("JSON Schema of what it gives back, where later tasks build on it."),
});

export const planSchema = z.strictObject({
  tasks: z.array(planTaskSchema).min(1).max(PLAN_TASKS_MAX),
  why: words(4_000).describe("Why these tasks, in this order, reach the goal."),
  risks: z.array(words(2_000)).max(20).describe("What may go wrong, or was not found out."),
});

export type TaskPlan = z.infer<typeof planSchema>;

/** What is wrong with a plan beyond its form, in words; empty where it could be run. `types`: who can be given a task. */
export function planProblems({ tasks }: TaskPlan, types: readonly string[]): string[] {
  return [
    ...graphProblems(tasks),
    ...tasks.flatMap(({ id, agentType, needs }) => {
      if (!types.includes(agentType)) return [`task "${id}": there is no agent type ${agentType}`];
      // A verify agent is shown one claim, and nothing of how it came about.
      if (agentType === "verify" && needs.length !== 1)
        return [`task "${id}": verify checks the result of exactly one task, and it needs ${needs.length}`];
      return [];
    }),
  ];
}
