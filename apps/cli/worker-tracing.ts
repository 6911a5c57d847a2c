/** Telemetry of a worker, where its environment names a collector; elsewhere not a line of it is loaded. */
import { randomUUID } from "node:crypto";
import { actorTypes } from "../../actors/types/index.ts";
import { lookAtSwarm } from "../../infra/telemetry/look-at-swarm.ts";
import type { Tracing } from "../../infra/telemetry/tracing.ts";
import type { Hive } from "./hive.ts";

export async function workerTracing({ config, redis, keys, log }: Hive): Promise<Tracing | undefined> {
  if (config.telemetry === undefined) return undefined;
  const { openTracing } = await import("../../infra/telemetry/open-tracing.ts");
  const tracing = openTracing(config.telemetry, log, { instance: randomUUID() });
  tracing.observe(lookAtSwarm(redis, keys, actorTypes));
  return tracing;
}
