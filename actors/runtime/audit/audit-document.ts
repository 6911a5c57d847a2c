/** One row of the audit as `--json` prints it: every field of the contract, null where there is nothing to say. */
import type { RecordedRow } from "./audit-log.ts";

/** Bytes of an input's JSON that are shown whole; of a longer one the beginning, its size and its hash. */
const INPUT_SHOWN_BYTES = 4_096;

export function auditDocument(row: RecordedRow): Record<string, unknown> {
  const { id, run, actor, agentType, handler, tool, risk, decision, rule, policy, reason, call, inputHash } = row;
  return {
    id,
    at: new Date(row.atMs).toISOString(),
    run,
    actor,
    agentType,
    handler,
    tool,
    call,
    ...shownInput(row),
    inputHash,
    risk,
    decision,
    rule,
    policy,
    reason,
    answeredBy: row.answeredBy ?? null,
    latencyMs: row.latencyMs ?? null,
    grant: row.grant ?? null,
    approval: row.approval ?? null,
    sandbox: row.sandbox ?? null,
    mode: row.mode ?? null,
    taint: row.taint ?? [],
  };
}

function shownInput({ recorded }: RecordedRow): Record<string, unknown> {
  if (recorded === undefined) return { input: null };
  const json = JSON.stringify(recorded.input) ?? "null";
  const bytes = Buffer.from(json);
  if (bytes.length <= INPUT_SHOWN_BYTES) return { input: recorded.input };
  // Cut between characters.
  const beginning = bytes
    .subarray(0, INPUT_SHOWN_BYTES)
    .toString("utf8")
    .replace(/\ufffd+$/, "");
  return { input: { cut: beginning, bytes: bytes.length } };
}
