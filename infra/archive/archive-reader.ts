/** An archived run behind the same interface as one in Redis, so that `show`, `logs` and `replay` need not care. */
import { AUDIT_PAGE, auditTime, isBefore, rawAuditRow } from "../redis/audit-reader.ts";
import { LOG_BATCH, type RawEntry, type Reader, type StreamFields } from "../redis/reader.ts";
import { rowsOf } from "../redis/stored-actor.ts";
import { toldRow } from "../redis/stored-budget.ts";
import { type ArchivedRun, readArchive } from "./read-archive.ts";

/** Reads and checks the whole file once. Throws as `readArchive` does. */
export async function openArchiveReader(file: string): Promise<Reader> {
  return readerOf(await readArchive(file));
}

function readerOf(archived: ArchivedRun): Reader {
  const { header, file } = archived;
  const summary = { run: header.run, fields: { ...toldRow(header.row), archive: file } };
  const log = archived.items("log").flatMap((item) => ("fields" in item ? [plainEntry(item)] : []));
  const after = (afterSeq: number, max = LOG_BATCH): RawEntry[] => {
    const from = log.findIndex(({ firstSeq }) => firstSeq > afterSeq);
    return from === -1 ? [] : log.slice(from, from + max);
  };
  return {
    runs: async () => [summary],
    run: async () => summary,
    actors: async () => actorsOf(archived),
    agentCount: async () => archived.items("actors").length,
    stranded: async () => [],
    updatedAt: async () => new Date(log.at(-1)?.atMs ?? Number(header.row.createdAt)).toISOString(),
    async rows(_run, actor, map) {
      return rowsOf(hashOf(archived, `${actor}:snapshot`), map);
    },
    budget: async () => hashOf(archived, "budget"),
    results: async () => hashOf(archived, "results"),
    transcript: async (_run, actor) =>
      archived.items(`${actor}:transcript`).flatMap((item) => ("index" in item ? [item.value] : [])),
    session: async (_run, actor) =>
      archived.items(`${actor}:session`).flatMap((item) => ("value" in item ? [item.value] : []))[0] ?? null,
    briefs: async () => hashOf(archived, "briefs"),
    blobs: async () => hashOf(archived, "blobs"),
    approvals: async () => hashOf(archived, "approvals"),
    grants: async () => hashOf(archived, "grants"),
    runIds: async () => [header.run],
    async audit(_run, { sinceMs, untilMs, before }) {
      const rows = archived.items("audit").flatMap((item) => ("fields" in item ? [rawAuditRow(item)] : []));
      const inRange = rows.filter(({ id }) => {
        const atMs = auditTime(id);
        return atMs >= sinceMs && atMs <= untilMs && (before === null || isBefore(id, before));
      });
      return inRange.reverse().slice(0, AUDIT_PAGE);
    },
    async said(_run, actor, places) {
      const wanted = new Set(places);
      return new Map(
        archived
          .items(`${actor}:transcript`)
          .flatMap((item) => ("index" in item && wanted.has(item.index) ? [[item.index, item.value] as const] : [])),
      );
    },
    log: async (_run, afterSeq, max) => after(afterSeq, max),
    follow: async (_run, afterSeq) => after(afterSeq),
    resolve: async () => header.run,
    close() {},
  };
}

/** As the archive holds it: by full names, unpacked. */
const plainEntry = ({ id, fields: { t, a = "", b = "", g } }: StreamFields): RawEntry => ({
  firstSeq: Number(id.split("-")[0]),
  atMs: Number(t),
  member: a,
  body: b,
  grants: g ?? null,
});

function hashOf(archived: ArchivedRun, key: string): Record<string, string> {
  return Object.fromEntries(
    archived.items(key).flatMap((item) => ("field" in item ? [[item.field, item.value] as const] : [])),
  );
}

const actorsOf = (archived: ArchivedRun): Awaited<ReturnType<Reader["actors"]>> =>
  Object.entries(hashOf(archived, "actors")).map(([actor, json]) => {
    const { type, task = "" } = JSON.parse(json) as { type: string; task?: string };
    const { version, core, fenced } = hashOf(archived, `${actor}:snapshot`);
    return {
      actor,
      type,
      task,
      version: Number(version ?? 0),
      core: core ?? null,
      mail: archived.items(`${actor}:mailbox`).length,
      pending: Object.entries(hashOf(archived, `${actor}:pending`))
        .filter(([id]) => !id.includes("#"))
        .map(([id, effect]) => ({ id, json: effect })),
      fenced: fenced ?? null,
      // It has ended: whoever was lost then is so for good, and the log tells of it.
      lost: null,
    };
  });
