/**
 * What an agent costs that waits for somebody: bytes of Redis, memory of the worker that brought it there, and nothing else:
 * no job, no activation. Counted as growth, from a server and a worker that have parked agents before.
 */
import { Redis } from "ioredis";
import { newRunId } from "../../infra/ids.ts";
import { queuePrefix } from "../../infra/queue/queues.ts";
import { type Keys, keysFor } from "../../infra/redis/keys.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { COORDINATOR_ACTOR, type Store } from "../../infra/store.ts";
import { startRedis } from "../support/redis.ts";
import { infoOf, RUNTIME_PREFIX } from "./hive.ts";
import { parkedRun } from "./parked-work.ts";
import { table, verdict } from "./sample.ts";
import type { BenchOptions } from "./steps.ts";
import { startWorkerProcess, type Told, type WorkerProcess } from "./worker-process.ts";

/** Agents of one run that may be at work at once, at most; one that waits is at work. */
const CREW = 100;
const RUNS = { whole: 100, quick: 10 } as const;
/** Runs that are brought to wait side by side. */
const AT_ONCE = 4;
const TARGET_BYTES = 6_144;
/** Milliseconds for one run to come to rest, and for the whole to do so. */
const RUN_MAX_MS = 120_000;
const SETTLE_MAX_MS = 60_000;
const LOOK_MS = 50;
/** Redis counts as settled when two looks so far apart differ by less than this, in bytes. */
const STILL_MS = 1_000;
const STILL_BYTES = 20_000;

type Waits = "approval" | "answer";

interface Bench {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly store: Store;
  readonly worker: WorkerProcess;
}

interface Look {
  readonly redisBytes: number;
  readonly kinds: ReadonlyMap<string, Kind>;
  readonly memory: Told["memory"];
  readonly jobs: number;
  readonly activations: number;
}

interface Kind {
  readonly keys: number;
  readonly bytes: number;
}

export async function parked({ quick, say }: BenchOptions): Promise<void> {
  const runs = quick ? RUNS.quick : RUNS.whole;
  say(
    `agents of type general, ${CREW} a run (as many as may be at work in one), by the real performers over a model in the`,
  );
  say(
    `process: born, session assembled, one answer of some 400 characters and one call. Growth by ${runs * CREW} agents,`,
  );
  say(
    `after ${CREW} that waited before the first look; one sample. Bytes: used_memory, and MEMORY USAGE of every key\n`,
  );
  for (const waits of ["approval", "answer"] as const) await measured(waits, runs, say);
}

