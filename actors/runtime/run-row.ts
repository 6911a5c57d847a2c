/** What a run latched when it was created: model, binding, policy, workspace, configuration. Read-only ever after. */
import { z } from "zod";
import { APPROVAL_HOURS, APPROVAL_HOURS_MAX, GRANTS_MAX, grantSchema } from "../../infra/approval.ts";
import { MEMORY_DAYS, MEMORY_DAYS_MAX } from "../../infra/memory/memory-place.ts";
import { compactionSettingsSchema } from "../../infra/model/compaction-settings.ts";
import { priceRowSchema } from "../../infra/model/prices.ts";
import { tierModelsSchema } from "../../infra/model/tiers.ts";

/** Settings that travel with the run, so that whoever resumes it elsewhere does what was agreed here. */
export const runConfigSchema = z.object({
  deniedTools: z.array(z.string()).default([]),
  /** Model answers per agent; null leaves it to the agent type. */
  turnsMax: z.int().min(1).nullable().default(null),
  /** Output tokens per model call; null leaves it to the agent type. */
  outTokensMax: z.int().min(1).nullable().default(null),
  /** What the configuration allowed and denied when the run was created. */
  permissions: z
    .object({
      allow: z.array(z.string()).default([]),
      ask: z.array(z.string()).default([]),
      deny: z.array(z.string()).default([]),
    })
    .default({ allow: [], ask: [], deny: [] }),
  /** What `~` meant where the run was made; null: nobody knows. */
  home: z.string().nullable().default(null),
  mode: z.enum(["read-only", "plan", "edit"]).default("edit"),
  /** What becomes of a call that the rules answer with *ask*; nobody is there unless somebody said so. */
  approve: z.enum(["ask", "deny", "allow-safe"]).default("deny"),
  /** Folders beside the workspace that tools may work in. Absolute, link-free. */
  addDirs: z.array(z.string()).default([]),
  /** Hours in which somebody who is asked may answer. */
  approvalHours: z.number().positive().max(APPROVAL_HOURS_MAX).default(APPROVAL_HOURS),
  /** Rights that the words of the person gave before the first step. */
  grants: z.array(grantSchema).max(GRANTS_MAX).default([]),
  /** SHA-256 of the brief `@capabilities`: plugin tools, skills and profiles of the run; null where it has none. */
  capabilities: z.string().nullable().default(null),
  /** Task → the agent file that its agent is made from; its queue and its machine are those of the brief's type. */
  profiles: z.record(z.string(), z.string()).default({}),
  /** Whether another model than the one that was asked may answer: it is told either way. */
  fallback: z.enum(["allow", "forbid"]).default("allow"),
  /** What becomes of tasks that an agent proposes: a person looks at them first, or they start, or they never do. */
  plan: z.enum(["ask", "allow", "deny"]).default("allow"),
  /** SHA-256 of the brief `@prompts`: words of the run's own tasks that the operator wrote otherwise; null: none. */
  prompts: z.string().nullable().default(null),
  /** Whom the operator vouches for: what they say marks no agent (`registry/permission/taint.ts`). */
  trust: z
    .object({
      hosts: z.array(z.string()).default([]),
      plugins: z.array(z.string()).default([]),
      repository: z.boolean().default(true),
    })
    .default({ hosts: [], plugins: [], repository: true }),
  /** What of what its agents keep is told to others: nothing, facts to the run, and items to later runs as well. */
  memory: z.enum(["off", "run", "workspace"]).default("off"),
  /** Days that an item of the workspace is kept. */
  memoryDays: z.int().min(1).max(MEMORY_DAYS_MAX).default(MEMORY_DAYS),
  /** Models by tier of the agent types that want one; null: one model for all. What is not named asks the run's. */
  models: tierModelsSchema.nullable().default(null),
  /** When the conversations of its agents are made shorter, and how. */
  compaction: compactionSettingsSchema.default(compactionSettingsSchema.parse({})),
  /** The operator's prices, as they were when it began: a worker may be older. Null: what its worker was told. */
  prices: z.array(priceRowSchema).nullable().default(null),
  /** The run's own working tree, in which its agents work; null where they work in the folder itself. */
  isolation: z
    .object({ source: z.string(), tree: z.string(), gitDir: z.string(), branch: z.string(), base: z.string() })
    .nullable()
    .default(null),
});

/** What whoever creates a run has to say. */
export type RunConfig = z.input<typeof runConfigSchema>;

const json = <Schema extends z.ZodType>(schema: Schema) =>
  z.string().transform((text, context): z.output<Schema> => {
    try {
      return schema.parse(JSON.parse(text));
    } catch (cause) {
      context.addIssue({ code: "custom", message: cause instanceof Error ? cause.message : "not JSON" });
      return z.NEVER;
    }
  });

const runRowSchema = z.object({
  goal: z.string(),
  kind: z.string(),
  model: z.string(),
  binding: z.string(),
  policy: z.string(),
  workspace: z.string(),
  config: json(runConfigSchema),
  status: z.string(),
  /** Milliseconds since 1970, by Redis. */
  createdAt: z.coerce.number().optional(),
});

export type RunRow = z.infer<typeof runRowSchema>;

/** Throws ZodError where the row is not one that this version of the runtime wrote. */
export const runRowFrom = (fields: Readonly<Record<string, string>>): RunRow => runRowSchema.parse(fields);

/** What people call the agent of a task: its agent file's name, where it is made from one. */
export const agentName = (
  profiles: Readonly<Record<string, string>> | undefined,
  task: string,
  agentType: string,
): string => (profiles !== undefined && Object.hasOwn(profiles, task) ? (profiles[task] ?? agentType) : agentType);
