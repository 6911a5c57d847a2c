/** From the configuration to the Redis that a command opens. */
import type { Config } from "../../infra/config.ts";
import type { RedisSettings } from "../../infra/redis/embedded.ts";
import { say } from "./say.ts";

export const redisSettings = (config: Config): RedisSettings => ({
  url: config.redisUrl,
  dataDir: config.dataDir,
  redisBin: config.redisBin,
  install: config.redisInstall,
  fsync: config.redisFsync,
  searchPath: config.searchPath,
  runtimeDir: config.runtimeDir,
  say,
});
