/** Where a run works and how well its commands are confined there: what its latest decision went by, and its own tree. */
import { auditRowFrom } from "../../actors/runtime/audit/audit-row.ts";
import { runRowFrom } from "../../actors/runtime/run-row.ts";
import type { Reader } from "../../infra/redis/reader.ts";

const EVER = { sinceMs: 0, untilMs: Number.MAX_SAFE_INTEGER, before: null };

/** Lines for a person; none where nothing was decided yet and the run works in the folder itself. */
export async function placeLines(reader: Reader, run: string): Promise<readonly string[]> {
  const row = await reader.run(run);
  if (row === null) return [];
  const { isolation } = runRowFrom(row.fields).config;
  const decisions = (await reader.audit(run, EVER)).map((raw) => auditRowFrom(run, raw));
  const level = decisions.find(({ sandbox }) => sandbox !== undefined)?.sandbox;
  return [
    ...(level === undefined ? [] : [`sandbox: ${level}, as of its latest decision`]),
    ...(isolation === null
      ? []
      : [`works in a tree of its own: ${isolation.tree}, branch ${isolation.branch}, for ${isolation.source}`]),
  ];
}
