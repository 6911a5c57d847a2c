/**
 * The worker that comes with the embedded default: one process in a session of its own, which outlives the command
 * that started it and ends when it has been idle. While a command watches, it starts another where that one died.
 */
import { spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { SwarmError } from "../../infra/errors.ts";
import type { Hive } from "./hive.ts";
import { livingWorkers } from "./living-workers.ts";
import { fetchSandbox } from "./sandbox.ts";

/** Seconds without anything to do after which the worker ends. */
const IDLE_EXIT_S = 30;
/** How long a worker may take until it has signed in, in milliseconds. */
const START_MS = 15_000;
/** Workers started in the place of dead ones while one command watches, at most. */
const STARTS_MAX = 10;
const LOOK_MS = 200;

export interface WorkerKeeper {
  stop(): void;
}

/**
 * Sees to it that a worker which serves `binding` lives for as long as the command watches. With REDIS_URL it only
 * looks: workers are then somebody's own business, and their lack is told once.
 */
export async function keepWorker(
  hive: Hive,
  binding: string,
  lacking: (error: SwarmError) => void,
  /** False while there is nothing that a worker could do. */
  wanted: () => boolean = () => true,
): Promise<WorkerKeeper> {
  const serves = async (): Promise<boolean> =>
    (await livingWorkers(hive)).some(({ bindings }) => bindings.includes(binding));
  let startedAtMs = Number.NEGATIVE_INFINITY;
  let starts = 0;
  let stopped = false;
  let told = false;
  const look = async (): Promise<void> => {
    if (stopped || !wanted() || (await serves())) return;
    const sinceMs = performance.now() - startedAtMs;
    if (hive.endpoint.kind === "url" || starts >= STARTS_MAX) {
      if (startedAtMs === Number.NEGATIVE_INFINITY) startedAtMs = performance.now();
      else if (!told && sinceMs > START_MS) {
        told = true;
        lacking(noWorker(hive, starts));
      }
    } else if (child === null || child.exitCode !== null || child.signalCode !== null || sinceMs > START_MS) {
      // One that went because there was nothing to do has not died.
      starts += child?.exitCode === 0 ? 0 : 1;
      startedAtMs = performance.now();
      child = startWorker(hive);
    }
  };
  let child: ReturnType<typeof startWorker> | null = null;
  // A worker has to sign in within a time that the first fetch of a sandbox may exceed, and nobody reads what it says.
  if (hive.endpoint.kind !== "url" && !(await serves())) await fetchSandbox(hive.config);
  await look();
  let looking = false;
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    look()
      .catch((cause: unknown) => hive.log.debug({ err: cause }, "could not look after the worker"))
      .finally(() => {
        looking = false;
      });
  }, LOOK_MS);
  return {
    stop() {
      stopped = true;
      clearInterval(timer);
    },
  };
}

function startWorker(hive: Hive) {
  const log = openSync(join(hive.config.dataDir, "worker.log"), "a", 0o600);
  try {
    const entry = process.argv[1] as string;
    const child = spawn(process.execPath, [...process.execArgv, entry, "worker", "--idle-exit", String(IDLE_EXIT_S)], {
      detached: true,
      stdio: ["ignore", log, log],
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

function noWorker(hive: Hive, starts: number): SwarmError {
  if (starts === 0) {
    return new SwarmError("workers.none", "no worker that can serve this run is connected to this Redis", {
      exit: 7,
      retry: true,
      hint: "Start one: `swarm worker` with the same REDIS_URL and the same model settings. The run waits; `swarm resume` watches it again.",
    });
  }
  return new SwarmError("workers.dying", `${starts} workers were started and none stayed alive`, {
    exit: 7,
    retry: true,
    hint: `Their words are in ${join(hive.config.dataDir, "worker.log")}. The run is kept; \`swarm resume\` goes on with it.`,
  });
}
