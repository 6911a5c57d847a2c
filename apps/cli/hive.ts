/** The opened hive of one command: settings, Redis, store, reader. What is opened here is closed here. */
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { withArchives } from "../../infra/archive/with-archives.ts";
import { type Config, readConfig } from "../../infra/config.ts";
import { openLog } from "../../infra/log.ts";
import { connect } from "../../infra/redis/connect.ts";
import { openRedis, type RedisEndpoint, type RedisSettings } from "../../infra/redis/embedded.ts";
import { type Keys, keysFor } from "../../infra/redis/keys.ts";
import { openReader, type Reader } from "../../infra/redis/reader.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { checkLayout } from "../../infra/redis/stored-layout.ts";
import { type WorkerRows, workerRows } from "../../infra/redis/workers.ts";
import { steadyStore } from "../../infra/steady-store.ts";
import type { Store } from "../../infra/store.ts";
import { traceInLine } from "../../infra/telemetry/trace-ids.ts";
import { bodiesAtStart } from "./bodies-at-start.ts";
import { type LogVoice, openLogVoice } from "./log-voice.ts";
import { redisSettings } from "./redis-settings.ts";
import { tidyAtStart } from "./tidy-at-start.ts";

export interface Hive {
  readonly config: Config;
  readonly endpoint: RedisEndpoint;
  readonly redis: Redis;
  readonly keys: Keys;
  readonly store: Store;
  readonly reader: Reader;
  readonly workers: WorkerRows;
  readonly log: Logger;
  readonly logVoice: LogVoice;
  close(): void;
}

/** How often a lost private server is looked after, at most, in milliseconds. */
const REVIVE_EVERY_MS = 1_000;

/** Throws SwarmError where Redis cannot be had; exit 7. */
export async function openHive(defaultLogLevel = "warn", given?: Config): Promise<Hive> {
  const config = given ?? (await readConfig());
  const logVoice = openLogVoice();
  const log = openLog(config.logLevel ?? defaultLogLevel, logVoice, config.telemetry && traceInLine);
  const settings = redisSettings(config);
  const endpoint = await openRedis(settings);
  let closed = false;
  const revive = reviver(settings, log);
  const redis = connect({
    options: endpoint.options,
    broke: (cause) => log.debug({ err: cause }, "redis connection"),
    lost: () => {
      if (!closed && endpoint.kind === "embedded") revive();
    },
  });
  const keys = keysFor(config.prefix);
  await checkLayout(redis, keys).catch((cause: unknown) => {
    closed = true;
    redis.disconnect();
    throw cause;
  });
  const workers = workerRows(redis, keys);
  await bodiesAtStart({ config, redis, keys, workers, log });
  await tidyAtStart({ config, redis, keys, log });
  const reader = withArchives(openReader(redis, keys), redis, keys);
  return {
    config,
    endpoint,
    redis,
    keys,
    log,
    logVoice,
    store: steadyStore(redisStore(redis, keys), { log }),
    reader,
    workers,
    close() {
      closed = true;
      reader.close();
      redis.disconnect();
    },
  };
}

/** Brings a private server back that died under us; several processes may try, its lock lets one. */
function reviver(settings: RedisSettings, log: Logger): () => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (performance.now() - lastMs < REVIVE_EVERY_MS) return;
    lastMs = performance.now();
    openRedis(settings).then(
      () => log.info("the private Redis server is up again"),
      (cause: unknown) => log.error({ err: cause }, "the private Redis server could not be brought back"),
    );
  };
}