async function measured(waits: Waits, runs: number, say: BenchOptions["say"]): Promise<void> {
  const server = await startRedis({ fsync: "everysec", args: ["--auto-aof-rewrite-percentage", "0"] });
  const redis = new Redis({ ...server.options, maxRetriesPerRequest: null });
  const keys = keysFor(RUNTIME_PREFIX);
  const settings = { socket: server.socket, prefix: RUNTIME_PREFIX, concurrency: 64, work: { waitsFor: waits } };
  const worker = await startWorkerProcess(settings);
  const bench: Bench = { redis, keys, store: redisStore(redis, keys), worker };
  try {
    await park(bench);
    const before = await looked(bench);
    const cpuBefore = await worker.ask("cpu");
    const fromMs = performance.now();
    const lanes = Array.from({ length: AT_ONCE }, async (_, lane) => {
      for (let run = lane; run < runs; run += AT_ONCE) await park(bench);
    });
    await Promise.all(lanes);
    const seconds = (performance.now() - fromMs) / 1_000;
    const cpuMs = ((await worker.ask("cpu")) - cpuBefore) / 1_000;
    const after = await looked(bench);
    print({ waits, agents: runs * CREW, before, after, seconds, cpuMs, idle: await idleShare(worker) }, say);
  } finally {
    await worker.stop();
    redis.disconnect();
    await server.stop();
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Creates a run and waits until somebody is asked something by each of its agents. */
async function park({ redis, keys, store }: Bench): Promise<void> {
  const run = newRunId();
  await store.create(parkedRun(run, CREW));
  const { approvals } = keys.run(run);
  const deadline = performance.now() + RUN_MAX_MS;
  while ((await asking(redis, approvals)) < CREW) {
    const status = await redis.hget(keys.run(run).run, "status");
    if (status !== "running") throw new Error(`a run of agents that wait ended ${status}`);
    if (performance.now() > deadline) throw new Error("agents of a run do not come to wait");
    await pause(LOOK_MS);
  }
}

/** Approvals of a run: fields that are named after the approval alone. */
const asking = async (redis: Redis, approvals: string): Promise<number> =>
  (await redis.hkeys(approvals)).filter((field) => /^p_[^#]+$/.test(field)).length;

/** Waits until nothing moves any more. */
async function looked({ redis, keys, worker }: Bench): Promise<Look> {
  const deadline = performance.now() + SETTLE_MAX_MS;
  const used = () => infoOf(redis, "memory", "used_memory");
  for (let last = await used(); ; ) {
    await pause(STILL_MS);
    const now = await used();
    const still = Math.abs(now - last) < STILL_BYTES && (await jobsIn(redis, keys)) === 0;
    if (still && (await worker.ask("active")) === 0) break;
    if (performance.now() > deadline) break; // what is not at rest is in the figures
    last = now;
  }
  return {
    redisBytes: await used(),
    kinds: await kindsIn(redis, keys),
    memory: await worker.ask("memory"),
    jobs: await jobsIn(redis, keys),
    activations: await worker.ask("active"),
  };
}

/** Jobs that are waited for or worked at, in all queues. */
async function jobsIn(redis: Redis, { prefix }: Keys): Promise<number> {
  let jobs = 0;
  const stream = redis.scanStream({ match: `${queuePrefix(prefix)}:*`, count: 1_000 });
  for await (const found of stream as AsyncIterable<string[]>) {
    for (const key of found) if (/:(active|wait|prioritized)$/.test(key)) jobs += await lengthOf(redis, key);
  }
  return jobs;
}

const lengthOf = async (redis: Redis, key: string): Promise<number> =>
  (await redis.type(key)) === "list" ? redis.llen(key) : redis.zcard(key);

async function kindsIn(redis: Redis, keys: Keys): Promise<ReadonlyMap<string, Kind>> {
  const kinds = new Map<string, { keys: number; bytes: number }>();
  const stream = redis.scanStream({ match: "*", count: 1_000 });
  for await (const found of stream as AsyncIterable<string[]>) {
    const asked = redis.pipeline();
    for (const key of found) asked.memory("USAGE", key, "SAMPLES", 0);
    const answers = (await asked.exec()) ?? [];
    for (const [index, key] of found.entries()) {
      const kind = kindOf(key, keys);
      const sum = kinds.get(kind) ?? { keys: 0, bytes: 0 };
      kinds.set(kind, { keys: sum.keys + 1, bytes: sum.bytes + Number(answers[index]?.[1] ?? 0) });
    }
  }
  return kinds;
}

const OF_ACTOR: Readonly<Record<string, string>> = { s: "snapshot", t: "transcript", p: "pending" };

/** Whose key it is, by its name: an agent's, the coordinator's, the run's, a shard's, a queue's. */
function kindOf(key: string, { prefix }: Keys): string {
  if (key.startsWith(queuePrefix(prefix))) return "queues";
  const [, , run = "", second = "", third] = key.split(":");
  if (!run.startsWith("r_")) return "shards and workers";
  if (third === undefined) return `run: ${second === "" ? "row" : second}`;
  if (second === COORDINATOR_ACTOR) return "coordinator";
  return `agent: ${OF_ACTOR[third] ?? third}`;
}

/** Share of one core that the worker takes while all wait. */
async function idleShare(worker: WorkerProcess): Promise<number> {
  const lookMs = 3_000;
  const before = await worker.ask("cpu");
  await pause(lookMs);
  return ((await worker.ask("cpu")) - before) / 1_000 / lookMs;
}

interface Measured {
  readonly waits: Waits;
  readonly agents: number;
  readonly before: Look;
  readonly after: Look;
  readonly seconds: number;
  readonly cpuMs: number;
  readonly idle: number;
}

function print({ waits, agents, before, after, seconds, cpuMs, idle }: Measured, say: BenchOptions["say"]): void {
  const each = (bytes: number): string => (bytes / agents).toFixed(0);
  const kinds = [...after.kinds]
    .map(([kind, { keys, bytes }]) => {
      const was = before.kinds.get(kind) ?? { keys: 0, bytes: 0 };
      return { kind, keys: keys - was.keys, bytes: bytes - was.bytes };
    })
    .sort((a, b) => b.bytes - a.bytes);
  const inKeys = kinds.reduce((sum, { bytes }) => sum + bytes, 0);
  const whole = after.redisBytes - before.redisBytes;
  say(`### ${agents} agents wait for an ${waits}\n`);
  say(
    table(
      ["what", "keys", "bytes an agent"],
      [
        ...kinds.map(({ kind, keys, bytes }) => [kind, String(keys), each(bytes)]),
        ["beside the keys", "", each(whole - inKeys)],
        ["all (used_memory)", "", each(whole)],
      ],
    ),
  );
  const heap = after.memory.heapBytes - before.memory.heapBytes;
  const resident = after.memory.rssBytes - before.memory.rssBytes;
  say(`\nworker: ${each(heap)} bytes of heap an agent, resident ${mb(before)} MB before and ${mb(after)} MB after,`);
  say(`${each(resident)} bytes an agent; ${(cpuMs / agents).toFixed(2)} ms of CPU to bring one there`);
  say(`(${(agents / seconds).toFixed(0)} agents/s); ${(idle * 100).toFixed(1)} % of a core while all wait`);
  const reached = verdict(whole / agents <= TARGET_BYTES);
  say(`target: at most ${TARGET_BYTES} bytes of Redis an agent: ${each(whole)}, ${reached}`);
  const slots = after.jobs + after.activations;
  say(`target: 0 worker slots: ${after.jobs} jobs, ${after.activations} activations, ${verdict(slots === 0)}\n`);
}

const mb = ({ memory }: Look): string => (memory.rssBytes / 1_048_576).toFixed(0);
