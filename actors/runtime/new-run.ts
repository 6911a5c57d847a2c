/** Makes the first rows of a run. Everything that later steps depend on is latched here, by value. */
import { SwarmError } from "../../infra/errors.ts";
import { COORDINATOR_ACTOR, COORDINATOR_TYPE, type NewRun } from "../../infra/store.ts";
import type { CoordinatorInput } from "../../machines/coordinator-machine.ts";
import { INSIDE_EFFECTS_MAX } from "../../machines/effect.ts";
import { graphProblems, type PlannedTask } from "../../machines/task-graph.ts";
import { POLICY_VERSION } from "../../registry/permission.ts";
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

/** Throws SwarmError `run.illegal_graph`, exit 2. */
export function newRun(plan: RunPlan): NewRun {
  const problems = [...graphProblems(plan.graph), ...limitProblems(plan)];
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
  }
  return problems;
}
