/**
 * One call to Redis ends in one of two ways, and always within its limit: with an answer, or with a StoreError that
 * says why there is none. A call that ran out of time may still happen, so only what can be repeated may be sent.
 */
import type { Redis } from "ioredis";
import { StoreError } from "../store-error.ts";
import { describeConnection } from "./server-check.ts";
import { storeErrorFrom } from "./store-failure.ts";

/**
 * Milliseconds a call waits for a connection, and again for its answer. Well above what a server needs that syncs to a
 * slow disk; a lock of the queue runs out earlier, and the fence is there for that.
 */
const ATTEMPT_MS = 10_000;

export interface CallOptions {
  readonly attemptMs?: number | undefined;
}

export type Call = <Answer>(what: string, send: () => Promise<Answer>) => Promise<Answer>;

/** Nothing is queued while the connection is down: what its caller has given up must not run later. */
export function callsOn(redis: Redis, { attemptMs = ATTEMPT_MS }: CallOptions = {}): Call {
  const where = describeConnection(redis);
  const opened = openings(redis);
  return async (what, send) => {
    try {
      if (redis.status !== "ready") {
        await within(attemptMs, opened(), () => new StoreError("unreachable", `${where} cannot be reached.`));
      }
      const { stream } = redis;
      return await within(attemptMs, send(), () => {
        // A link that died without a word would swallow the next attempt too.
        if (redis.stream === stream && redis.status === "ready") redis.disconnect(true);
        return new StoreError("timeout", `${where} did not answer "${what}" within ${attemptMs} ms.`);
      });
    } catch (cause) {
      throw storeErrorFrom(cause, what, where);
    }
  };
}

/** One wait for the connection, shared by all who wait; rejects where it was closed for good. */
function openings(redis: Redis): () => Promise<void> {
  let opening: Promise<void> | null = null;
  return () => {
    if (redis.status === "end") return Promise.reject(new Error("the connection was closed"));
    if (redis.status === "wait") redis.connect().catch(() => {});
    opening ??= new Promise((resolve, reject) => {
      const settle = (): void => {
        redis.off("ready", settle);
        redis.off("end", settle);
        opening = null;
        if (redis.status === "end") reject(new Error("the connection was closed"));
        else resolve();
      };
      redis.on("ready", settle);
      redis.on("end", settle);
    });
    return opening;
  };
}

async function within<Answer>(limitMs: number, answer: Promise<Answer>, late: () => StoreError): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(late()), limitMs);
  });
  try {
    return await Promise.race([answer, limit]);
  } finally {
    clearTimeout(timer);
  }
}
