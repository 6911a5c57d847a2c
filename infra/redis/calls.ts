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
  const begun = limitsOf(attemptMs);
  const connected = async (what: string): Promise<void> => {
    let over = (): void => {};
    try {
      const late = new Promise<never>((_, reject) => {
        over = begun(() => reject(new StoreError("unreachable", `${where} cannot be reached.`)));
      });
      await Promise.race([opened(), late]);
    } catch (cause) {
      throw storeErrorFrom(cause, what, where);
    } finally {
      over();
    }
  };
  // Few promises: every step of every actor comes through here.
  const ask: Call = (what, send) =>
    new Promise((resolve, reject) => {
      const { stream } = redis;
      const sent = send();
      const over = begun(() => {
        // A link that died without a word would swallow the next attempt too.
        if (redis.stream === stream && redis.status === "ready") redis.disconnect(true);
        reject(new StoreError("timeout", `${where} did not answer "${what}" within ${attemptMs} ms.`));
      });
      sent.then(
        (answer) => {
          over();
          resolve(answer);
        },
        (cause: unknown) => {
          over();
          reject(storeErrorFrom(cause, what, where));
        },
      );
    });
  return (what, send) => (redis.status === "ready" ? ask(what, send) : connected(what).then(() => ask(what, send)));
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

interface Waiting {
  readonly dueMs: number;
  readonly late: () => void;
}

/**
 * Calls `late` once the limit is over, unless the answer of this is called before. The limit is the same for all, so whoever
 * began first runs out first, and one timer does for as many as wait.
 */
function limitsOf(limitMs: number): (late: () => void) => () => void {
  const waiting = new Set<Waiting>();
  let timer: NodeJS.Timeout | null = null;
  const look = (): void => {
    timer = null;
    const nowMs = performance.now();
    for (const one of waiting) {
      if (one.dueMs > nowMs) {
        timer = setTimeout(look, Math.ceil(one.dueMs - nowMs));
        return;
      }
      waiting.delete(one);
      one.late();
    }
  };
  return (late) => {
    const one = { dueMs: performance.now() + limitMs, late };
    waiting.add(one);
    if (timer === null) timer = setTimeout(look, limitMs);
    else if (waiting.size === 1) timer.ref();
    return () => {
      waiting.delete(one);
      // A process that waits for nothing else may end.
      if (waiting.size === 0) timer?.unref();
    };
  };
}
