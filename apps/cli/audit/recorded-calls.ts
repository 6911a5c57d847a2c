/** Goes through the recorded decisions of one run, newest first, each with the question that was asked. */

import { placeOf } from "../../../actors/runtime/agent-tree.ts";
import { auditOf, type RecordedRow } from "../../../actors/runtime/audit/audit-log.ts";
import {
  type Recorded,
  type RecordedRun,
  type ReplayPolicy,
  recordedQuestion,
} from "../../../actors/runtime/audit/recorded-question.ts";
import { type RunRow, runRowFrom } from "../../../actors/runtime/run-row.ts";
import { type Session, sessionFrom } from "../../../actors/runtime/session.ts";
import { grantsFrom } from "../../../infra/approval.ts";
import type { Hive } from "../hive.ts";
import { latchedCapabilities } from "../latched-capabilities.ts";
import type { AuditWish } from "./filters.ts";

export interface RecordedCallRow {
  readonly row: RecordedRow;
  readonly recorded: Recorded;
}

export async function* recordedCalls(
  { reader, config }: Hive,
  run: string,
  wish: AuditWish,
  policy?: ReplayPolicy,
): AsyncGenerator<RecordedCallRow> {
  // First what only the archive knows: of a run whose archive is elsewhere the row is only a stub.
  const given = await reader.grants(run);
  const summary = await reader.run(run);
  if (summary === null) return;
  const row = runRowFrom(summary.fields);
  const grants = grantsFrom(row.config.grants, given);
  const capabilities = await latchedCapabilities(reader, run, row.config);
  const known: RecordedRun = { row, grants, ownDirs: [config.dataDir, ...config.stateDirs], capabilities };
  const places = new Map<string, RunRow>();
  for await (const one of auditOf(reader, run, wish)) {
    const place = places.get(one.actor) ?? placeOf(row, await sessionOf(reader, run, one.actor));
    places.set(one.actor, place);
    yield { row: one, recorded: recordedQuestion(one, { ...known, row: place }, policy) };
  }
}

/** Null where the actor has none, or none any more. */
async function sessionOf(reader: Hive["reader"], run: string, actor: string): Promise<Session | null> {
  const text = await reader.session(run, actor);
  return text === null ? null : sessionFrom(text);
}
