/** Prints an evaluation that has come to rest, as text, document or page, and gives the command's exit code. */
import pc from "picocolors";
import { SwarmError } from "../../../infra/errors.ts";
import { credentialsRefused } from "../exit-code.ts";
import { oneOf } from "../flags.ts";
import type { Hive } from "../hive.ts";
import { printJson } from "../print.ts";
import { say } from "../say.ts";
import { colorsWanted } from "../watch.ts";
import { documentOf } from "./document.ts";
import { FAIL_ON_LEVELS, failOn } from "./fail-on.ts";
import { measured, measuresOf } from "./measures.ts";
import { writableFile, writeWhole } from "./output-file.ts";
import { renderHtml } from "./render-html.ts";
import { renderText } from "./render-text.ts";
import { type FinishedEvaluation, finishedEvaluation } from "./run-evaluation.ts";

export async function printEvaluation(hive: Hive, run: string, flags: Record<string, unknown>): Promise<number> {
  const finished = await finishedEvaluation(hive.reader, run);
  const { evaluation, facts, status } = finished;
  if (status === "parked" || status === "running") {
    if (flags.json === true) printJson({ v: 1, runId: run, status });
    say(`parked. resume: swarm resume ${run}`);
    return 5;
  }
  if (status !== "completed") throw notCompleted(run, finished);
  const measure = measured(evaluation, measuresOf(flags));
  if (flags.html !== undefined) {
    const file = writableFile(String(flags.html), "--html");
    writeWhole(file, renderHtml(evaluation, facts, measure));
    say(`report: ${file}`);
  }
  if (flags.json === true) printJson(documentOf(evaluation, facts, measure));
  else if (flags.jsonl !== true) {
    const columns = process.stdout.columns ?? 80;
    process.stdout.write(
      renderText(evaluation, facts, { colors: pc.createColors(colorsWanted(hive)), columns, measured: measure }),
    );
  }
  const level = oneOf(flags.failOn, "--fail-on", FAIL_ON_LEVELS);
  const breaches = measure.against?.breaches ?? [];
  for (const { id, wanted, found } of breaches) say(`breach: ${id} is ${found}; the design wants ${wanted}`);
  return breaches.length > 0 || (level !== undefined && failOn(evaluation, level)) ? 3 : 0;
}

function notCompleted(run: string, { status, reasons }: FinishedEvaluation): SwarmError {
  return new SwarmError(`run.${status}`, `run ${run} ended ${status}: ${reasons.join("; ")}`, {
    exit: status === "exhausted" ? 6 : credentialsRefused(reasons) ? 4 : 1,
    hint: `\`swarm logs ${run}\` tells what happened.`,
  });
}
