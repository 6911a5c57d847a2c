/**
 * The audit of one run as readers want it: newest first, filtered, each row with the input of its call, which stands in
 * the conversation and is fetched for those rows alone that are shown. Holds one page at a time.
 */
import { approvalsFrom, type StoredApproval } from "../../../infra/approval.ts";
import { AUDIT_PAGE } from "../../../infra/redis/audit-reader.ts";
import type { Reader } from "../../../infra/redis/reader.ts";
import { callInput, entryFrom } from "../conversation.ts";
import { inputHashOf } from "../judge.ts";
import { type AuditRow, auditRowFrom } from "./audit-row.ts";

export type AuditSource = Pick<Reader, "audit" | "said" | "run" | "approvals">;

export interface AuditFilter {
  /** Both inclusive, in milliseconds. */
  readonly sinceMs?: number;
  readonly untilMs?: number;
  readonly wants?: (row: AuditRow) => boolean;
}

export interface RecordedRow extends AuditRow {
  /** As the model gave it. Absent where it is not there any more, or is not what the row was about. */
  readonly recorded?: { readonly input: unknown };
}

/** Throws SwarmError `audit.unreadable`, and whatever the reader throws for a run whose archive is not here. */
export async function* auditOf(
  reader: AuditSource,
  run: string,
  filter: AuditFilter = {},
): AsyncGenerator<RecordedRow> {
  const { sinceMs = 0, untilMs = Number.MAX_SAFE_INTEGER, wants = () => true } = filter;
  const inputs = inputsOf(reader, run);
  for (let before: string | null = null; ; ) {
    const page = await reader.audit(run, { sinceMs, untilMs, before });
    const rows = page.map((raw) => auditRowFrom(run, raw)).filter(wants);
    yield* await inputs(rows);
    before = page.at(-1)?.id ?? null;
    if (before === null || page.length < AUDIT_PAGE) return;
  }
}

/** Joins a page with what the models said. */
function inputsOf(reader: AuditSource, run: string): (rows: readonly AuditRow[]) => Promise<RecordedRow[]> {
  let fetched: readonly StoredApproval[] | null = null;
  const asked = async (): Promise<readonly StoredApproval[]> => {
    const [fields, row] = await Promise.all([reader.approvals(run), reader.run(run)]);
    return approvalsFrom(fields, row?.fields.status ?? "");
  };
  return async (rows) => {
    const places = new Map<string, Set<number>>();
    for (const { actor, said } of rows) {
      if (said !== undefined) places.set(actor, (places.get(actor) ?? new Set()).add(said));
    }
    const entries = new Map<string, ReadonlyMap<number, string>>();
    for (const [actor, wanted] of places) entries.set(actor, await reader.said(run, actor, [...wanted]));
    if (fetched === null && rows.some(isAnswer)) fetched = await asked();
    const known = fetched ?? [];
    return rows.map((row) => {
      const found = isAnswer(row) ? proposed(row, known) : spoken(row, entries.get(row.actor));
      return found === null ? row : { ...row, recorded: found };
    });
  };
}

const isAnswer = ({ said, approval }: AuditRow): boolean => said === undefined && approval !== undefined;

function spoken(row: AuditRow, entries: ReadonlyMap<number, string> | undefined): { input: unknown } | null {
  const json = row.said === undefined ? undefined : entries?.get(row.said);
  const made = json === undefined ? null : callInput([entryFrom(json)], row.call);
  // A conversation that was rewritten (a fork, a compaction) must not lend its words to another decision.
  return made === null || inputHashOf(made.input) !== row.inputHash ? null : { input: made.input };
}

function proposed({ approval }: AuditRow, known: readonly StoredApproval[]): { input: unknown } | null {
  const found = known.find(({ id }) => id === approval);
  return found === undefined || found.cut === true ? null : { input: found.input };
}
