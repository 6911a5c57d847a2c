/**
 * Ended runs leave Redis also where no worker lives for long: each command looks, and takes a few along. What goes
 * wrong with it is said and never stands in the way of what the command is for.
 */
import type { Redis } from "ioredis";
import type { RetentionOptions } from "../../actors/runtime/retention.ts";
import { archiveDir, type Config } from "../../infra/config.ts";
import type { Log } from "../../infra/log.ts";
import type { Keys } from "../../infra/redis/keys.ts";
import { retentionOf } from "../../infra/redis/retention.ts";
import { tidyTrees } from "./tidy-trees.ts";

/** Runs one command archives before it does what it was called for. */
const RUNS_AT_START = 3;
const HOUR_MS = 60 * 60 * 1_000;

export interface Housekeeping {
  readonly config: Config;
  readonly redis: Redis;
  readonly keys: Keys;
  readonly log: Log;
}

export const retentionOptions = ({ config, redis, keys, log }: Housekeeping): RetentionOptions => ({
  redis,
  keys,
  log,
  afterMs: config.retentionHours * HOUR_MS,
  dir: archiveDir(config),
});

export async function tidyAtStart(house: Housekeeping): Promise<void> {
  await tidyTreesAtStart(house);
  const options = retentionOptions(house);
  try {
    if ((await retentionOf(house.redis, house.keys).due(options.afterMs, 1)).length === 0) return;
    // Loaded only where there is something to do: it brings the queues' library along.
    const { tidier } = await import("../../actors/runtime/retention.ts");
    await tidier(options).tidy(RUNS_AT_START);
  } catch (cause) {
    house.log.warn({ err: cause }, "ended runs could not be archived; they stay in Redis");
  }
}

async function tidyTreesAtStart(house: Housekeeping): Promise<void> {
  try {
    await tidyTrees(house);
  } catch (cause) {
    house.log.warn({ err: cause }, "trees of runs that are gone could not be cleared away");
  }
}
