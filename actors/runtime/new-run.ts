/** Makes the first rows of a run. Everything that later steps depend on is latched here, by value. */
import { SwarmError } from "../../infra/errors.ts";
import { sha256 } from "../../infra/ids.ts";
import { COORDINATOR_ACTOR, COORDINATOR_TYPE, type NewRun } from "../../infra/store.ts";
import type { CoordinatorInput } from "../../machines/coordinator-vocabulary.ts";
import { INSIDE_EFFECTS_MAX } from "../../machines/effect.ts";
import { graphProblems, type PlannedTask } from "../../machines/task-graph.ts";
import { CAPABILITIES_BRIEF, type Capabilities } from "../../registry/capabilities.ts";
import { POLICY_VERSION } from "../../registry/permission/policy.ts";
import type { RunConfig } from "./run-row.ts";

export interface RunPlan {
  readonly run: string;
  /** What the person asked for, in one line. */
  readonly goal: string;
  /** Command it came from: `evaluate`, `run`. */
  readonly kind: string;
  readonly graph: readonly PlannedTask[];
  /** Task id → brief (JSON). */
  readonly briefs: Readonly<Record<string, string>>;
  readonly model: string;
  readonly binding: string;
  /** Absolute, link-free. */
  readonly workspace: string;
  readonly config: RunConfig;
  /** What its agents may draw from beyond the built-in tools, as it was approved; absent: nothing. */
  readonly capabilities?: Capabilities;
  /** Agents that work at once. */
  readonly parallelMax: number;
  readonly tolerateFailures: boolean;
  readonly tokensMax?: number;
  readonly usdMax?: number;
  /** What the command needs to show the same result again later. */
  readonly options: Readonly<Record<string, unknown>>;
}

/** Agents of one run that work at once, at most: a cancel must reach all of them with one commit. */
const PARALLEL_MAX = INSIDE_EFFECTS_MAX;
/** Agents that may try one task, one after the other. */
const ATTEMPTS_MAX = 100;
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
  const problems = [...graphProblems(plan.graph), ...limitProblems(plan), ...sizeProblems(plan)];
  if (problems.length > 0) {
    throw new SwarmError("run.illegal_graph", `the task graph cannot be run: ${problems.join("; ")}`, {
      exit: 2,
      hint: "Mend the tasks named above.",
    });
  }
  const input: CoordinatorInput = {
    actor: COORDINATOR_ACTOR,
    graph: plan.graph,
    parallelMax: plan.parallelMax,
    tolerateFailures: plan.tolerateFailures,
    seed: plan.run,
    branch: plan.config.isolation?.branch ?? null,
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
      }),
      options: JSON.stringify(plan.options),
    },
    budget: {
      ...(plan.tokensMax === undefined ? {} : { tokensMax: plan.tokensMax }),
      ...(plan.usdMax === undefined ? {} : { nanoUsdMax: Math.round(plan.usdMax * 1e9) }),
    },
    briefs: capabilities === null ? plan.briefs : { ...plan.briefs, [CAPABILITIES_BRIEF]: capabilities },
    input,
  };
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

/** Limits below one would start nothing and end nothing. */
function limitProblems({ graph, parallelMax }: Pick<RunPlan, "graph" | "parallelMax">): string[] {
  const problems: string[] = [];
  if (!Number.isInteger(parallelMax) || parallelMax < 1 || parallelMax > PARALLEL_MAX) {
    problems.push(`parallelMax is ${parallelMax}; it takes 1 to ${PARALLEL_MAX}`);
  }
  for (const { id, limits, attemptsMax } of graph) {
    for (const [name, limit] of Object.entries({ ...limits, "attempts of the task": attemptsMax })) {
      const least = name === "remindersMax" || name === "rejectionsMax" ? 0 : 1;
      if (!Number.isInteger(limit) || limit < least)
        problems.push(`task "${id}": ${name} is ${limit}; at least ${least}`);
    }
    if (attemptsMax > ATTEMPTS_MAX) problems.push(`task "${id}": ${attemptsMax} attempts; at most ${ATTEMPTS_MAX}`);
  }
  return problems;
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
