/**
 * Runs Probe: one shared pass per workspace, then the primitive's own probes. A refusal is an answer, not a throw.
 */

import { type Examination, examine } from "../../probes/examine.ts";
import type { PrimitiveId } from "../../probes/finding.ts";
import { examineFile, openPass } from "../../probes/shared-pass.ts";
import { OUTPUT_CHARS_MAX, type ToolContext, type ToolOutput } from "../../tool.ts";

export interface ProbeInput {
  readonly primitive: PrimitiveId;
  /** Examine this one file again instead of the whole workspace. */
  readonly path?: string | undefined;
}

export async function run({ primitive, path }: ProbeInput, { box, signal }: ToolContext): Promise<ToolOutput> {
  const workspace = await openPass(box, signal);
  if (path === undefined) return written(await examine(workspace, primitive, signal));
  const again = await examineFile(workspace, box, { primitive, path }, signal);
  return typeof again === "string" ? { ok: false, text: again } : written(again.examination);
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
