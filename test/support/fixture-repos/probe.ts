/** Calls the real Probe tool and parses what it returned. */
import type { Box } from "../../../registry/box.ts";
import type { Examination } from "../../../registry/probes/examine.ts";
import type { Hit, PrimitiveId } from "../../../registry/probes/finding.ts";
import { run } from "../../../registry/tools/run/probe.ts";

export async function probe(box: Box, primitive: PrimitiveId, path?: string): Promise<Examination> {
  const output = await run({ primitive, path }, { box, signal: new AbortController().signal });
  if (!output.ok) throw new Error(output.text);
  return JSON.parse(output.text) as Examination;
}

export function effectsOn({ hits }: Examination, aspect: string): Hit[] {
  return hits.filter((hit) => hit.aspect === aspect && hit.strength === "effect");
}
