/** `swarm run <goal>`: one agent works on one goal with a real model. */
import { LOCAL_BINDING } from "../../../actors/runtime/accesses.ts";
import { type RunDocument, runDocument } from "../../../actors/runtime/run-document.ts";
import { agentTypeNamed, agentTypes } from "../../../actors/types/index.ts";
import { readConfig } from "../../../infra/config.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { amount, wholeNumber } from "../flags.ts";
import { type Hive, openHive, say } from "../hive.ts";
import { harmless, printJson } from "../print.ts";
import { modelChoice, startRun } from "../start-run.ts";
import { watch } from "../watch.ts";
import { workspaceAt } from "../workspace.ts";

/** Characters of a goal, at most; more belongs into a file the agent reads. */
const GOAL_MAX = 32_000;

export async function act([goal = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const config = await readConfig();
  const choice = modelChoice(config, flags.model as string | undefined);
  if (choice === null || choice.binding === LOCAL_BINDING) {
    throw new SwarmError("credentials.none", "`swarm run` needs a model, and there is neither a key nor a base URL", {
      exit: 4,
      hint: "Set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL for any server that speaks the Messages API. Without either, `swarm evaluate` works.",
    });
  }
  const type = agentTypeNamed(String(flags.agent));
  if (type === undefined) {
    throw new SwarmError("usage.agent", `--agent "${String(flags.agent)}" is not an agent type`, {
      exit: 2,
      hint: `Types are: ${agentTypes.map(({ name }) => name).join(", ")}.`,
    });
  }
  if (goal.trim() === "" || goal.length > GOAL_MAX) {
    throw new SwarmError("usage.goal", `the goal has ${goal.length} characters; it takes 1 to ${GOAL_MAX}`, {
      exit: 2,
      hint: "Say in a few sentences what is to be done.",
    });
  }
  const deniedTools = flags.denyTool as string[];
  const strangers = deniedTools.filter((name) => !type.tools.includes(name) || name === "Report");
  if (strangers.length > 0) {
    throw new SwarmError(
      "usage.deny_tool",
      `--deny-tool ${strangers.join(", ")}: agents of type ${type.name} have no such tool to take away`,
      {
        exit: 2,
        hint: `They have: ${type.tools.filter((name) => name !== "Report").join(", ")}. Report cannot be taken away: it is how a task ends.`,
      },
    );
  }
  const turnsMax = wholeNumber(flags.maxTurns, "--max-turns", { min: 1, max: 1_000 });
  const tokensMax = wholeNumber(flags.maxTokens, "--max-tokens", { min: 1, max: 1e12 });
  const usdMax = amount(flags.budget, "--budget");
  const workspace = workspaceAt(String(flags.workspace));
  const hive = await openHive();
  try {
    const run = await startRun(hive, {
      goal: goal.split("\n")[0]?.slice(0, 200) ?? "",
      kind: "run",
      graph: [
        {
          id: "goal",
          agentType: type.name,
          needs: [],
          limits: { ...type.limits, turnsMax: turnsMax ?? type.limits.turnsMax },
          attemptsMax: 1,
        },
      ],
      briefs: { goal: JSON.stringify({ id: "goal", agentType: type.name, goal }) },
      ...choice,
      workspace,
      config: { deniedTools, turnsMax: turnsMax ?? null, outTokensMax: null },
      parallelMax: 1,
      tolerateFailures: false,
      ...(tokensMax === undefined ? {} : { tokensMax }),
      ...(usdMax === undefined ? {} : { usdMax }),
      options: {},
    });
    if (flags.detach === true) {
      if (flags.json === true || flags.jsonl === true) printJson({ v: 1, runId: run });
      else process.stdout.write(`${run}\n`);
      return await leaveToWorker(hive, choice.binding);
    }
    return await watchRun(hive, run, choice.binding, flags);
  } finally {
    hive.close();
  }
}

/** A detached run needs somebody to run it: with the embedded default, a worker is started and left alone. */
export async function leaveToWorker(hive: Hive, binding: string): Promise<number> {
  const { keepWorker } = await import("../embedded-worker.ts");
  const keeper = await keepWorker(hive, binding, (error) => say(`swarm: ${error.message}`));
  keeper.stop();
  return 0;
}

/** Watches to the end, prints what `run` prints, and gives its exit code. */
export async function watchRun(
  hive: Hive,
  run: string,
  binding: string,
  flags: Record<string, unknown>,
  afterSeq = 0,
): Promise<number> {
  const asLines = flags.jsonl === true;
  const watched = await watch(hive, { run, binding, afterSeq, onEvent: asLines ? printJson : null });
  const document = await runDocument(hive.reader, run);
  if (document === null) throw new SwarmError("run.gone", `run ${run} is gone`, { exit: 1 });
  if (watched.error !== null) throw watched.error;
  if (flags.json === true) printJson(document);
  else if (!asLines) printOutcome(document);
  if (document.status === "parked") say(`parked. resume: swarm resume ${run}`);
  return exitCodeOf(document);
}

export function exitCodeOf({ status }: RunDocument): number {
  switch (status) {
    case "completed":
      return 0;
    case "parked":
      return 5;
    case "exhausted":
      return 6;
    case "failed":
    case "cancelled":
    case "running":
      return 1;
  }
}

function printOutcome({ runId, status, result, usage }: RunDocument): void {
  const lines = [`run ${runId}: ${status}`];
  const summary = (result?.value as { summary?: unknown } | null)?.summary;
  if (typeof summary === "string") lines.push("", harmlessLines(summary));
  else if (result?.value != null) lines.push("", harmless(JSON.stringify(result.value)));
  for (const reason of result?.reasons ?? []) lines.push(`  - ${harmless(reason)}`);
  const cost = usage.costUsd === null ? "cost unknown" : `${usage.costUsd.toFixed(4)} USD`;
  lines.push("", `${usage.modelCalls} model calls, ${usage.totalTokens} tokens, ${cost}. More: swarm show ${runId}`);
  process.stdout.write(`${lines.join("\n")}\n`);
}

const harmlessLines = (text: string): string => text.split("\n").map(harmless).join("\n");
