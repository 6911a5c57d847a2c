/** What the swarm does now, in a few numbers: counted at most once in a while, however many ask. */

import { swarmStatus } from "../../infra/redis/swarm-status.ts";
import type { Hive } from "../cli/hive.ts";
import { livingWorkers } from "../cli/living-workers.ts";
import type { ApiCounts } from "./api-swarm.ts";

/** Milliseconds that an answer stays good, and that Redis may take for one. */
const GOOD_MS = 1_500;
const ASK_MS = 5_000;

/** Null where Redis cannot be asked. */
export type Counter = () => Promise<ApiCounts | null>;

export function counterOf(hive: Pick<Hive, "config" | "redis" | "keys" | "workers">): Counter {
  let counted: Promise<ApiCounts | null> | null = null;
  let countedMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (counted !== null && performance.now() - countedMs < GOOD_MS) return counted;
    countedMs = performance.now();
    counted = count(hive).catch(() => null);
    return counted;
  };
}

async function count(hive: Pick<Hive, "config" | "redis" | "keys" | "workers">): Promise<ApiCounts | null> {
  if (hive.redis.status !== "ready") return null;
  const { config, redis, keys } = hive;
  const midnight = new Date();
  midnight.setHours(0, 0, 0, 0);
  const [status, letters, workers] = await Promise.all([
    swarmStatus(config, midnight.getTime(), ASK_MS),
    Promise.all(keys.shards.map((shard) => redis.xlen(keys.shard(shard).dead))),
    livingWorkers(hive),
  ]);
  if (status === null) return null;
  const { running, parked, failed, approvals, costUsd, costWhole } = status;
  return {
    ...{ running, parked, approvals },
    failedToday: failed,
    deadLetters: letters.reduce((sum, one) => sum + one, 0),
    workers: workers.length,
    costUsdToday: costUsd,
    costComplete: costWhole,
  };
}
