/** Durable steps a second, beside the floor: alternately, in one process, over one socket, on one server. */
import { newRunId } from "../../infra/ids.ts";
import type { Fsync } from "../../infra/redis/server-arguments.ts";
import type { RecordedCommit, Recording } from "./hive.ts";
import { clearRuns, type Hive, infoOf, memoryOf, openHive, prepare, record, replayAll, runToEnd } from "./hive.ts";
import { percentile, type Spread, shown, spreadOf, table, verdict } from "./sample.ts";
import { type Turns, turnsOf } from "./turns.ts";

export interface BenchOptions {
  readonly rounds: number;
  /** Whether what cannot be measured in fewer rounds is measured at a smaller size. */
  readonly quick: boolean;
  readonly say: (line: string) => void;
}

interface Case {
  readonly fsync: Fsync;
  readonly agents: number;
  /** Runs of one sample, one after the other. */
  readonly runs: number;
}

/** Of the turns alone, but for `wholeMs` and `storedBytes`. */
interface Sample {
  readonly stepsPerSecond: number;
  readonly turnTimesMs: readonly number[];
  readonly nodeMicros: number;
  readonly redisMicros: number;
  /** One run from its creation to its end, or all of the floor's commits. */
  readonly wholeMs: number;
  /** Growth of the append-only file by one run. */
  readonly storedBytes: number;
}

interface Measured extends Case {
  readonly floor: readonly Sample[];
  readonly runtime: readonly Sample[];
  readonly memoryBytes: number;
}

const TURNS = 20;
/** Agents of one run, at most: a coordinator starts no more than 50 before it hears of the first. */
const CREW_MAX = 32;
const SHARE_TARGETS: Readonly<Record<Fsync, number>> = { always: 0.75, everysec: 0.55 };
const ADDED_TARGET_MS = 0.5;

export async function steps(options: BenchOptions): Promise<void> {
  const measured: Measured[] = [];
  for (const fsync of ["always", "everysec"] as const) {
    measured.push(await measure({ fsync, agents: 64, runs: 3 }, options));
    measured.push(await measure({ fsync, agents: 1, runs: 15 }, options));
  }
  print(measured, options);
}

