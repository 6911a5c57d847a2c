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
  why: words(2_000).describe("Why the goal needs this task, why an agent of its own, and why none of a narrower type."),
  changes: z
    .boolean()
    .optional()
    .describe("Whether it has to change files or run commands. False: its agent will be one that only looks."),
  contract: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("JSON Schema of what it gives back, where later tasks build on it."),
  verify: z.boolean().optional().describe("True: an agent of its own checks the result before others build on it."),
  minutes: z.int().min(1).max(1_440).optional().describe("Minutes that one attempt may take."),
  priority: z
    .int()
    .min(-100)
    .max(100)
    .optional()
    .describe("The higher starts first where not all can; 0 where absent."),
  topics: z.array(taskId).max(8).optional().describe("Topics of the run whose messages its agent is told."),
});

export const planSchema = z.strictObject({
  tasks: z.array(planTaskSchema).min(1).max(PLAN_TASKS_MAX),
  why: words(4_000).describe("Why these tasks, in this order, reach the goal."),
  risks: z.array(words(2_000)).max(20).describe("What may go wrong, or was not found out."),
});

export type TaskPlan = z.infer<typeof planSchema>;
export type PlanTask = TaskPlan["tasks"][number];

/** Other tasks for the place of one that failed, or the word that there are none. */
export const replanSchema = planSchema.extend({
  tasks: z.array(planTaskSchema).max(PLAN_TASKS_MAX).describe("What is to be done instead; empty where you give up."),
  drops: z.array(taskId).max(PLAN_TASKS_MAX).default([]).describe("Planned tasks that are not wanted any more."),
  ends: z
    .array(taskId)
    .max(PLAN_TASKS_MAX)
    .default([])
    .describe("Those of your tasks that stand for the failed one; empty: all that none of your others needs."),
  giveUp: words(2_000).optional().describe("Why no other tasks could do it. Then there are no tasks."),
});

export type Replan = z.infer<typeof replanSchema>;

/** Names of the tasks that a run asks for itself. */
const OWN = /^(plan|synthesis|replan-\d+|.+-resolve)$/;

/**
 * What is wrong with a plan beyond its form, in words; empty where it could be run. `types`: who can be given a task;
 * `known`: tasks of the run that it joins, which its own may need and none may be called like.
 */
export function planProblems(
  { tasks }: Pick<TaskPlan, "tasks">,
  types: readonly string[],
  known: readonly string[] = [],
): string[] {
  const taken = tasks.flatMap(({ id }) => {
    if (known.includes(id)) return [`task "${id}" is there already`];
    return OWN.test(id) ? [`task "${id}": the run keeps this name for a task of its own`] : [];
  });
  if (taken.length > 0) return taken;
  return [
    ...graphProblems([...tasks, ...known.map((id) => ({ id, needs: [] }))]),
    ...tasks.flatMap(({ id, agentType, needs, verify, changes }) => {
      if (!types.includes(agentType)) return [`task "${id}": there is no agent type ${agentType}`];
      if (agentType !== "verify") return [];
      // A verify agent is shown one claim, and nothing of how it came about.
      if (needs.length !== 1)
        return [`task "${id}": verify checks the result of exactly one task, and it needs ${needs.length}`];
      if (verify === true) return [`task "${id}": it is a check itself, and nobody checks that`];
      return changes === true ? [`task "${id}": verify can change nothing`] : [];
    }),
  ];
}

/** The same of a new plan for the place of a task. */
export function replanProblems(replan: Replan, types: readonly string[], known: readonly string[]): string[] {
  const { tasks, drops, ends, giveUp } = replan;
  if (giveUp !== undefined) {
    const both = tasks.length + drops.length + ends.length > 0;
    return both ? ["it gives up, and names tasks all the same"] : [];
  }
  if (tasks.length === 0) return ["it has no tasks, and does not say why it gives up"];
  const own = new Set(tasks.map(({ id }) => id));
  return [
    ...planProblems(replan, types, known),
    ...ends.filter((id) => !own.has(id)).map((id) => `"${id}" under ends is none of its tasks`),
    ...drops.filter((id) => !known.includes(id)).map((id) => `"${id}" under drops is no task of the run`),
    ...tasks.flatMap(({ id, needs }) =>
      needs.filter((need) => drops.includes(need)).map((need) => `task "${id}" needs "${need}", which it drops`),
    ),
  ];
}
