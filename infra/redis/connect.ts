/** A connection that outlives restarts of the server: commands wait for it to come back and are sent again. */
import { Redis, type RedisOptions } from "ioredis";

export interface ConnectOptions {
  readonly options: RedisOptions;
  /** Called for each time the connection is lost; whoever can, brings the server back. */
  readonly lost?: (() => void) | undefined;
  /** Every error of the connection, for the log. */
  readonly broke: (cause: Error) => void;
}

/** Milliseconds between attempts to connect again: 50, 100, … up to a second. */
const retryMs = (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt, 10), 1_000);

export function connect({ options, lost, broke }: ConnectOptions): Redis {
  const redis = new Redis({
    ...options,
    maxRetriesPerRequest: null,
    retryStrategy: retryMs,
    // A replica answers writes with READONLY after a failover: find the new master instead.
    reconnectOnError: (error) => error.message.startsWith("READONLY"),
  });
  redis.on("error", broke);
  if (lost !== undefined) redis.on("close", lost);
  return redis;
}
