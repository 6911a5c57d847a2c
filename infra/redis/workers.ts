/**
 * Who is at work: each worker process keeps a row with its host, pid and start time, so that anybody on that host can
 * tell whether it still lives. Advisory: correctness never rests on it.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import type { Keys } from "./keys.ts";

const rowSchema = z.object({
  id: z.string(),
  host: z.string(),
  pid: z.int(),
  startedAt: z.string(),
  types: z.array(z.string()),
  active: z.int(),
  bindings: z.array(z.string()),
  /** Milliseconds since the epoch, by the worker's own clock: for people, not for decisions. */
  seenAtMs: z.number(),
});

export type WorkerRow = z.infer<typeof rowSchema>;

/** A worker that has not written its row for so long is not there, in milliseconds. */
export const WORKER_TTL_MS = 15_000;

export interface WorkerRows {
  put(row: WorkerRow): Promise<void>;
  remove(id: string): Promise<void>;
  /** Rows that do not parse are left out: they are another version's. */
  all(): Promise<WorkerRow[]>;
}

export function workerRows(redis: Redis, keys: Keys): WorkerRows {
  return {
    async put(row) {
      await redis.hset(keys.workers, row.id, JSON.stringify(row));
    },
    async remove(id) {
      await redis.hdel(keys.workers, id);
    },
    async all() {
      const rows = Object.values(await redis.hgetall(keys.workers));
      return rows.flatMap((text) => {
        const parsed = rowSchema.safeParse(JSON.parse(text));
        return parsed.success ? [parsed.data] : [];
      });
    },
  };
}
