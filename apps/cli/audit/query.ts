/** `swarm audit query`: the permission decisions that were recorded, newest first. */
import { auditDocument } from "../../../actors/runtime/audit/audit-document.ts";
import { auditOf, type RecordedRow } from "../../../actors/runtime/audit/audit-log.ts";
import type { Hive } from "../hive.ts";
import { printTable } from "../print.ts";
import { say } from "../say.ts";
import { onRun, runsOf, wishOf } from "./filters.ts";
import { jsonList } from "./json-stream.ts";

/** Characters of an input or reason in a table. */
const SHOWN = 60;

export async function query(hive: Hive, flags: Record<string, unknown>): Promise<number> {
  const wish = wishOf(flags, Date.now());
  const runs = await runsOf(hive, wish);
  const list = flags.json === true ? await jsonList({ v: 1 }, "decisions") : null;
  const rows: RecordedRow[] = [];
  let count = 0;
  let more = false;
  for (const run of runs) {
    await onRun(wish, async () => {
      for await (const row of auditOf(hive.reader, run, wish)) {
        more = count >= wish.limit;
        if (more) return;
        count += 1;
        if (list === null) rows.push(row);
        else await list.item(auditDocument(row));
      }
    });
    if (more) break;
  }
  if (list !== null) await list.end();
  else table(rows, more);
  return 0;
}

function table(rows: readonly RecordedRow[], more: boolean): void {
  printTable(
    ["AT", "RUN", "AGENT", "TOOL", "DECISION", "RISK", "RULE", "BY", "INPUT"],
    rows.map((row) => [
      new Date(row.atMs).toISOString().slice(0, 19),
      row.run,
      row.actor,
      row.tool,
      row.decision,
      row.risk,
      cut(row.rule),
      row.answeredBy ?? row.handler,
      cut(row.recorded === undefined ? row.reason : (JSON.stringify(row.recorded.input) ?? "")),
    ]),
    "no decisions",
  );
  if (more) say(`only the newest ${rows.length} are shown; --limit N shows more, --json all of them`);
}

const cut = (text: string): string => (text.length <= SHOWN ? text : `${text.slice(0, SHOWN - 1)}…`);
