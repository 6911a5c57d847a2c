/** What 64 agents at work together take of one worker process: steps a second, CPU, memory. */
import { Redis } from "ioredis";
import { newRunId } from "../../infra/ids.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { startRedis } from "../support/redis.ts";
import { clearRuns, infoOf, RUNTIME_PREFIX, runToEnd } from "./hive.ts";
import { percentile, shown, spreadOf, table } from "./sample.ts";
import type { BenchOptions } from "./steps.ts";
import { startWorkerProcess, type WorkerProcess } from "./worker-process.ts";

const AGENTS = 64;
const TURNS = 20;
const MB = 1_048_576;
const KB = 1_024;

/** Of the turns of one run, but for what is said otherwise. */
interface Sample {
  readonly stepsPerSecond: number;
  readonly turnTimesMs: readonly number[];
  /** CPU of the worker and of Redis, in microseconds a commit. */
  readonly workerMicros: number;
  readonly redisMicros: number;
  /** Of one core, while the turns went on. */
  readonly busyShare: number;
  /** CPU of the worker for the whole run, births and ends included, in milliseconds an agent. */
  readonly wholeMs: number;
  /** What an agent at its last turn adds to the heap, collected, in bytes. */
  readonly heapBytes: number;
  readonly peakBytes: number;
}

export async function swarm64({ rounds, say }: BenchOptions): Promise<void> {
  const server = await startRedis({ fsync: "always", args: ["--auto-aof-rewrite-percentage", "0"] });
  const redis = new Redis({ ...server.options, maxRetriesPerRequest: null });
  const keys = keysFor(RUNTIME_PREFIX);
  const hive = { redis, keys, store: redisStore(redis, keys), turns: TURNS };
  const worker = await startWorkerProcess({
    socket: server.socket,
    prefix: RUNTIME_PREFIX,
    concurrency: AGENTS,
    work: { turns: TURNS, held: true },
  });
  const samples: Sample[] = [];
  let idleBytes = 0;
  try {
    // The first round warms up the compiler and is thrown away.
    for (let round = 0; round <= rounds; round += 1) {
      const sample = await sampled(hive, worker);
      await clearRuns(hive);
      if (round === 0) idleBytes = (await worker.ask("memory")).rssBytes;
      else samples.push(sample);
    }
  } finally {
    await worker.stop();
    redis.disconnect();
    await server.stop();
  }
  print(samples, idleBytes, { rounds, say });
}

type Hive = Parameters<typeof runToEnd>[0];

async function sampled(hive: Hive, worker: WorkerProcess): Promise<Sample> {
  const redisSeconds = async () =>
    (await infoOf(hive.redis, "cpu", "used_cpu_user")) + (await infoOf(hive.redis, "cpu", "used_cpu_sys"));
  const heapBefore = (await worker.ask("memory")).heapBytes;
  await worker.ask("forgetPeak");
  const cpuAtFirst = await worker.ask("cpu");
  const gathered = worker.gather(AGENTS);
  const ended = runToEnd(hive, newRunId(), AGENTS);
  await Promise.race([gathered, ended]);
  const redisBefore = await redisSeconds();
  const cpuBefore = await worker.ask("cpu");
  const fromMs = performance.now();
  const turnTimesMs = await worker.ask("go");
  const turnsMs = performance.now() - fromMs;
  const cpuMicros = (await worker.ask("cpu")) - cpuBefore;
  const redisMicros = ((await redisSeconds()) - redisBefore) * 1e6;
  // All are held at their last turn: what is on the heap now is theirs. Collecting it costs CPU that is nobody's.
  const beforeLook = await worker.ask("cpu");
  const { heapBytes, peakBytes } = await worker.ask("memory");
  const lookMicros = (await worker.ask("cpu")) - beforeLook;
  await worker.ask("leave");
  await ended;
  const wholeMicros = (await worker.ask("cpu")) - cpuAtFirst - lookMicros;
  const commits = AGENTS * TURNS * 2;
  return {
    stepsPerSecond: (commits / turnsMs) * 1_000,
    turnTimesMs,
    workerMicros: cpuMicros / commits,
    redisMicros: redisMicros / commits,
    busyShare: cpuMicros / 1_000 / turnsMs,
    wholeMs: wholeMicros / 1_000 / AGENTS,
    heapBytes: (heapBytes - heapBefore) / AGENTS,
    peakBytes,
  };
}

function print(samples: readonly Sample[], idleBytes: number, { rounds, say }: Omit<BenchOptions, "quick">): void {
  const of = (figure: (sample: Sample) => number, digits: number): string =>
    shown(spreadOf(samples.map(figure)), digits);
  say(
    `${AGENTS} agents of one run at work at once in one worker process, fsync always; ${TURNS} turns each, one model`,
  );
  say(`call and one tool call a turn (two commits), answered at once; about 1 KB of new content a turn.`);
  say(`Median [range] of ${rounds} rounds after one to warm up\n`);
  const rows = [
    ["1000 steps/s", of(({ stepsPerSecond }) => stepsPerSecond / 1_000, 2)],
    ["turn p50, ms", of(({ turnTimesMs }) => percentile(turnTimesMs, 0.5), 2)],
    ["turn p99, ms", of(({ turnTimesMs }) => percentile(turnTimesMs, 0.99), 2)],
    ["worker, CPU µs a step", of(({ workerMicros }) => workerMicros, 0)],
    ["worker, share of one core", of(({ busyShare }) => busyShare, 2)],
    ["worker, CPU ms an agent, from birth to end", of(({ wholeMs }) => wholeMs, 1)],
    ["Redis, CPU µs a step", of(({ redisMicros }) => redisMicros, 0)],
    ["worker, resident MB with nothing to do", (idleBytes / MB).toFixed(0)],
    ["worker, resident MB at most", of(({ peakBytes }) => peakBytes / MB, 0)],
    ["worker, heap KB an agent, at its last turn", of(({ heapBytes }) => heapBytes / KB, 1)],
  ];
  say(table(["of 64 agents", "median [range]"], rows));
}
