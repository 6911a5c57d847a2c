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
  /** Milliseconds since the epoch, on Redis's clock. */
  seenAtMs: z.number(),
});

type StoredRow = z.infer<typeof rowSchema>;
export type NewWorkerRow = Omit<StoredRow, "seenAtMs">;

export interface WorkerRow extends StoredRow {
  /** Milliseconds since its last sign of life, whatever the clocks of the hosts say. */
  readonly silentMs: number;
}

/** A worker that has not written its row for so long is not there, in milliseconds. */
export const WORKER_TTL_MS = 15_000;

export interface WorkerRows {
  put(row: NewWorkerRow): Promise<void>;
  remove(id: string): Promise<void>;
  /** Rows that do not parse are left out: they are another version's. */
  all(): Promise<WorkerRow[]>;
}

export function workerRows(redis: Redis, keys: Keys): WorkerRows {
  return {
    async put(row) {
      const stored: StoredRow = { ...row, seenAtMs: await redisNowMs(redis) };
      await redis.hset(keys.workers, row.id, JSON.stringify(stored));
    },
    async remove(id) {
      await redis.hdel(keys.workers, id);
    },
    async all() {
      const [nowMs, rows] = await Promise.all([redisNowMs(redis), redis.hgetall(keys.workers)]);
      return Object.values(rows).flatMap((text) => {
        const parsed = rowSchema.safeParse(JSON.parse(text));
        return parsed.success ? [{ ...parsed.data, silentMs: Math.max(0, nowMs - parsed.data.seenAtMs) }] : [];
      });
    },
  };
}

async function redisNowMs(redis: Redis): Promise<number> {
  const [seconds, micros] = await redis.time();
  return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
}
