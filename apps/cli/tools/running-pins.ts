/**
 * The pins of a Redis that is there anyway. Looking at what there is starts no server: where none runs, nothing was ever
 * approved through it that counts now.
 */
import { existsSync } from "node:fs";
import type { Config } from "../../../infra/config.ts";
import type { Pins } from "../../../infra/pins.ts";
import { say } from "../say.ts";

export interface RunningPins {
  /** Null where there is no Redis to ask. */
  readonly pins: Pins | null;
  close(): void;
}

const NONE: RunningPins = { pins: null, close: () => undefined };

/** Says so on stderr where a configured Redis does not answer; throws only on breakage. */
export async function runningPins(config: Config): Promise<RunningPins> {
  if (config.redisUrl === undefined && !(await runsHere(config))) return NONE;
  const [{ openRedis }, { connect }, { keysFor }, { redisPins }, { redisSettings }] = await Promise.all([
    import("../../../infra/redis/embedded.ts"),
    import("../../../infra/redis/connect.ts"),
    import("../../../infra/redis/keys.ts"),
    import("../../../infra/redis/pins.ts"),
    import("../redis-settings.ts"),
  ]);
  const endpoint = await openRedis(redisSettings(config)).catch((cause: unknown) => {
    say(`swarm: approvals cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`);
    return null;
  });
  if (endpoint === null) return NONE;
  const redis = connect({ options: endpoint.options, broke: () => undefined });
  return { pins: redisPins(redis, keysFor(config.prefix)), close: () => redis.disconnect() };
}

async function runsHere({ dataDir, searchPath }: Config): Promise<boolean> {
  if (!existsSync(dataDir)) return false;
  const { runningSocket } = await import("../../../infra/redis/embedded.ts");
  return (await runningSocket(dataDir, searchPath)) !== null;
}
