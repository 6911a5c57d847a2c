/**
 * Every piece of a report's evidence, looked at again by machine: the world as it is now, and what the runtime itself wrote
 * down of the agent's calls. What cannot be looked at does not hold.
 */
import type { Journal } from "../../infra/journal/journal.ts";
import type { Box } from "../../registry/box.ts";
import { quoteHolds } from "../../registry/quote.ts";
import { isBoxRefusal } from "../../registry/refusal.ts";
import type { ReportEvidence } from "../../registry/tools/report.ts";
import { exitLine } from "../../registry/tools/run/bash.ts";
import { type Entry, lastSeen } from "./conversation.ts";
import { commandsIn, type DoneCall, type DoneCommand } from "./work-done.ts";

export interface EvidenceDeps {
  readonly box: Box;
  readonly entries: readonly Entry[];
  readonly done: readonly DoneCall[];
  /** Results that the task stands on; null where the session does not say. */
  readonly standsOn: readonly string[];
  /** Of those ids, what is wrong with each: gone, or not verified any more. */
  unfit(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** This host's gates; null where there are none. */
  readonly journal: Pick<Journal, "look"> | null;
}

type Of<Kind extends ReportEvidence["kind"]> = Extract<ReportEvidence, { kind: Kind }>;

/** In words; null where it holds. Throws on breakage only. */
export async function evidenceProblem(evidence: ReportEvidence, deps: EvidenceDeps): Promise<string | null> {
  switch (evidence.kind) {
    case "file":
      return fileProblem(evidence, deps);
    case "command":
      return commandProblem(evidence, deps);
    case "artifact":
      return artifactProblem(evidence, deps);
    case "result":
      return resultProblem(evidence, deps);
  }
}

async function fileProblem(quote: Of<"file">, { box, entries }: EvidenceDeps): Promise<string | null> {
  const verdict = await quoteHolds(box, quote);
  if (verdict.holds) return null;
  const changed = await changedSince(box, entries, quote.path);
  const since = changed ? "; the file has changed since you last read or wrote it: read it again" : "";
  return `${quote.path}:${quote.line}: ${verdict.why}${since}`;
}

/** Whether a file that the agent knew is another one now, or gone. */
async function changedSince(box: Box, entries: readonly Entry[], path: string): Promise<boolean> {
  try {
    const known = lastSeen(entries, (await box.stat(path)).path);
    return known !== undefined && (await box.hash(path))?.sha256 !== known;
  } catch (cause) {
    if (!isBoxRefusal(cause)) throw cause;
    return cause.code === "box.not_found" && lastSeen(entries, path) !== undefined;
  }
}

async function artifactProblem(
  { path, sha256 }: Of<"artifact">,
  { box, entries }: EvidenceDeps,
): Promise<string | null> {
  const now = await box.hash(path).catch(refusalText);
  if (typeof now === "string") return `artifact ${path}: ${now}`;
  if (now === null) return `artifact ${path}: there is no such file`;
  if (now.sha256 === sha256) return null;
  const changed = await changedSince(box, entries, path);
  const since = changed ? "; the file has changed since you last read or wrote it" : "";
  return `artifact ${path}: its SHA-256 is ${now.sha256}${since}`;
}

function refusalText(cause: unknown): string {
  if (isBoxRefusal(cause)) return cause.message;
  throw cause;
}

/** Runs of exactly this command by this agent; of others' and of its own words nothing counts. */
async function commandProblem({ command, exitCode }: Of<"command">, deps: EvidenceDeps): Promise<string | null> {
  const runs = commandsIn(deps.done).filter((run) => run.command === command);
  if (runs.length === 0) return `no command "${command}" was run`;
  const ends: string[] = [];
  for (const run of runs) {
    const code = await recordedCode(run, deps);
    if (code === exitCode) return null;
    ends.push(code === null ? "it did not end by itself" : exitLine(code));
  }
  return `command "${command}" did not end with ${exitLine(exitCode)} but: ${ends.join("; ")}`;
}

/** The gate's record goes first where this host has it; the conversation holds what it said when the command ended. */
async function recordedCode({ effect, exitCode }: DoneCommand, { journal }: EvidenceDeps): Promise<number | null> {
  const outcome = (await journal?.look(effect))?.outcome;
  if (outcome?.kind !== "command") return exitCode;
  return outcome.stopped === null ? (outcome.code ?? null) : null;
}

async function resultProblem({ id }: Of<"result">, { standsOn, unfit }: EvidenceDeps): Promise<string | null> {
  if (!standsOn.includes(id)) return `result ${id}: not among the results this task is built on`;
  const problem = (await unfit([id])).get(id);
  return problem === undefined ? null : `result ${id}: ${problem}`;
}
