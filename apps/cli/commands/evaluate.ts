/** `swarm evaluate <path>`: a swarm examines a codebase and reports, with evidence, which primitives it has. */
import type { RunPlan } from "../../../actors/runtime/new-run.ts";
import { type Config, readConfig } from "../../../infra/config.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { newRunId } from "../../../infra/ids.ts";
import { budgetOf } from "../budget-flags.ts";
import { failOnOf, refuseLoneGate } from "../evaluate/fail-on.ts";
import { evaluationGraph } from "../evaluate/graph.ts";
import { printEvaluation, refuseBadFlags } from "../evaluate/print-evaluation.ts";
import { oneOf } from "../flags.ts";
import { type Hive, openHive } from "../hive.ts";
import { localChoice, type ModelChoice, modelChoice, startRun } from "../start-run.ts";
import { watch } from "../watch.ts";
import { workspaceAt } from "../workspace.ts";

/** Explore and verify agents that work at once: all explorers, and those that check the first to report. */
const PARALLEL_MAX = 24;

export async function act([path = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const config = await readConfig();
  const { graph, briefs } = evaluationGraph(onlyOf(flags));
  const choice = choiceOf(flags, config);
  refuseBadFlags(flags);
  refuseLoneGate(failOnOf(flags), choice !== localChoice);
  const workspace = workspaceAt(path);
  const budget = budgetOf(flags, config, choice);
  const hive = await openHive();
  try {
    const plan: Omit<RunPlan, "run"> = {
      goal: `evaluate ${workspace}`,
      kind: "evaluate",
      graph,
      briefs,
      ...choice,
      workspace,
      config: { deniedTools: [], turnsMax: null, outTokensMax: null },
      parallelMax: PARALLEL_MAX,
      tolerateFailures: true,
      ...budget,
      options: { target: workspace },
    };
    const run = choice === localChoice ? await startRun(hive, plan) : await startBoth(hive, plan);
    const watched = await watch(hive, { run, binding: choice.binding, onEvent: null });
    if (watched.error !== null) throw watched.error;
    return await printEvaluation(hive, run, flags);
  } finally {
    hive.close();
  }
}

/** The model's run, and before it that of the local analyst, which it is shown beside. */
async function startBoth(hive: Hive, plan: Omit<RunPlan, "run">): Promise<string> {
  const { tokensMax: _, usdMax: __, goal, ...rest } = plan;
  // Of two runs made in one millisecond the greater id counts as the later one, and `@last` is the model's.
  const [second = "", run = ""] = [newRunId(), newRunId()].sort();
  await startRun(hive, { ...rest, ...localChoice, run: second, goal: `${goal} (second opinion, for ${run})` });
  return await startRun(hive, { ...plan, run, options: { ...plan.options, second } });
}

function onlyOf({ only }: Record<string, unknown>): { only?: readonly string[] } {
  if (only === undefined) return {};
  const ids = String(only).split(",");
  return { only: ids.map((id) => id.trim()).filter((id) => id !== "") };
}

/** Throws SwarmError `credentials.none`, exit 4, where a model is insisted on and there is none. */
function choiceOf(flags: Record<string, unknown>, config: Config): ModelChoice {
  const analyst = oneOf(flags.analyst, "--analyst", ["local", "model"]);
  const choice = (analyst === "local" ? null : modelChoice(config)) ?? localChoice;
  if (analyst !== "model" || choice !== localChoice) return choice;
  throw new SwarmError("credentials.none", "--analyst model: there is neither a key nor a base URL", {
    exit: 4,
    hint: "Set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL for any server that speaks the Messages API; without --analyst the local analyst judges.",
  });
}
