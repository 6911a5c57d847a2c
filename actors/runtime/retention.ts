/**
 * Keeps Redis small: what ended longer ago than the retention is archived, and only then erased but for its stub. A
 * crash at any point leaves the run, or its whole archive, or both.
 */

import type { Redis } from "ioredis";
import { archiveRun } from "../../infra/archive/archive-run.ts";
import { keepDeadLetters } from "../../infra/archive/dead-letter-file.ts";
import type { Log } from "../../infra/log.ts";
import { removeLeftovers } from "../../infra/queue/leftovers.ts";
import type { Keys } from "../../infra/redis/keys.ts";
import { type Retention, retentionOf } from "../../infra/redis/retention.ts";
import { machines } from "../types/index.ts";

export interface RetentionOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  /** Age at which an ended run leaves Redis, in milliseconds; 0 = at once. */
  readonly afterMs: number;
  /** Folder of the archives, absolute; made when the first is written. */
  readonly dir: string;
  readonly log: Log;
}

export interface Tidier {
  /** Archives and erases what is due, at most `runsMax` runs. Resolves with how many left Redis. */
  tidy(runsMax?: number): Promise<number>;
  /** Looks again and again until it is stopped. */
  start(): void;
  /** Resolves once the run at hand is done with. */
  stop(): Promise<void>;
}

/** Runs dealt with in one look; the rest waits for the next. */
const RUNS_AT_ONCE = 1_000;
/** Milliseconds between looks: a tenth of the retention, within these. */
const LOOK_MIN_MS = 1_500;
const LOOK_MAX_MS = 60_000;

export function tidier(options: RetentionOptions): Tidier {
  const { redis, keys, afterMs, log } = options;
  const retention = retentionOf(redis, keys);
  const everyMs = Math.min(LOOK_MAX_MS, Math.max(LOOK_MIN_MS, afterMs / 10));
  let timer: NodeJS.Timeout | null = null;
  let stopped = false;
  let looking: Promise<unknown> = Promise.resolve();

  const tidyShard = async (shard: string, due: readonly string[]): Promise<number> => {
    let gone = 0;
    await retention.alone(shard, async () => {
      for (const run of due) if (!stopped && (await tidyRun(options, retention, run))) gone += 1;
      await retention.trimStubs(shard);
      const kept = await retention.trimDead(shard, async (letters) => {
        await keepDeadLetters(options.dir, shard, letters);
      });
      if (kept > 0) log.warn({ shard, letters: kept, dir: options.dir }, "the oldest dead letters went to a file");
    });
    return gone;
  };

  const tidy = async (runsMax = RUNS_AT_ONCE): Promise<number> => {
    const found = await retention.due(afterMs, runsMax);
    let gone = 0;
    for (const { shard, runs } of found) if (!stopped) gone += await tidyShard(shard, runs);
    return gone;
  };

  const look = (): void => {
    if (stopped) return;
    looking = tidy()
      .catch((cause: unknown) => {
        if (!stopped) log.warn({ err: cause }, "could not look for ended runs; trying again");
      })
      .finally(() => {
        if (!stopped) timer = setTimeout(look, everyMs);
      });
  };

  return {
    tidy,
    start: look,
    async stop() {
      stopped = true;
      if (timer !== null) clearTimeout(timer);
      await looking;
    },
  };
}

/** True where the run left Redis. One that cannot be archived stays, and does not keep the others from leaving. */
async function tidyRun(
  { redis, keys, dir, log }: RetentionOptions,
  retention: Retention,
  run: string,
): Promise<boolean> {
  try {
    const { file, seq } = await archiveRun(redis, keys, run, dir);
    const binding = (await redis.hget(keys.run(run).run, "binding")) ?? "";
    await removeLeftovers(await retention.members(run), [binding, ...machines.keys()], { prefix: keys.prefix, redis });
    const answer = await retention.erase(run, { file, seq });
    if (answer !== "erased") log.warn({ run, answer }, "an ended run changed while it was archived; it stays for now");
    else log.info({ run, archive: file }, "an ended run was archived and left Redis");
    return answer === "erased";
  } catch (cause) {
    log.error({ run, err: cause }, "an ended run could not be archived; it stays in Redis");
    return false;
  }
}
