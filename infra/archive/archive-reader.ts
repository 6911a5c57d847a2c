/** An archived run behind the same interface as one in Redis, so that `show`, `logs` and `replay` need not care. */
import { unpacked } from "../redis/packed.ts";
import { LOG_BATCH, type RawEntry, type Reader, rawEntry } from "../redis/reader.ts";
import { type ArchivedRun, readArchive } from "./read-archive.ts";

/** Reads and checks the whole file once. Throws as `readArchive` does. */
export async function openArchiveReader(file: string): Promise<Reader> {
  return readerOf(await readArchive(file));
}

function readerOf(archived: ArchivedRun): Reader {
  const { header, file } = archived;
  const summary = { run: header.run, fields: { ...header.row, archive: file } };
  const log = archived
    .items("log")
    .flatMap((item) => ("fields" in item ? [rawEntry([item.id, Object.entries(item.fields).flat()])] : []));
  const after = (afterSeq: number): RawEntry[] => {
    const from = log.findIndex(({ firstSeq }) => firstSeq > afterSeq);
    return from === -1 ? [] : log.slice(from, from + LOG_BATCH);
  };
  return {
    runs: async () => [summary],
    run: async () => summary,
    actors: async () => actorsOf(archived),
    agentCount: async () => archived.items("actors").length,
    stranded: async () => [],
    updatedAt: async () => new Date(log.at(-1)?.atMs ?? Number(header.row.createdAt)).toISOString(),
    async rows(_run, actor, map) {
      const prefix = `r:${map}/`;
      const fields = Object.entries(hashOf(archived, `${actor}:snapshot`));
      return new Map(
        fields.flatMap(([field, json]) => (field.startsWith(prefix) ? [[field.slice(prefix.length), json]] : [])),
      );
    },
    budget: async () => hashOf(archived, "budget"),
    results: async () => hashOf(archived, "results"),
    transcript: async (_run, actor) =>
      archived.items(`${actor}:transcript`).flatMap((item) => ("index" in item ? [unpacked(item.value)] : [])),
    session: async (_run, actor) =>
      archived.items(`${actor}:session`).flatMap((item) => ("value" in item ? [unpacked(item.value)] : []))[0] ?? null,
    briefs: async () => hashOf(archived, "briefs"),
    blobs: async () =>
      Object.fromEntries(Object.entries(hashOf(archived, "blobs")).map(([sha256, text]) => [sha256, unpacked(text)])),
    log: async (_run, afterSeq) => after(afterSeq),
    follow: async (_run, afterSeq) => after(afterSeq),
    resolve: async () => header.run,
    close() {},
  };
}

function hashOf(archived: ArchivedRun, key: string): Record<string, string> {
  return Object.fromEntries(
    archived.items(key).flatMap((item) => ("field" in item ? [[item.field, item.value] as const] : [])),
  );
}

const actorsOf = (archived: ArchivedRun): Awaited<ReturnType<Reader["actors"]>> =>
  Object.entries(hashOf(archived, "actors")).map(([actor, json]) => {
    const { type, task = "" } = JSON.parse(json) as { type: string; task?: string };
    const { version, core } = hashOf(archived, `${actor}:snapshot`);
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
    };
  });
