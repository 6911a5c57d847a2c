/** `swarm run <goal | file.md | tasks.yaml>`: one agent works on one goal, or several on a graph of tasks. */
import { type RunDocument, runDocument } from "../../../actors/runtime/run-document.ts";
import { readConfig } from "../../../infra/config.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { redisPins } from "../../../infra/redis/pins.ts";
import { costOfRun, projectionWords, projectRun } from "../../orders/project-run.ts";
import { approvalsOf } from "../approvals/give-answer.ts";
import { answerCommands, inOneLine, isQuestion } from "../approvals/show-approval.ts";
import { checkDenied, collectCapabilities } from "../capabilities.ts";
import { exitCodeOf } from "../exit-code.ts";
import { type Hive, openHive } from "../hive.ts";
import { isolated, worktreeOf } from "../isolate.ts";
import { outcomeLines } from "../outcome-lines.ts";
import { harmless, printJson } from "../print.ts";
import { eventPrinter } from "../print-event.ts";
import { clip } from "../progress/printable.ts";
import { resultLines } from "../result-lines.ts";
import { type Planned, planOf } from "../run-plan.ts";
import { say } from "../say.ts";
import { startRun } from "../start-run.ts";
import { watch } from "../watch.ts";

export async function act([goal = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const { plan, notices, profiles, writers } = await planOf(goal, flags, await readConfig());
  const worktree = worktreeOf(flags.worktree);
  for (const notice of notices) say(`swarm: ${harmless(notice)}`);
  const hive = await openHive();
  try {
    if (plan.graph.length > 1) {
      const { model, binding, config } = plan;
      const asked = { model, binding, models: config.models ?? null };
      const types = plan.graph.map(({ agentType }) => agentType);
      say(`swarm: ${projectionWords(await projectRun(hive.reader, types, asked, hive.config))}`);
    }
    const capable = await withCapabilities(hive, plan, profiles);
    const run = await startRun(hive, capable, async (whole) => {
      const prepared = await isolated(whole, worktree, hive.config, writers);
      if (prepared.note !== null) say(`swarm: ${prepared.note}`);
      return prepared.plan;
    });
    if (flags.detach !== true) return await watchRun(hive, run, plan.binding, flags);
    if (flags.json === true || flags.jsonl === true) printJson({ v: 1, runId: run });
    else process.stdout.write(`${run}\n`);
    return await leaveToWorker(hive, plan.binding);
  } finally {
    hive.close();
  }
}

/** The plan with what the run may draw from, as it is approved at this moment; what is left out is said. */
async function withCapabilities(
  hive: Hive,
  plan: Planned["plan"],
  profiles: Planned["profiles"],
): Promise<Planned["plan"]> {
  const from = { config: hive.config, workspace: plan.workspace, pins: redisPins(hive.redis, hive.keys) };
  const { capabilities, left } = await collectCapabilities(from, profiles);
  checkDenied(plan.config.deniedTools ?? [], capabilities);
  for (const { name, reason } of left.slice(0, LEFT_SAID)) {
    say(`swarm: ${harmless(name)} is left out: ${harmless(reason)}`);
  }
  if (left.length > LEFT_SAID) say(`swarm: ${left.length - LEFT_SAID} more are left out: swarm tools list`);
  return { ...plan, capabilities };
}

/** What is there and not approved is told line by line up to so many. */
const LEFT_SAID = 5;

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
  const watched = await watch(hive, { run, binding, afterSeq, onEvent: asLines ? eventPrinter(hive) : null });
  const document = await runDocument(hive.reader, run);
  if (document === null) throw new SwarmError("run.gone", `run ${run} is gone`, { exit: 1 });
  if (watched.error !== null) throw watched.error;
  if (flags.json === true) printJson({ ...document, cost: await costOfRun(hive.reader, run, hive.config) });
  else if (!asLines) printOutcome(document);
  if (flags.json !== true && !asLines) await (await import("../audit/meter.ts")).sayMeter(hive, run);
  if (document.status === "parked") await sayParked(hive, run);
  return exitCodeOf(document);
}

/** Why it stands still, and what moves it. */
async function sayParked(hive: Hive, run: string): Promise<void> {
  const pending = (await approvalsOf(hive, run)).filter(({ status }) => status === "pending");
  for (const one of pending.slice(0, APPROVALS_SAID)) {
    const waits = isQuestion(one) ? "waits for an answer" : `waits for approval (${one.risk})`;
    say(`${one.id} ${waits}: ${clip(inOneLine(one), 100)}`);
    for (const command of answerCommands(one)) say(`  ${command}`);
  }
  if (pending.length > APPROVALS_SAID)
    say(`… and ${pending.length - APPROVALS_SAID} more: swarm approvals list --run ${run}`);
  say(`parked. resume: swarm resume ${run}`);
}

/** Approvals that are told with their commands when a run is left waiting. */
const APPROVALS_SAID = 5;

function printOutcome(document: RunDocument): void {
  const { runId, status, result, usage, simulated } = document;
  const lines = [`run ${runId}: ${status}`];
  const said = resultLines(result?.value);
  if (said.length > 0) lines.push("", ...said);
  if (result?.tasks !== undefined) lines.push("", "put together from", ...resultLines({ tasks: result.tasks }));
  for (const reason of reasonsLeft(result)) lines.push(`  - ${harmless(reason)}`);
  const more = outcomeLines(document).map(harmless);
  if (more.length > 0) lines.push("", ...more);
  const cost = usage.costUsd === null ? "cost unknown" : `${usage.costUsd.toFixed(4)} USD`;
  lines.push(
    "",
    `${simulated ? "SIMULATED: " : ""}${usage.modelCalls} model calls, ${usage.totalTokens} tokens, ${cost}. More: swarm show ${runId}`,
  );
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** Without those that stand at their task already. */
function reasonsLeft(result: RunDocument["result"]): readonly string[] {
  const tasks = result?.tasks ?? (result?.value as { tasks?: unknown } | null | undefined)?.tasks;
  const told = tasks !== null && typeof tasks === "object" ? Object.keys(tasks) : [];
  return (result?.reasons ?? []).filter((reason) => !told.includes(reason.split(":", 1)[0] ?? ""));
}
