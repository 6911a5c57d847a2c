/**
 * The form of a tasks file: which fields there are, what they take, and what is said of every one that does not fit.
 * A field that is not known is refused: a limit that nobody keeps is worse than none.
 */
import { z } from "zod";
import { INSIDE_EFFECTS_MAX } from "../../../machines/effect.ts";
import { RESTARTS_MAX, TASKS_MAX } from "../../../machines/task-graph.ts";
import { nearestNames } from "../nearest-names.ts";
import { shown } from "./contract-form.ts";
import type { Path } from "./yaml-tree.ts";

/** Characters of a goal, at most; more belongs into a file the agent reads. */
export const GOAL_MAX = 32_000;
export const TURNS_MAX = 1_000;

const fields = z.record(z.string(), z.unknown(), { error: "takes fields (name: value)" });
const whole = (from: number, to: number) => {
  const error = `takes a whole number from ${from} to ${to}`;
  return z.int({ error }).min(from, { error }).max(to, { error });
};
const text = (charsMax: number) =>
  z
    .string({ error: "takes a text" })
    .max(charsMax, { error: `has more than ${charsMax} characters; put the rest into a file that its agent reads` })
    .refine((value) => value.trim() !== "", { error: "is empty; say what is to be done" });
const id = z
  .string({ error: "takes a short name; where it looks like a number, quote it" })
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, { error: "takes lowercase letters, digits and hyphens, at most 64" });

const AGENT = "takes the name of an agent type or agent file";

const taskSchema = z.strictObject(
  {
    id,
    goal: text(GOAL_MAX),
    agent: z.string({ error: AGENT }).min(1, { error: AGENT }).max(64, { error: AGENT }).default("general"),
    needs: z
      .array(id, { error: "takes a list of ids of tasks" })
      .max(TASKS_MAX, { error: `takes at most ${TASKS_MAX} ids` })
      .default([]),
    input: fields.optional(),
    contract: fields.optional(),
    turns: whole(1, TURNS_MAX).optional(),
    attempts: whole(1, RESTARTS_MAX).default(1),
  },
  { error: (issue) => (issue.code === "unrecognized_keys" ? undefined : "takes fields: at least id and goal") },
);

export const tasksSchema = z.strictObject(
  {
    goal: text(2_000).optional(),
    parallel: whole(1, INSIDE_EFFECTS_MAX).optional(),
    tolerate_failures: z.boolean({ error: "takes true or false" }).default(false),
    tasks: z
      .array(taskSchema, { error: "takes a list of tasks (- id: …)" })
      .min(1, { error: "is empty; a run has at least one task" })
      .max(TASKS_MAX, { error: `has more than ${TASKS_MAX} tasks; divide them among several files` }),
  },
  { error: (issue) => (issue.code === "unrecognized_keys" ? undefined : "is no tasks file: it begins with tasks:") },
);

export type TasksForm = z.infer<typeof tasksSchema>;
export type TaskForm = TasksForm["tasks"][number];

/** Fields that somebody may expect and that do nothing yet, with what does it today. */
const NOT_YET: Readonly<Record<string, string>> = {
  budget: "limit the whole run by --budget or --max-tokens",
  tokens: "limit the whole run by --max-tokens",
  max_tokens: "limit the whole run by --max-tokens",
  max_turns: "write turns",
  deadline: "no task has a deadline yet; turns limits how long it works",
  timeout: "no task has a time limit yet; turns limits how long it works",
  supervision: "attempts says how often a task is tried; other ways of supervision are not there yet",
  on_failure: "attempts says how often a task is tried, tolerate_failures what a failure means for the run",
  retry: "write attempts",
  retries: "write attempts",
  priority: "tasks start in the order of the file, as soon as what they need is verified",
  isolation: "all agents of a run share one working tree: --worktree says which",
  worktree: "all agents of a run share one working tree: --worktree says which",
  model: "an agent's type says which model it asks; --model sets one for all",
  mode: "--mode says it for the whole run",
  tools: "an agent file says which tools its agent has",
  deny_tools: "--deny-tool says it for the whole run",
  permissions: "a tasks file gives no rights; rules stand in your configuration",
  grants: "a tasks file gives no rights; rules stand in your configuration",
  approve: "--approve says it for the whole run",
  workspace: "--workspace says it",
  depends_on: "write needs",
  type: "write agent",
  agentType: "write agent",
  prompt: "write goal",
};

export interface FormIssue {
  readonly path: Path;
  /** True: the place is that of the field's name. */
  readonly ofKey: boolean;
  readonly reason: string;
}

/** Pure. Every problem with its path; empty where the value is a tasks file by its form. */
export function formIssues(error: z.ZodError, value: unknown): readonly FormIssue[] {
  return error.issues.flatMap((issue): FormIssue[] => {
    if (issue.code !== "unrecognized_keys") return [{ path: issue.path, ofKey: false, reason: reasonOf(issue, value) }];
    const known = Object.keys(issue.path.length === 0 ? tasksSchema.shape : taskSchema.shape);
    return issue.keys.map((key) => ({ path: [...issue.path, key], ofKey: true, reason: unknownField(key, known) }));
  });
}

function reasonOf({ path, message }: z.core.$ZodIssue, value: unknown): string {
  const given = valueAt(value, path);
  if (given === undefined) return `is missing; it ${message}`;
  return /^(takes|is no)/.test(message) ? `is ${shown(given)}; it ${message}` : message;
}

const valueAt = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (at, step) => (at !== null && typeof at === "object" ? Reflect.get(at, step) : undefined),
    value,
  );

function unknownField(key: string, known: readonly string[]): string {
  if (Object.hasOwn(NOT_YET, key)) return `is not a field of a tasks file, or not yet: ${NOT_YET[key]}`;
  const near = nearestNames(key, known);
  const way = near.length > 0 ? `did you mean ${near.join(" or ")}?` : `there are ${known.join(", ")}`;
  return `is no field here; ${way}`;
}
