/**
 * A connection that outlives restarts of the server: it comes back by itself, and sends again what was under way. How
 * long anybody waits for it is bounded where it is used (`calls.ts`).
 */
import { Redis, type RedisOptions } from "ioredis";
import { pauseMsOf } from "../retry.ts";

export interface ConnectOptions {
  readonly options: RedisOptions;
  /** Called for each time the connection is lost; whoever can, brings the server back. */
  readonly lost?: (() => void) | undefined;
  /** Every error of the connection, for the log. */
  readonly broke: (cause: Error) => void;
}

const RETRY_MAX_MS = 1_000;
/** Attempts after which a server that does not come back is asked for less often: after a minute at the latest. */
const SLOWER_FROM = 60;
const SLOWER_MS = 10_000;
/** Milliseconds between reconnections that a READONLY reply sets off, at least. */
const ASIDE_EVERY_MS = 2_000;

/** Milliseconds before the next attempt to connect: 50 to 100, doubling up to a second, never all clients at once. */
export const reconnectMs = (attempt: number, unit: number = Math.random()): number =>
  pauseMsOf(
    { firstPauseMs: 50, lastPauseMs: attempt < SLOWER_FROM ? RETRY_MAX_MS : SLOWER_MS, unit: () => unit },
    attempt,
  );

export function connect({ options, lost, broke }: ConnectOptions): Redis {
  let asideMs = Number.NEGATIVE_INFINITY;
  const redis = new Redis({
    ...options,
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => reconnectMs(attempt),
    // A primary that was demoted answers READONLY; its name or address may lead to the new one by now.
    reconnectOnError: (error) => {
      if (!error.message.startsWith("READONLY") || performance.now() - asideMs < ASIDE_EVERY_MS) return false;
      asideMs = performance.now();
      return true;
    },
  });
  redis.on("error", broke);
  if (lost !== undefined) redis.on("close", lost);
  return redis;
}
