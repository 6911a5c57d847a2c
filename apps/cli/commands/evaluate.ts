/** `swarm evaluate <path>`: a swarm examines a codebase and reports, with evidence, which primitives it has. */
import { readConfig } from "../../../infra/config.ts";
import { budgetOf } from "../budget-flags.ts";
import { FAIL_ON_LEVELS } from "../evaluate/fail-on.ts";
import { evaluationGraph } from "../evaluate/graph.ts";
import { measuresOf } from "../evaluate/measures.ts";
import { writableFile } from "../evaluate/output-file.ts";
import { printEvaluation } from "../evaluate/print-evaluation.ts";
import { oneOf } from "../flags.ts";
import { openHive } from "../hive.ts";
import { localChoice, modelChoice, startRun } from "../start-run.ts";
import { watch } from "../watch.ts";
import { workspaceAt } from "../workspace.ts";

/** Explore and verify agents that work at once: all explorers, and those that check the first to report. */
const PARALLEL_MAX = 24;

export async function act([path = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const config = await readConfig();
  const only =
    flags.only === undefined
      ? undefined
      : String(flags.only)
          .split(",")
          .filter((id) => id !== "");
  const { graph, briefs } = evaluationGraph(only === undefined ? {} : { only });
  oneOf(flags.failOn, "--fail-on", FAIL_ON_LEVELS);
  const analyst = oneOf(flags.analyst, "--analyst", ["local"]);
  if (flags.html !== undefined) writableFile(String(flags.html), "--html");
  // Before any work: whatever is named and cannot be understood would only be told in the end.
  measuresOf(flags);
  const workspace = workspaceAt(path);
  const choice = (analyst === "local" ? null : modelChoice(config)) ?? localChoice;
  const budget = budgetOf(flags, config, choice);
  const hive = await openHive();
  try {
    const run = await startRun(hive, {
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
    });
    const watched = await watch(hive, { run, binding: choice.binding, onEvent: null });
    if (watched.error !== null) throw watched.error;
    return await printEvaluation(hive, run, flags);
  } finally {
    hive.close();
  }
}
