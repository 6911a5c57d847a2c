/** `swarm down`: ends this data folder's workers and its private Redis. What was committed stays. */
import { readConfig } from "../../../infra/config.ts";
import { connect } from "../../../infra/redis/connect.ts";
import { runningSocket, stopEmbedded } from "../../../infra/redis/embedded.ts";
import { keysFor } from "../../../infra/redis/keys.ts";
import { identifyProcess, isAlive, signalProcess } from "../../../infra/redis/process-identity.ts";
import { workerRows } from "../../../infra/redis/workers.ts";
import { livingWorkers } from "../living-workers.ts";
import { printJson } from "../print.ts";

/** Milliseconds that workers get to end their steps; past it they are killed, and their work is taken over later. */
const WORKER_END_MS = 30_000;

export async function act(_args: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const config = await readConfig();
  const workers = config.redisUrl === undefined ? await stopWorkers() : 0;
  const redis = config.redisUrl === undefined ? await stopEmbedded(config.dataDir, config.searchPath) : "not ours";
  if (flags.json === true) printJson({ v: 1, workers, redis });
  else process.stdout.write(`workers stopped: ${workers}; redis: ${redis}\n`);
  return 0;

  async function stopWorkers(): Promise<number> {
    const socket = await runningSocket(config.dataDir, config.searchPath);
    if (socket === null) return 0;
    const redis = connect({ options: { path: socket }, broke: () => {} });
    try {
      const rows = await livingWorkers({ workers: workerRows(redis, keysFor(config.prefix)) });
      const identities = rows.flatMap(({ pid }) => identifyProcess(pid) ?? []);
      for (const identity of identities) signalProcess(identity, "SIGTERM");
      const deadlineMs = performance.now() + WORKER_END_MS;
      while (identities.some(isAlive) && performance.now() < deadlineMs)
        await new Promise((resolve) => setTimeout(resolve, 50));
      for (const identity of identities) if (isAlive(identity)) signalProcess(identity, "SIGKILL");
      return identities.length;
    } finally {
      redis.disconnect();
    }
  }
}
