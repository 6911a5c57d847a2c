/** Timers of one run that are armed, soonest first, read for people. */
import type { Redis } from "ioredis";
import { addressFrom } from "../store.ts";
import type { Keys } from "./keys.ts";

export interface ArmedTimer {
  readonly actor: string;
  readonly id: string;
  /** On Redis's clock. */
  readonly dueMs: number;
}

/** Timers of a shard that are looked at, the soonest first. */
const SHARD_MAX = 10_000;

export async function runTimers(redis: Redis, keys: Keys, run: string): Promise<ArmedTimer[]> {
  const flat = await redis.zrange(keys.shard(keys.shardOf(run)).timers, 0, SHARD_MAX - 1, "WITHSCORES");
  return flat.flatMap((armed, at) => {
    const parts = at % 2 === 0 && armed.startsWith(`${run}/`) ? /^(.*?)\|(.*)\|\d+$/s.exec(armed) : null;
    if (parts === null) return [];
    return [{ actor: addressFrom(parts[1] as string).actor, id: parts[2] as string, dueMs: Number(flat[at + 1]) }];
  });
}
