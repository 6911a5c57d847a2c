/**
 * What a coordinator costs a task, and whether a run of 1,000 tasks costs more of it than ten runs of 100: its chart alone,
 * and all of it, in a worker process that hosts coordinators and nothing else.
 */
import { Redis } from "ioredis";
import { agentTypes } from "../../actors/types/index.ts";
import { newRunId } from "../../infra/ids.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { COORDINATOR_ACTOR, COORDINATOR_TYPE } from "../../infra/store.ts";
import { startRedis } from "../support/redis.ts";
import { type ChartCost, chartCosts } from "./chart-cost.ts";
import { type Bare, clearRuns, ended, RUNTIME_PREFIX } from "./hive.ts";
import { layeredRun, WIDTH } from "./layered.ts";
import { percentile, shown, spreadOf, table, verdict } from "./sample.ts";
import type { BenchOptions } from "./steps.ts";
import { startWorkerProcess, type WorkerProcess } from "./worker-process.ts";

const [FEW, MANY] = [100, 1_000] as const;
const RATIO_TARGET = 1.2;
const STEP_TARGET_MS = 1;
/** Milliseconds over which it is looked at what the worker takes with nothing to do. */
const IDLE_LOOK_MS = 3_000;

/** Of a coordinator, for each of its tasks. */
interface Sample {
  readonly cpuMicros: number;
  readonly claims: number;
  readonly commits: number;
  readonly logBytes: number;
  readonly stateBytes: number;
  /** One run from its creation to its end, agents included. */
  readonly wholeMs: number;
}

interface Bench extends Bare {
  readonly coordinators: WorkerProcess;
  /** CPU of that worker with nothing to do, in microseconds a millisecond. */
  readonly idle: number;
}

export async function graph({ rounds, say }: BenchOptions): Promise<void> {
  say(
    `runs of ${FEW} and of ${MANY} tasks in layers of ${WIDTH}, ${WIDTH} at work at once, each standing on two of the layer`,
  );
  say(`before; median [range] of ${rounds} rounds after one to warm up, either size in turn, ${MANY} tasks a sample\n`);
  chart(rounds, say);
  await whole(rounds, say);
}

function chart(rounds: number, say: BenchOptions["say"]): void {
  const costs = new Map<number, ChartCost[]>([FEW, MANY].map((tasks) => [tasks, []]));
  for (let round = 0; round <= rounds; round += 1)
    for (const [tasks, of] of costs)
      for (let run = 0; run < MANY / tasks; run += 1) {
        const cost = chartCosts(tasks);
        if (round > 0) of.push(cost);
      }
  const medians = (of: readonly ChartCost[], figure: (cost: ChartCost) => readonly number[]): string =>
    shown(spreadOf(of.map((cost) => percentile(figure(cost), 0.5) * 1_000)), 0);
  say("the chart alone, in this process: µs a step, median [range] of the runs' medians; slowest step of each run\n");
  const rows = [...costs].map(([tasks, of]) => [
    String(tasks),
    medians(of, ({ foldMs }) => foldMs),
    medians(of, ({ laidMs }) => laidMs),
    medians(of, ({ wokenMs }) => wokenMs),
    shown(spreadOf(of.map(({ foldMs }) => Math.max(...foldMs) * 1_000)), 0),
  ]);
  say(table(["tasks", "decide", "lay out, hash", "read back at a claim", "slowest decision"], rows));
  const many = (costs.get(MANY) ?? []).flatMap(({ foldMs, laidMs }) => foldMs.map((ms, at) => ms + (laidMs[at] ?? 0)));
  const median = percentile(many, 0.5);
  say(
    `target: a step of ${MANY} tasks below ${STEP_TARGET_MS} ms: ${median.toFixed(2)} ms (99 of 100: ${percentile(many, 0.99).toFixed(2)}), ${verdict(median < STEP_TARGET_MS)}\n`,
  );
}

