/** Makes the first rows of a run. Everything that later steps depend on is latched here, by value. */
import { SwarmError } from "../../infra/errors.ts";
import { COORDINATOR_ACTOR, COORDINATOR_TYPE, type NewRun } from "../../infra/store.ts";
import type { CoordinatorInput } from "../../machines/coordinator-vocabulary.ts";
import { INSIDE_EFFECTS_MAX } from "../../machines/effect.ts";
import { graphProblems, type PlannedTask } from "../../machines/task-graph.ts";
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
const BRIEF_BYTES_MAX = 256 * 1024;
const BRIEFS_BYTES_MAX = 32 * 1024 * 1024;
/** Of every other word that is latched with the run (goal, workspace, options …), in bytes as JSON. */
const FIELD_BYTES_MAX = 64 * 1024;

/** Throws SwarmError `run.illegal_graph`, exit 2. */
export function newRun(plan: RunPlan): NewRun {
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
      config: JSON.stringify(plan.config),
      options: JSON.stringify(plan.options),
    },
    budget: {
      ...(plan.tokensMax === undefined ? {} : { tokensMax: plan.tokensMax }),
      ...(plan.usdMax === undefined ? {} : { nanoUsdMax: Math.round(plan.usdMax * 1e9) }),
    },
    briefs: plan.briefs,
    input,
  };
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
