/** How much work waits, by actor type: in the ready lists, which are the truth, and in BullMQ's queues, which are hints. */
import type { Redis } from "ioredis";
import { queuePrefix, typeQueueName } from "../queue/queues.ts";
import { addressFrom } from "../store.ts";
import type { Keys } from "./keys.ts";

export interface QueueDepths {
  /** All lists in the order of `types`. Actors with mail or effects that are out; those that are ready longest, up to a bound. */
  readonly ready: readonly number[];
  /** Milliseconds since the one that has been so longest took its last step; null: there is none. */
  readonly oldestMs: readonly (number | null)[];
  readonly waiting: readonly number[];
  readonly active: readonly number[];
}

/** Members of a shard's ready list that are looked at. */
const SHARD_MAX = 500;

export async function queueDepths(redis: Redis, keys: Keys, types: readonly string[]): Promise<QueueDepths> {
  const queues = types.map((type) => `${queuePrefix(keys.prefix)}:${typeQueueName(type)}`);
  const [[seconds, micros], lists, waiting, active] = await Promise.all([
    redis.time(),
    Promise.all(keys.shards.map((tag) => redis.zrange(keys.shard(tag).ready, 0, SHARD_MAX - 1, "WITHSCORES"))),
    Promise.all(queues.map((queue) => redis.llen(`${queue}:wait`))),
    Promise.all(queues.map((queue) => redis.llen(`${queue}:active`))),
  ]);
  const nowMs = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  const seen = new Map(types.map((type) => [type, { count: 0, sinceMs: Number.POSITIVE_INFINITY }]));
  for (const list of lists) {
    for (let index = 0; index + 1 < list.length; index += 2) {
      const of = seen.get(addressFrom(list[index] as string).type);
      if (of === undefined) continue;
      of.count += 1;
      of.sinceMs = Math.min(of.sinceMs, Number(list[index + 1]));
    }
  }
  const all = [...seen.values()];
  return {
    ready: all.map(({ count }) => count),
    oldestMs: all.map(({ sinceMs }) => (Number.isFinite(sinceMs) ? Math.max(0, nowMs - sinceMs) : null)),
    waiting,
    active,
  };
}
