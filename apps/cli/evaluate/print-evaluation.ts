/** Prints an evaluation that has come to rest, as text, document or page, and gives the command's exit code. */
import pc from "picocolors";
import { SwarmError } from "../../../infra/errors.ts";
import { credentialsRefused } from "../exit-code.ts";
import type { Hive } from "../hive.ts";
import { printJson } from "../print.ts";
import { say } from "../say.ts";
import { colorsWanted } from "../watch.ts";
import type { Evaluation } from "./assess.ts";
import { contextsOf } from "./context-lines.ts";
import { documentOf } from "./document.ts";
import { failOnOf, gateFailures } from "./fail-on.ts";
import { type Measured, measured, measuresOf } from "./measures.ts";
import { writableFile, writeWhole } from "./output-file.ts";
import { renderHtml } from "./render-html.ts";
import { renderText } from "./render-text.ts";
import { type FinishedEvaluation, finishedEvaluation } from "./run-evaluation.ts";
import { besideSecond, parkSecond } from "./second-run.ts";
import { linksOf } from "./source-links.ts";

/** Throws SwarmError, exit 2, for what would only be told in the end: a file that cannot be read or written, a gate that is none. */
export function refuseBadFlags(flags: Record<string, unknown>): void {
  failOnOf(flags);
  if (flags.html !== undefined) writableFile(String(flags.html), "--html");
  measuresOf(flags);
}

export async function printEvaluation(hive: Hive, run: string, flags: Record<string, unknown>): Promise<number> {
  const finished = await finishedEvaluation(hive.reader, run);
  const { facts, status, second } = finished;
  if (status === "parked" || status === "running") {
    await parkSecond(hive, second);
    return parked(run, status, flags);
  }
  if (status !== "completed") throw notCompleted(run, finished);
  const evaluation = second === null ? finished.evaluation : await besideSecond(hive, finished.evaluation, second);
  if (evaluation === null) return parked(run, "parked", flags);
  const measure = measured(evaluation, measuresOf(flags));
  if (flags.html !== undefined) {
    const file = writableFile(String(flags.html), "--html");
    const sources = { contexts: contextsOf(evaluation), linkOf: linksOf(evaluation.target) };
    writeWhole(file, renderHtml(evaluation, facts, measure, sources));
    say(`report: ${file}`);
  }
  if (flags.json === true) printJson(documentOf(evaluation, facts, measure));
  else if (flags.jsonl !== true) {
    const columns = process.stdout.columns ?? 80;
    process.stdout.write(
      renderText(evaluation, facts, { colors: pc.createColors(colorsWanted(hive)), columns, measured: measure }),
    );
  }
  return exitOf(evaluation, measure, flags);
}

function parked(run: string, status: "parked" | "running", flags: Record<string, unknown>): number {
  if (flags.json === true) printJson({ v: 1, runId: run, status });
  say(`parked. resume: swarm resume ${run}`);
  return 5;
}

/** 3 where a decision is broken or a gate falls, each named on stderr. */
function exitOf(evaluation: Evaluation, measure: Measured, flags: Record<string, unknown>): number {
  const breaches = measure.against?.breaches ?? [];
  for (const { id, wanted, found } of breaches) say(`breach: ${id} is ${found}; the design wants ${wanted}`);
  const failures = gateFailures(evaluation, measure, failOnOf(flags));
  for (const failure of failures) say(`gate: ${failure}`);
  return breaches.length > 0 || failures.length > 0 ? 3 : 0;
}

/** Reasons of a run's end that are told one by one; each of its tasks may have one, and the log has all of them. */
const REASONS_TOLD = 3;

/** What failed by itself first: a task that was skipped only says that another one failed. */
export function reasonsTold(reasons: readonly string[]): string {
  const isSkipped = (reason: string): boolean => /^[^:]+: skipped \(/.test(reason);
  const inOrder = [...reasons.filter((one) => !isSkipped(one)), ...reasons.filter(isSkipped)];
  const more = inOrder.length - REASONS_TOLD;
  return [...inOrder.slice(0, REASONS_TOLD), ...(more > 0 ? [`and ${more} more`] : [])].join("; ");
}

function notCompleted(run: string, { status, reasons }: FinishedEvaluation): SwarmError {
  return new SwarmError(`run.${status}`, `run ${run} ended ${status}: ${reasonsTold(reasons)}`, {
    exit: status === "exhausted" ? 6 : credentialsRefused(reasons) ? 4 : 1,
    hint:
      status === "exhausted"
        ? "Give it more (--max-tokens, --budget) or less to do (--only); --analyst local costs nothing."
        : `\`swarm logs ${run}\` tells what happened.`,
  });
}
