/** Makes the first rows of a run. Everything that later steps depend on is latched here, by value. */
import { SwarmError } from "../../infra/errors.ts";
import { sha256 } from "../../infra/ids.ts";
import { COORDINATOR_ACTOR, COORDINATOR_TYPE, type NewRun } from "../../infra/store.ts";
import type { CoordinatorInput } from "../../machines/coordinator-context.ts";
import { PROMPTS_BRIEF, type Prompts } from "../../machines/prompt.ts";
import { graphProblems, type PlannedTask } from "../../machines/task-graph.ts";
import { CAPABILITIES_BRIEF, type Capabilities } from "../../registry/capabilities.ts";
import { POLICY_VERSION } from "../../registry/permission/policy.ts";
import { type LimitedGraph, limitProblems } from "./graph-limits.ts";
import type { RunConfig } from "./run-row.ts";

export interface RunPlan extends LimitedGraph {
  readonly run: string;
  /** What the person asked for, in one line. */
  readonly goal: string;
  /** Command it came from: `evaluate`, `run`. */
  readonly kind: string;
  /** Task id → brief (JSON). */
  readonly briefs: Readonly<Record<string, string>>;
  readonly model: string;
  readonly binding: string;
  /** Absolute, link-free. */
  readonly workspace: string;
  readonly config: RunConfig;
  /** What its agents may draw from beyond the built-in tools, as it was approved; absent: nothing. */
  readonly capabilities?: Capabilities;
  /** Words of the run's own tasks that the operator wrote otherwise; absent: as they were shipped. */
  readonly prompts?: Prompts;
  readonly tolerateFailures: boolean;
  /** Whether an agent puts the verified results together at the end. */
  readonly synthesis?: boolean;
  readonly tokensMax?: number;
  readonly usdMax?: number;
  /** What the command needs to show the same result again later. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Of one brief as JSON, and of all of a run, in bytes: each is stored, assembled into a prompt, and archived. */
export const BRIEF_BYTES_MAX = 256 * 1024;
const BRIEFS_BYTES_MAX = 32 * 1024 * 1024;
/** Of every other word that is latched with the run (goal, workspace, options …), in bytes as JSON. */
const FIELD_BYTES_MAX = 64 * 1024;

/** Of all plugin tools, skills and profiles of a run as one document: some thousands of definitions. */
const CAPABILITIES_BYTES_MAX = 8 * 1024 * 1024;

/** Throws SwarmError `run.illegal_graph` or `run.capabilities`, exit 2. */
export function newRun(plan: RunPlan): NewRun {
  const capabilities = capabilitiesText(plan.capabilities);
  const prompts = Object.keys(plan.prompts ?? {}).length === 0 ? null : JSON.stringify(plan.prompts);
  const problems = [...graphProblems(plan.graph), ...limitProblems(plan), ...sizeProblems(plan)];
  if (problems.length > 0) {
    throw new SwarmError("run.illegal_graph", `the task graph cannot be run: ${problems.join("; ")}`, {
      exit: 2,
      hint: "Mend the tasks named above.",
    });
  }
  const input: CoordinatorInput = {
    actor: COORDINATOR_ACTOR,
    graph: plan.graph.map((task) => withBrief(task, plan.briefs)),
    parallelMax: plan.parallelMax,
    tolerateFailures: plan.tolerateFailures,
    seed: plan.run,
    branch: plan.config.isolation?.branch ?? null,
    ...(plan.supervision === undefined ? {} : { supervision: plan.supervision }),
    ...(plan.replansMax === undefined ? {} : { replansMax: plan.replansMax }),
    ...(plan.synthesis === undefined ? {} : { synthesis: plan.synthesis }),
  };
  return {
    run: plan.run,
    coordinator: { run: plan.run, actor: COORDINATOR_ACTOR, type: COORDINATOR_TYPE },
    fields: {
      goal: plan.goal,
      kind: plan.kind,
      model: plan.model,
      binding: plan.binding,
      policy: POLICY_VERSION,
      workspace: plan.workspace,
      config: JSON.stringify({
        ...plan.config,
        ...(capabilities === null ? {} : { capabilities: sha256(capabilities) }),
        ...(prompts === null ? {} : { prompts: sha256(prompts) }),
      }),
      options: JSON.stringify(plan.options),
    },
    budget: {
      ...(plan.tokensMax === undefined ? {} : { tokensMax: plan.tokensMax }),
      ...(plan.usdMax === undefined ? {} : { nanoUsdMax: Math.round(plan.usdMax * 1e9) }),
    },
    briefs: {
      ...plan.briefs,
      ...(capabilities === null ? {} : { [CAPABILITIES_BRIEF]: capabilities }),
      ...(prompts === null ? {} : { [PROMPTS_BRIEF]: prompts }),
    },
    input,
  };
}

/** With the hash of what its agents are to be told, so that they can tell that it is what was meant. */
function withBrief(task: PlannedTask, briefs: RunPlan["briefs"]): PlannedTask {
  const text = briefs[task.id];
  return text === undefined ? task : { ...task, brief: sha256(text) };
}

/** Null where there is nothing in it: such a run is like one that never heard of plugins. */
function capabilitiesText(capabilities: Capabilities | undefined): string | null {
  if (capabilities === undefined) return null;
  const { plugins, skills, profiles } = capabilities;
  if (plugins.length + skills.length + profiles.length === 0) return null;
  const text = JSON.stringify(capabilities);
  const bytes = Buffer.byteLength(text);
  if (bytes <= CAPABILITIES_BYTES_MAX) return text;
  const parts = [...plugins.map((one) => [`server ${one.server}`, one] as const), ["its skills", skills] as const];
  const sizes = parts.map(([name, part]) => ({ name, bytes: Buffer.byteLength(JSON.stringify(part)) }));
  const largest = sizes.reduce((one, other) => (other.bytes > one.bytes ? other : one));
  throw new SwarmError(
    "run.capabilities",
    `plugins, skills and profiles of the run have ${bytes} bytes; at most ${CAPABILITIES_BYTES_MAX}`,
    { exit: 2, hint: `The largest part is ${largest.name} with ${largest.bytes} bytes. Leave some out.` },
  );
}

function sizeProblems({ briefs, ...plan }: RunPlan): string[] {
  const problems: string[] = [];
  let total = 0;
  for (const [id, text] of Object.entries(briefs)) {
    const bytes = Buffer.byteLength(text);
    total += bytes;
    if (bytes > BRIEF_BYTES_MAX) problems.push(`the brief of "${id}" has ${bytes} bytes; at most ${BRIEF_BYTES_MAX}`);
  }
  if (total > BRIEFS_BYTES_MAX) problems.push(`the briefs have ${total} bytes; at most ${BRIEFS_BYTES_MAX} in one run`);
  for (const [name, value] of Object.entries({ goal: plan.goal, options: plan.options, config: plan.config })) {
    const bytes = Buffer.byteLength(JSON.stringify(value));
    if (bytes > FIELD_BYTES_MAX) problems.push(`${name} has ${bytes} bytes; at most ${FIELD_BYTES_MAX}`);
  }
  return problems;
}
