/**
 * The one pass over a workspace that everybody in this process shares: explore agents that probe, and the machine that
 * looks again at what they report. One file alone is read and examined afresh, whatever the pass had seen of it.
 */
import type { Box } from "../box.ts";
import { type Examination, examine } from "./examine.ts";
import type { PrimitiveId } from "./finding.ts";
import { createWorkspaceCache } from "./source/cache.ts";
import type { FileFacts } from "./source/facts.ts";
import { readFacts, refusalCode, type Workspace, withFresh } from "./source/workspace.ts";

/** That is what makes twelve explore agents cost one pass. */
const cache = createWorkspaceCache();

/** @throws the signal's reason when it is aborted, and what the box throws for reasons other than one file. */
export const openPass = (box: Box, signal: AbortSignal): Promise<Workspace> => cache.open(box, signal);

interface FileExamined {
  readonly examination: Examination;
  readonly facts: FileFacts;
}

/** Or, in words, why the file was not examined: that is an answer, not a throw. */
export async function examineFile(
  workspace: Workspace,
  box: Box,
  { primitive, path }: { readonly primitive: PrimitiveId; readonly path: string },
  signal: AbortSignal,
): Promise<FileExamined | string> {
  const resolved = await resolvedPath(box, path);
  if (typeof resolved !== "string") return resolved.refusal;
  const read = await readFacts(box, resolved, signal);
  if (typeof read === "string") return `${resolved} was not examined: ${read}.`;
  const fresh = await withFresh(workspace, read, signal);
  const examination = await examine(fresh.workspace, primitive, signal, fresh.file);
  return { examination, facts: fresh.file };
}

async function resolvedPath(box: Box, path: string): Promise<string | { readonly refusal: string }> {
  try {
    return (await box.stat(path)).path;
  } catch (cause) {
    if (refusalCode(cause) === undefined) throw cause;
    return { refusal: cause instanceof Error ? cause.message : String(cause) };
  }
}
