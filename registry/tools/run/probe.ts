/**
 * Runs Probe: one shared pass per workspace, then the primitive's own probes. A refusal is an answer, not a throw.
 */

import type { Box } from "../../box.ts";
import { createWorkspaceCache } from "../../probes/cache.ts";
import { type Examination, examine } from "../../probes/examine.ts";
import type { PrimitiveId } from "../../probes/finding.ts";
import { readFacts, refusalCode, withFresh } from "../../probes/workspace.ts";
import { OUTPUT_CHARS_MAX, type ToolContext, type ToolOutput } from "../../tool.ts";

export interface ProbeInput {
  readonly primitive: PrimitiveId;
  /** Examine this one file again instead of the whole workspace. */
  readonly path?: string | undefined;
}

/** Shared by every call in this process: that is what makes twelve explore agents cost one pass. */
const cache = createWorkspaceCache();

export async function run({ primitive, path }: ProbeInput, { box, signal }: ToolContext): Promise<ToolOutput> {
  const workspace = await cache.open(box, signal);
  if (path === undefined) return written(await examine(workspace, primitive, signal));
  const resolved = await resolvedPath(box, path);
  if (typeof resolved !== "string") return { ok: false, text: resolved.refusal };
  const facts = await readFacts(box, resolved, signal);
  if (typeof facts === "string") return { ok: false, text: `${resolved} was not examined: ${facts}.` };
  const fresh = await withFresh(workspace, facts, signal);
  return written(await examine(fresh.workspace, primitive, signal, fresh.file));
}

async function resolvedPath(box: Box, path: string): Promise<string | { readonly refusal: string }> {
  try {
    return (await box.stat(path)).path;
  } catch (cause) {
    if (refusalCode(cause) === undefined) throw cause;
    return { refusal: cause instanceof Error ? cause.message : String(cause) };
  }
}

/** Drops the weakest hits until the document fits; the document says how many there were. */
function written(examination: Examination): ToolOutput {
  let hits = examination.hits;
  let text = JSON.stringify(examination);
  while (text.length > OUTPUT_CHARS_MAX && hits.length > 0) {
    hits = hits.slice(0, Math.floor(hits.length * 0.8));
    text = JSON.stringify({ ...examination, hits });
  }
  return { ok: true, text, truncated: hits.length < examination.hits.length };
}
