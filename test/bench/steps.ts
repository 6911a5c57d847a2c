/** Durable steps a second, beside the floor: alternately, in one process, over one socket, on one server. */
import { newRunId } from "../../infra/ids.ts";
import type { Fsync } from "../../infra/redis/server-arguments.ts";
import {
  clearRuns,
  type Hive,
  infoOf,
  memoryOf,
  openHive,
  prepare,
  type RecordedCommit,
  type Recording,
  record,
  replayAll,
  runToEnd,
} from "./hive.ts";
import { percentile, type Spread, shown, spreadOf, table, verdict } from "./sample.ts";

export interface StepsOptions {
  readonly rounds: number;
  readonly turns: number;
  readonly say: (line: string) => void;
}

interface Case {
  readonly fsync: Fsync;
  readonly agents: number;
  /** Runs of one sample, one after the other. */
  readonly runs: number;
}

interface Sample {
  readonly stepsPerSecond: number;
  readonly turnTimesMs: readonly number[];
  readonly nodeMicros: number;
  readonly redisMicros: number;
  /** Of one run, agents' and coordinator's. */
  readonly storedBytes: number;
}

interface Measured extends Case {
  readonly floor: readonly Sample[];
  readonly runtime: readonly Sample[];
  readonly memoryBytes: number;
}

const SHARE_TARGETS: Readonly<Record<Fsync, number>> = { always: 0.75, everysec: 0.55 };
const ADDED_TARGET_MS = 0.5;

export async function steps(options: StepsOptions): Promise<void> {
  const measured: Measured[] = [];
  for (const fsync of ["always", "everysec"] as const) {
    measured.push(await measure({ fsync, agents: 64, runs: 2 }, options));
    measured.push(await measure({ fsync, agents: 1, runs: 10 }, options));
  }
  print(measured, options);
}

/** Takes the time from one model call to the next of the same actor: that is a turn. */
function turnWatch() {
  const lastMs = new Map<string, number>();
  let timesMs: number[] = [];
  return {
    modelCalled(actor: string, turn: number): void {
      const nowMs = performance.now();
      const last = lastMs.get(actor);
      if (turn > 0 && last !== undefined) timesMs.push(nowMs - last);
      lastMs.set(actor, nowMs);
    },
    verified(): void {},
    take(): number[] {
      const taken = timesMs;
      timesMs = [];
      return taken;
    },
  };
}

async function measure(one: Case, { rounds, turns, say }: StepsOptions): Promise<Measured> {
  const watch = turnWatch();
  const hive = await openHive({ fsync: one.fsync, concurrency: one.agents, turns, watcher: watch });
  try {
    const recording = await record(hive, one.agents);
    const memoryBytes = await memoryOf(hive, recording.run);
    const floor: Sample[] = [];
    const runtime: Sample[] = [];
    // The first round warms up the compiler of either side and is thrown away.
    for (let round = 0; round <= rounds; round += 1) {
      const bare = await floorSample(hive, one, recording);
      watch.take();
      const whole = await runtimeSample(hive, one, watch.take);
      if (round === 0) continue;
      floor.push(bare);
      runtime.push(whole);
      say(
        `fsync ${one.fsync}, ${one.agents} at once, round ${round}: floor ${Math.round(bare.stepsPerSecond)}/s, runtime ${Math.round(whole.stepsPerSecond)}/s`,
      );
    }
    return { ...one, floor, runtime, memoryBytes };
  } finally {
    await hive.close();
  }
}

async function floorSample(hive: Hive, { runs }: Case, recording: Recording): Promise<Sample> {
  const prepared: RecordedCommit[][][] = [];
  for (let run = 0; run < runs; run += 1) prepared.push(await prepare(hive, recording));
  const turnTimesMs: number[] = [];
  return sampled(hive, runs, commitsOf(recording) * runs, async () => {
    for (const actors of prepared) await replayAll(hive, actors, turnTimesMs);
    return turnTimesMs;
  });

  function commitsOf({ commits }: Recording): number {
    return [...commits.values()].reduce((sum, list) => sum + list.length, 0);
  }
}

