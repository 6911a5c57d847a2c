/** What a run of any age may draw from, as it latched it; from the archive where that is all there is. */
import { capabilitiesOf, type RunCapabilities } from "../../actors/runtime/capabilities.ts";
import type { RunRow } from "../../actors/runtime/run-row.ts";
import type { Reader } from "../../infra/redis/reader.ts";

/** Throws Error where the document is gone, or is not the one that was latched. */
export function latchedCapabilities(
  reader: Pick<Reader, "briefs">,
  run: string,
  { capabilities }: Pick<RunRow["config"], "capabilities">,
): Promise<RunCapabilities> {
  const briefs = async (): Promise<ReadonlyMap<string, string>> => new Map(Object.entries(await reader.briefs(run)));
  return capabilitiesOf({ briefs })({ run, capabilities });
}