async function measure(one: Case, { rounds, say }: BenchOptions): Promise<Measured> {
  const turns = turnsOf(TURNS);
  const hive = await openHive({ fsync: one.fsync, concurrency: one.agents, turns: TURNS, watcher: turns.watcher });
  try {
    const recording = await record(hive, Math.min(one.agents, CREW_MAX));
    const memoryBytes = await memoryOf(hive, recording.run);
    const floor: Sample[] = [];
    const runtime: Sample[] = [];
    // The first round warms up the compiler of either side and is thrown away.
    for (let round = 0; round <= rounds; round += 1) {
      const bare = await floorSample(hive, one, recording);
      const whole = await runtimeSample(hive, one, turns);
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

async function floorSample(hive: Hive, one: Case, recording: Recording): Promise<Sample> {
  const prepared: RecordedCommit[][][] = [];
  for (let run = 0; run < one.runs; run += 1) {
    prepared.push((await Promise.all(crewsOf(one).map(() => prepare(hive, recording)))).flat());
  }
  return sampled(hive, one, async (run, timed) => {
    await replayAll(hive, prepared[run] ?? [], timed);
  });
}

function runtimeSample(hive: Hive, one: Case, turns: Turns): Promise<Sample> {
  return sampled(hive, one, async (_, timed) => {
    const gathered = turns.gather(one.agents);
    const ended = Promise.all(crewsOf(one).map((size) => runToEnd(hive, newRunId(), size)));
    try {
      await Promise.race([gathered, ended]);
      await timed(turns.go);
    } finally {
      turns.leave();
    }
    await ended;
  });
}

/** Sizes of the runs that make up one sample's agents. */
function crewsOf({ agents }: Case): number[] {
  const crews = Math.ceil(agents / CREW_MAX);
  return Array.from({ length: crews }, () => agents / crews);
}

type Timed = (turns: () => Promise<readonly number[]>) => Promise<void>;

async function sampled(
  hive: Hive,
  { runs, agents }: Case,
  work: (run: number, timed: Timed) => Promise<void>,
): Promise<Sample> {
  const stored = () => infoOf(hive.redis, "persistence", "aof_current_size");
  const redisSeconds = async () =>
    (await infoOf(hive.redis, "cpu", "used_cpu_user")) + (await infoOf(hive.redis, "cpu", "used_cpu_sys"));
  const turnTimesMs: number[] = [];
  let [turnsMs, nodeMicros, redisMicros] = [0, 0, 0];
  const timed: Timed = async (turns) => {
    const redisBefore = await redisSeconds();
    const nodeBefore = process.cpuUsage();
    const fromMs = performance.now();
    turnTimesMs.push(...(await turns()));
    turnsMs += performance.now() - fromMs;
    const node = process.cpuUsage(nodeBefore);
    nodeMicros += node.user + node.system;
    redisMicros += ((await redisSeconds()) - redisBefore) * 1e6;
  };
  const bytesBefore = await stored();
  const fromMs = performance.now();
  for (let run = 0; run < runs; run += 1) await work(run, timed);
  const wholeMs = (performance.now() - fromMs) / runs;
  const storedBytes = ((await stored()) - bytesBefore) / runs;
  await clearRuns(hive);
  const commits = runs * agents * TURNS * 2;
  return {
    stepsPerSecond: (commits / turnsMs) * 1_000,
    turnTimesMs,
    nodeMicros: nodeMicros / commits,
    redisMicros: redisMicros / commits,
    wholeMs,
    storedBytes,
  };
}

const over = (samples: readonly Sample[], figure: (sample: Sample) => number): Spread => spreadOf(samples.map(figure));
const p50 = ({ turnTimesMs }: Sample): number => percentile(turnTimesMs, 0.5);
const p99 = ({ turnTimesMs }: Sample): number => percentile(turnTimesMs, 0.99);

/** The ratio of neighbours: what the machine did to one sample it did to the next, more or less. */
const shares = ({ floor, runtime }: Measured): Spread =>
  spreadOf(runtime.map((sample, round) => sample.stepsPerSecond / (floor[round]?.stepsPerSecond ?? Number.NaN)));
const addedMs = ({ floor, runtime }: Measured): Spread =>
  spreadOf(runtime.map((sample, round) => p50(sample) - p50(floor[round] as Sample)));

function print(measured: readonly Measured[], { say, rounds }: BenchOptions): void {
  say(`\n${TURNS} turns an agent, one model call and one tool call each; median [range] of ${rounds} rounds\n`);
  const row = (one: Measured, name: string, samples: readonly Sample[]): string[] => [
    one.fsync,
    String(one.agents),
    name,
    shown(
      over(samples, ({ stepsPerSecond }) => stepsPerSecond / 1_000),
      2,
    ),
    name === "floor" ? "1" : shown(shares(one), 2),
    `${over(samples, p50).median.toFixed(2)} / ${over(samples, p99).median.toFixed(2)}`,
    over(samples, ({ nodeMicros }) => nodeMicros).median.toFixed(0),
    over(samples, ({ redisMicros }) => redisMicros).median.toFixed(0),
    over(samples, ({ wholeMs }) => wholeMs).median.toFixed(0),
    (over(samples, ({ storedBytes }) => storedBytes).median / one.agents / 1_024).toFixed(1),
    name === "floor" ? "" : (one.memoryBytes / Math.min(one.agents, CREW_MAX) / 1_024).toFixed(1),
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
    "whole run ms",
    "AOF KB/agent",
    "Redis KB/agent",
  ];
  const rows = measured.flatMap((one) => [row(one, "floor", one.floor), row(one, "runtime", one.runtime)]);
  say(table(head, rows));
  say("");
  for (const one of measured) say(target(one));
}

function target(one: Measured): string {
  if (one.agents === 1) {
    const added = addedMs(one);
    return `target: fsync ${one.fsync}, 1 actor: at most ${ADDED_TARGET_MS} ms added to a turn (p50): ${shown(added, 2)} ms, ${verdict(added.median <= ADDED_TARGET_MS)}`;
  }
  const share = shares(one);
  const least = SHARE_TARGETS[one.fsync];
  return `target: fsync ${one.fsync}, ${one.agents} actors: at least ${least} of the floor: ${shown(share, 2)}, ${verdict(share.median >= least)}`;
}