function runtimeSample(hive: Hive, { runs, agents }: Case, times: () => number[]): Promise<Sample> {
  // Only the agents' commits count; the coordinator's, the claims and the queue's work are the runtime's own expense.
  const commits = runs * agents * (2 * hive.turns + 4);
  return sampled(hive, runs, commits, async () => {
    for (let run = 0; run < runs; run += 1) await runToEnd(hive, newRunId(), agents);
    return times();
  });
}

async function sampled(
  hive: Hive,
  runs: number,
  commits: number,
  work: () => Promise<readonly number[]>,
): Promise<Sample> {
  const stored = () => infoOf(hive.redis, "persistence", "aof_current_size");
  const redisSeconds = async () =>
    (await infoOf(hive.redis, "cpu", "used_cpu_user")) + (await infoOf(hive.redis, "cpu", "used_cpu_sys"));
  const [bytesBefore, redisBefore] = [await stored(), await redisSeconds()];
  const nodeBefore = process.cpuUsage();
  const startMs = performance.now();
  const turnTimesMs = await work();
  const tookMs = performance.now() - startMs;
  const node = process.cpuUsage(nodeBefore);
  const redisMicros = ((await redisSeconds()) - redisBefore) * 1e6;
  const sample = {
    stepsPerSecond: (commits / tookMs) * 1_000,
    turnTimesMs,
    nodeMicros: (node.user + node.system) / commits,
    redisMicros: redisMicros / commits,
    storedBytes: ((await stored()) - bytesBefore) / runs,
  };
  await clearRuns(hive);
  return sample;
}

const over = (samples: readonly Sample[], figure: (sample: Sample) => number): Spread => spreadOf(samples.map(figure));
const p50 = ({ turnTimesMs }: Sample): number => percentile(turnTimesMs, 0.5);
const p99 = ({ turnTimesMs }: Sample): number => percentile(turnTimesMs, 0.99);

/** The ratio of neighbours: what the machine did to one sample it did to the next, more or less. */
const shares = ({ floor, runtime }: Measured): Spread =>
  spreadOf(runtime.map((sample, round) => sample.stepsPerSecond / (floor[round]?.stepsPerSecond ?? Number.NaN)));
const addedMs = ({ floor, runtime }: Measured): Spread =>
  spreadOf(runtime.map((sample, round) => p50(sample) - p50(floor[round] as Sample)));

function print(measured: readonly Measured[], { say, rounds, turns }: StepsOptions): void {
  say(`\n${turns} turns an agent, one model call and one tool call each; median [range] of ${rounds} rounds\n`);
  const row = (one: Measured, name: string, samples: readonly Sample[]): string[] => [
    one.fsync,
    String(one.agents),
    name,
    shown(over(samples, (sample) => sample.stepsPerSecond / 1_000), 2),
    name === "floor" ? "1" : shown(shares(one), 2),
    `${over(samples, p50).median.toFixed(2)} / ${over(samples, p99).median.toFixed(2)}`,
    over(samples, (sample) => sample.nodeMicros).median.toFixed(0),
    over(samples, (sample) => sample.redisMicros).median.toFixed(0),
    (over(samples, (sample) => sample.storedBytes).median / one.agents / 1_024).toFixed(1),
    name === "floor" ? "" : (one.memoryBytes / one.agents / 1_024).toFixed(1),
  ];
  const head = [
    "fsync",
    "at once",
    "what",
    "1000 steps/s",
    "of the floor",
    "turn p50 / p99 ms",
    "Node µs/commit",
    "Redis µs/commit",
    "AOF KB/agent",
    "Redis KB/agent",
  ];
  say(table(head, measured.flatMap((one) => [row(one, "floor", one.floor), row(one, "runtime", one.runtime)])));
  say("");
  for (const one of measured) {
    if (one.agents === 1) {
      const added = addedMs(one);
      say(
        `target: fsync ${one.fsync}, 1 actor: at most ${ADDED_TARGET_MS} ms added to a turn (p50): ${shown(added, 2)} ms, ${verdict(added.median <= ADDED_TARGET_MS)}`,
      );
    } else {
      const share = shares(one);
      const target = SHARE_TARGETS[one.fsync];
      say(
        `target: fsync ${one.fsync}, ${one.agents} actors: at least ${target} of the floor: ${shown(share, 2)}, ${verdict(share.median >= target)}`,
      );
    }
  }
}