async function whole(rounds: number, say: BenchOptions["say"]): Promise<void> {
  const server = await startRedis({ fsync: "everysec", args: ["--auto-aof-rewrite-percentage", "0"] });
  const redis = new Redis({ ...server.options, maxRetriesPerRequest: null });
  const keys = keysFor(RUNTIME_PREFIX);
  const settings = {
    socket: server.socket,
    prefix: RUNTIME_PREFIX,
    concurrency: WIDTH,
    work: { turns: 0, held: false },
  };
  const workers: WorkerProcess[] = [];
  const samples = new Map<number, Sample[]>([FEW, MANY].map((tasks) => [tasks, []]));
  try {
    const coordinators = await startWorkerProcess({ ...settings, types: [COORDINATOR_TYPE] });
    workers.push(coordinators);
    workers.push(await startWorkerProcess({ ...settings, types: agentTypes.map(({ name }) => name) }));
    const bench = { redis, keys, store: redisStore(redis, keys), coordinators, idle: await idleOf(coordinators) };
    for (let round = 0; round <= rounds; round += 1)
      for (const [tasks, of] of samples) {
        const sample = await sampled(bench, tasks);
        await clearRuns(bench);
        if (round > 0) of.push(sample);
      }
    print(samples, bench.idle, say);
  } finally {
    for (const worker of workers) await worker.stop();
    redis.disconnect();
    await server.stop();
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function idleOf(worker: WorkerProcess): Promise<number> {
  await pause(IDLE_LOOK_MS);
  const before = await worker.ask("cpu");
  await pause(IDLE_LOOK_MS);
  return ((await worker.ask("cpu")) - before) / IDLE_LOOK_MS;
}

/** As many runs of this size as come to the same number of tasks, one after the other. */
async function sampled(bench: Bench, tasks: number): Promise<Sample> {
  const runs = Array.from({ length: MANY / tasks }, () => newRunId());
  const before = await bench.coordinators.ask("cpu");
  const fromMs = performance.now();
  for (const run of runs) {
    await bench.store.create(layeredRun(run, tasks));
    await ended(bench, run);
  }
  const tookMs = performance.now() - fromMs;
  const cpuMicros = (await bench.coordinators.ask("cpu")) - before - bench.idle * tookMs;
  const sums = { claims: 0, commits: 0, logBytes: 0, stateBytes: 0 };
  for (const run of runs) {
    const found = await storedOf(bench, run);
    for (const name of ["claims", "commits", "logBytes", "stateBytes"] as const) sums[name] += found[name];
  }
  const each = (sum: number): number => sum / MANY;
  return {
    cpuMicros: each(cpuMicros),
    claims: each(sums.claims),
    commits: each(sums.commits),
    logBytes: each(sums.logBytes),
    stateBytes: each(sums.stateBytes),
    wholeMs: tookMs / runs.length,
  };
}

/** What a run's coordinator left in the store: an entry of the log is led by who wrote it. */
async function storedOf({ redis, keys }: Bare, run: string) {
  const { snapshot } = keys.actor(run, COORDINATOR_ACTOR);
  let [commits, logBytes] = [0, 0];
  for (const [, fields] of await redis.xrangeBuffer(keys.run(run).log, "-", "+")) {
    const entry = fields[1];
    if (entry === undefined) continue;
    const head = entry.toString("latin1", 0, entry.indexOf("\n"));
    if (!head.split(" ")[1]?.startsWith(`${COORDINATOR_ACTOR}/`)) continue;
    commits += 1;
    logBytes += entry.length;
  }
  const claims = Number(await redis.hget(snapshot, "epoch"));
  return { commits, logBytes, claims, stateBytes: Number(await redis.memory("USAGE", snapshot, "SAMPLES", 0)) };
}

function print(samples: ReadonlyMap<number, readonly Sample[]>, idle: number, say: BenchOptions["say"]): void {
  say(
    `all of the coordinator, in a worker that hosts no agents (with nothing to do it takes ${(idle / 10).toFixed(1)} % of a`,
  );
  say("core, which is left out); agents report at once, in a second worker; fsync everysec. For each task:\n");
  const rows = [...samples].map(([tasks, of]) => {
    const cell = (figure: (sample: Sample) => number, digits: number): string =>
      shown(spreadOf(of.map(figure)), digits);
    return [
      String(tasks),
      cell(({ cpuMicros }) => cpuMicros / 1_000, 2),
      cell(({ commits }) => commits, 2),
      cell(({ claims }) => claims, 2),
      cell(({ logBytes }) => logBytes, 0),
      cell(({ stateBytes }) => stateBytes, 0),
      cell(({ wholeMs }) => wholeMs / 1_000, 1),
    ];
  });
  say(table(["tasks", "CPU ms", "commits", "claims", "log bytes", "state bytes", "a whole run, s"], rows));
  for (const [what, figure] of [
    ["CPU", ({ cpuMicros }: Sample) => cpuMicros],
    ["log", ({ logBytes }: Sample) => logBytes],
  ] as const) {
    const few = samples.get(FEW) ?? [];
    const ratios = (samples.get(MANY) ?? []).map((sample, at) => figure(sample) / figure(few[at] as Sample));
    const ratio = spreadOf(ratios);
    say(
      `target: ${what} of a task among ${MANY} at most ${RATIO_TARGET} of one among ${FEW}: ${shown(ratio, 2)}, ${verdict(ratio.median <= RATIO_TARGET)}`,
    );
  }
}
