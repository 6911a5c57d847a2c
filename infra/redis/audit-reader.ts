/** The audit of runs, newest first and a page at a time: whoever goes through years of it holds one page. */
import type { Redis } from "ioredis";
import type { Keys } from "./keys.ts";
import { unpacked } from "./packed.ts";

/** Rows of one page. */
export const AUDIT_PAGE = 500;

export interface AuditRange {
  /** Both inclusive, in milliseconds by Redis's clock. */
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Rows before this one only: the last of the page before. */
  readonly before: string | null;
}

/** A row as it is stored: its id says when it was committed. */
export interface RawAuditRow {
  /** `milliseconds-number`, rising within the run. */
  readonly id: string;
  readonly json: string;
}

export interface AuditReader {
  /** Every run that is known, newest first; erased ones too, as long as their stubs are there. */
  runIds(): Promise<readonly string[]>;
  /** Newest first, {@link AUDIT_PAGE} at most. */
  audit(run: string, range: AuditRange): Promise<readonly RawAuditRow[]>;
  /** Entries of an actor's conversation (JSON) by their places; those that do not exist are absent. */
  said(run: string, actor: string, places: readonly number[]): Promise<ReadonlyMap<number, string>>;
}

interface Row {
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** `read` takes an entry of a stream apart and unpacks it. */
export function auditReader(redis: Redis, keys: Keys, read: (entry: [id: Buffer, flat: Buffer[]]) => Row): AuditReader {
  return {
    async runIds() {
      const lists = await Promise.all(
        keys.shards.map((shard) => redis.zrevrange(keys.shard(shard).runs, 0, -1, "WITHSCORES")),
      );
      const known = lists.flatMap((list) =>
        list.flatMap((run, index) => (index % 2 === 0 ? [{ run, atMs: Number(list[index + 1]) }] : [])),
      );
      return known.sort((a, b) => b.atMs - a.atMs || (a.run < b.run ? 1 : -1)).map(({ run }) => run);
    },
    async audit(run, { sinceMs, untilMs, before }) {
      const end = before === null ? String(untilMs) : `(${before}`;
      const found = await redis.xrevrangeBuffer(keys.run(run).audit, end, String(sinceMs), "COUNT", AUDIT_PAGE);
      return found.map((entry) => rawAuditRow(read(entry)));
    },
    async said(run, actor, places) {
      const { transcript } = keys.actor(run, actor);
      const stored = await Promise.all(places.map((place) => redis.lindexBuffer(transcript, place)));
      return new Map(
        places.flatMap((place, at) => {
          const entry = stored[at];
          return entry == null ? [] : [[place, unpacked(entry)] as const];
        }),
      );
    },
  };
}

export const rawAuditRow = ({ id, fields }: Row): RawAuditRow => ({ id, json: fields.b ?? "" });

export const auditTime = (id: string): number => Number(id.split("-")[0]);

/** Whether a row at `id` comes before the one at `other`. */
export function isBefore(id: string, other: string): boolean {
  const [ms = 0, at = 0] = id.split("-").map(Number);
  const [otherMs = 0, otherAt = 0] = other.split("-").map(Number);
  return ms < otherMs || (ms === otherMs && at < otherAt);
}
