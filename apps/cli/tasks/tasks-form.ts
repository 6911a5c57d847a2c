/**
 * The form of a tasks file: which fields there are, what they take, and what is said of every one that does not fit.
 * A field that is not known is refused: a limit that nobody keeps is worse than none.
 */
import { z } from "zod";
import { INSIDE_EFFECTS_MAX } from "../../../machines/effect.ts";
import { TASKS_MAX } from "../../../machines/task-graph.ts";
import { RESTARTS_MAX } from "../../../machines/task-supervision.ts";
import { nearestNames } from "../nearest-names.ts";
import { shown } from "./contract-form.ts";
import { budgetSchema, orFields, runBounds, supervisionSchema, taskBounds, whole } from "./supervision-form.ts";
import type { Path } from "./yaml-tree.ts";

/** Characters of a goal, at most; more belongs into a file the agent reads. */
export const GOAL_MAX = 32_000;
export const TURNS_MAX = 1_000;

const fields = z.record(z.string(), z.unknown(), { error: "takes fields (name: value)" });
const text = (charsMax: number) =>
  z
    .string({ error: "takes a text" })
    .max(charsMax, { error: `has more than ${charsMax} characters; put the rest into a file that its agent reads` })
    .refine((value) => value.trim() !== "", { error: "is empty; say what is to be done" });
const id = z
  .string({ error: "takes a short name; where it looks like a number, quote it" })
  .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, { error: "takes lowercase letters, digits and hyphens, at most 64" });

const AGENT = "takes the name of an agent type or agent file";

const taskFields = z.strictObject(
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
    attempts: whole(1, RESTARTS_MAX).optional(),
    ...taskBounds,
  },
  orFields("takes fields: at least id and goal"),
);
const taskSchema = taskFields.superRefine(({ attempts, on_failure }, context) => {
  if (attempts === undefined || on_failure === undefined) return;
  const message = "and attempts both say how often the task is tried; keep one of them";
  context.addIssue({ code: "custom", path: ["on_failure"], message });
});

export const tasksSchema = z.strictObject(
  {
    goal: text(2_000).optional(),
    parallel: whole(1, INSIDE_EFFECTS_MAX).optional(),
    tolerate_failures: z.boolean({ error: "takes true or false" }).default(false),
    ...runBounds,
    tasks: z
      .array(taskSchema, { error: "takes a list of tasks (- id: …)" })
      .min(1, { error: "is empty; a run has at least one task" })
      .max(TASKS_MAX, { error: `has more than ${TASKS_MAX} tasks; divide them among several files` }),
  },
  orFields("is no tasks file: it begins with tasks:"),
);

export type TasksForm = z.infer<typeof tasksSchema>;
export type TaskForm = TasksForm["tasks"][number];

/** Fields that somebody may expect under another name, or that a file cannot set, with what does it. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  tokens: "write budget: {tokens: 100000}; --max-tokens limits the whole run",
  max_tokens: "write budget: {tokens: 100000}; --max-tokens limits the whole run",
  usd: "write budget: {usd: 0.5}; --budget limits the whole run",
  max_turns: "write turns",
  timeout: "write deadline: 10m",
  onFailure: "write on_failure",
  retry: "write attempts, or on_failure: [retry]",
  retries: "write attempts, or on_failure: [retry]",
  strategy: "it stands under supervision",
  restarts: "it stands under supervision",
  within: "it stands under supervision",
  replan: "write replans: 1 beside tasks",
  isolation: "--worktree says whether agents work in trees of their own",
  worktree: "--worktree says whether agents work in trees of their own",
  model: "an agent's type says which model it asks; --model sets one for all, on_failure another for a further attempt",
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
  const strange = new Set(
    error.issues.filter(({ code }) => code === "unrecognized_keys").map(({ path }) => JSON.stringify(path)),
  );
  return error.issues.flatMap((issue): FormIssue[] => {
    // Who wrote a field wrong has not left it away.
    if (issue.code === "custom" && strange.has(JSON.stringify(issue.path))) return [];
    if (issue.code !== "unrecognized_keys") return [{ path: issue.path, ofKey: false, reason: reasonOf(issue, value) }];
    const known = fieldsAt(issue.path);
    return issue.keys.map((key) => ({ path: [...issue.path, key], ofKey: true, reason: unknownField(key, known) }));
  });
}

/** Fields that there are where a field is not known. */
function fieldsAt(path: Path): readonly string[] {
  const above = path.at(-1);
  if (path.includes("on_failure")) return ["agent", "model"];
  if (above === "supervision") return Object.keys(supervisionSchema.shape);
  if (above === "budget") return Object.keys(budgetSchema.shape);
  return Object.keys(path.length === 0 ? tasksSchema.shape : taskFields.shape);
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
  if (Object.hasOwn(ELSEWHERE, key) && !known.includes(key)) return `is no field here: ${ELSEWHERE[key]}`;
  const near = nearestNames(key, known);
  const way = near.length > 0 ? `did you mean ${near.join(" or ")}?` : `there are ${known.join(", ")}`;
  return `is no field here; ${way}`;
}
