/** `swarm down`: ends this data folder's server, its workers and its private Redis. What was committed stays. */
import { realpath } from "node:fs/promises";
import { readConfig } from "../../../infra/config.ts";
import { connect } from "../../../infra/redis/connect.ts";
import { runningSocket, stopEmbedded } from "../../../infra/redis/embedded.ts";
import { keysFor } from "../../../infra/redis/keys.ts";
import {
  identifyProcess,
  isAlive,
  type ProcessIdentity,
  signalProcess,
} from "../../../infra/redis/process-identity.ts";
import { workerRows } from "../../../infra/redis/workers.ts";
import { livingWorkers } from "../living-workers.ts";
import { printJson } from "../print.ts";
import { servingNow } from "../up/record.ts";

/** Milliseconds that workers get to end their steps; past it they are killed, and their work is taken over later. */
const WORKER_END_MS = 30_000;
/** A little more: it waits for its own worker. */
const SERVER_END_MS = 36_000;

export async function act(_args: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const config = await readConfig();
  const server = await stopServer(config.dataDir);
  const workers = config.redisUrl === undefined ? await stopWorkers() : 0;
  const redis = config.redisUrl === undefined ? await stopEmbedded(config.dataDir, config.searchPath) : "not ours";
  if (flags.json === true) printJson({ v: 1, server, workers, redis });
  else process.stdout.write(`server: ${server}; workers stopped: ${workers}; redis: ${redis}\n`);
  return 0;

  async function stopWorkers(): Promise<number> {
    const socket = await runningSocket(config.dataDir, config.searchPath);
    if (socket === null) return 0;
    const redis = connect({ options: { path: socket }, broke: () => {} });
    try {
      const rows = await livingWorkers({ workers: workerRows(redis, keysFor(config.prefix)) });
      const identities = rows.flatMap(({ pid }) => identifyProcess(pid) ?? []);
      for (const identity of identities) signalProcess(identity, "SIGTERM");
      await gone(identities, WORKER_END_MS);
      return identities.length;
    } finally {
      redis.disconnect();
    }
  }
}

/** Its worker ends with it, in order. */
async function stopServer(dataDir: string): Promise<"stopped" | "not-running"> {
  const real = await realpath(dataDir).catch(() => null);
  const serving = real === null ? null : await servingNow(real);
  if (serving === null || !signalProcess(serving.identity, "SIGTERM")) return "not-running";
  await gone([serving.identity], SERVER_END_MS);
  return "stopped";
}

/** Whoever is still there when the time is over is killed. */
async function gone(identities: readonly ProcessIdentity[], endMs: number): Promise<void> {
  const deadlineMs = performance.now() + endMs;
  while (identities.some(isAlive) && performance.now() < deadlineMs)
    await new Promise((resolve) => setTimeout(resolve, 50));
  for (const identity of identities) if (isAlive(identity)) signalProcess(identity, "SIGKILL");
}
