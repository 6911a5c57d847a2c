/** How full the queues are and were: looked at every few seconds while the server runs, the last hour kept in memory. */

import { queueDepths } from "../../infra/redis/queue-depths.ts";
import type { Hive } from "../cli/hive.ts";
import type { ApiQueues } from "./api-swarm.ts";

export interface QueueHistory {
  told(): ApiQueues;
  stop(): void;
}

const EVERY_MS = 5_000;
const POINTS_MAX = 720;

export function queueHistory(
  { redis, keys, log }: Pick<Hive, "redis" | "keys" | "log">,
  types: readonly string[],
): QueueHistory {
  const points: ApiQueues["points"][number][] = [];
  let looking = false;
  const look = async (): Promise<void> => {
    // While Redis is away there is nothing to be seen, and nothing is made up.
    if (looking || redis.status !== "ready") return;
    looking = true;
    try {
      const depths = await queueDepths(redis, keys, types);
      points.push({ at: new Date().toISOString(), ...depths });
      if (points.length > POINTS_MAX) points.shift();
    } catch (cause) {
      log.debug({ err: cause }, "could not look at the queues");
    } finally {
      looking = false;
    }
  };
  const again = (): void => {
    look().catch(() => {});
  };
  const timer = setInterval(again, EVERY_MS);
  timer.unref();
  again();
  return {
    told: () => ({ v: 1, everyMs: EVERY_MS, types, points: [...points] }),
    stop: () => clearInterval(timer),
  };
}
