/**
 * One Redis, one process, one runtime, and the two ways the same commits get done in them: by the runtime, and by
 * the bare script (the floor), which is sent the very keys and arguments that the runtime sent, for actors of its own.
 */
import { Redis } from "ioredis";
import type { ModelAccess } from "../../actors/runtime/effects/model-call.ts";
import { createRuntime, type Runtime } from "../../actors/runtime/runtime.ts";
import { newRunId } from "../../infra/ids.ts";
import { openLog } from "../../infra/log.ts";
import { type Keys, keysFor } from "../../infra/redis/keys.ts";
import { type Scripts, scriptsOn } from "../../infra/redis/scripts.ts";
import type { Fsync } from "../../infra/redis/server-arguments.ts";
import { redisStore } from "../../infra/redis/store.ts";
import type { Store } from "../../infra/store.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { BINDING, mockedPerformers, PRICE, runOf, type Watcher } from "./mocked-work.ts";

export const RUNTIME_PREFIX = "bench";
const FLOOR_PREFIX = "floor";

export interface Hive {
  readonly server: TestRedis;
  readonly redis: Redis;
  readonly keys: Keys;
  readonly store: Store;
  readonly scripts: Scripts;
  readonly turns: number;
  close(): Promise<void>;
}

export interface HiveOptions {
  readonly fsync: Fsync;
  /** Agents that may work at once. */
  readonly concurrency: number;
  /** Turns an agent takes before it reports. */
  readonly turns: number;
  readonly watcher: Watcher;
}

/** Rewrites of the append-only file are off: one that starts in the middle of a sample would be all that it shows. */
export async function openHive({ fsync, concurrency, turns, watcher }: HiveOptions): Promise<Hive> {
  const server = await startRedis({ fsync, args: ["--auto-aof-rewrite-percentage", "0"] });
  const redis = new Redis({ ...server.options, maxRetriesPerRequest: null });
  const keys = keysFor(RUNTIME_PREFIX);
  const access = { price: () => PRICE } as unknown as ModelAccess;
  const runtime: Runtime = createRuntime({
    redis,
    keys,
    accesses: new Map([[BINDING, access]]),
    concurrency,
    log: openLog("warn"),
    performers: mockedPerformers(turns, watcher),
  });
  await runtime.start();
  return {
    server,
    redis,
    keys,
    store: redisStore(redis, keys),
    scripts: scriptsOn(redis),
    turns,
    async close() {
      await runtime.stop();
      redis.disconnect();
      await server.stop();
    },
  };
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
/** Milliseconds a run may take before the benchmark gives up on it. */
const RUN_MAX_MS = 120_000;

/** Creates a run and waits for its end; throws where it ends in any other way than completed. */
export async function runToEnd(hive: Bare & { readonly turns: number }, run: string, agents: number): Promise<void> {
  await hive.store.create(runOf(run, agents, hive.turns));
  await ended(hive, run);
}

/** What it takes to create a run and look at it, whoever works at it. */
export type Bare = Pick<Hive, "redis" | "keys" | "store">;

/** Waits for a run's end; throws where it ends in any other way than completed. */
export async function ended({ redis, keys }: Bare, run: string): Promise<void> {
  const deadline = performance.now() + RUN_MAX_MS;
  for (;;) {
    const status = await redis.hget(keys.run(run).run, "status");
    if (status === "completed") return;
    if (status !== "running") throw new Error(`a benchmark's run ended ${status}`);
    if (performance.now() > deadline) throw new Error("a benchmark's run does not end");
    await pause(2);
  }
}

/** What the runtime sent for one agent, in order. */
export interface Recording {
  readonly run: string;
  readonly commits: ReadonlyMap<string, readonly RecordedCommit[]>;
}

export interface RecordedCommit {
  readonly keys: readonly string[];
  /** What is packed in them is bytes. */
  readonly args: readonly (string | Buffer)[];
}

/** Runs once and keeps every commit of every agent, as it left for the socket. */
export async function record(hive: Hive, agents: number): Promise<Recording> {
  const run = newRunId();
  const commits = new Map<string, RecordedCommit[]>();
  const keyCount = 16;
  const send = hive.redis.sendCommand;
  hive.redis.sendCommand = function recorded(this: Redis, ...given: Parameters<typeof send>) {
    const [name, sha, count, ...rest] = argumentsOf(Buffer.from(given[0].toWritable(hive.redis)));
    if (
      name === "evalsha" &&
      sha !== undefined &&
      count === String(keyCount) &&
      String(rest[6 + keyCount]).startsWith(`${run}/a_t`)
    ) {
      const actor = String(rest[6 + keyCount]).split("/")[1] as string;
      const list = commits.get(actor) ?? [];
      list.push({ keys: rest.slice(0, keyCount).map(String), args: rest.slice(keyCount) });
      commits.set(actor, list);
    }
    return send.apply(this, given);
  };
  try {
    await runToEnd(hive, run, agents);
  } finally {
    hive.redis.sendCommand = send;
  }
  const expected = BEFORE_TURNS + 2 * hive.turns + AFTER_TURNS;
  for (const [actor, list] of commits) {
    if (list.length !== expected) throw new Error(`${actor} made ${list.length} commits instead of ${expected}`);
  }
  if (commits.size !== agents) throw new Error(`${commits.size} agents made commits instead of ${agents}`);
  return { run, commits };
}

/** A command taken apart again, with what is no text left as bytes. */
function argumentsOf(wire: Buffer): (string | Buffer)[] {
  const found: (string | Buffer)[] = [];
  for (let at = wire.indexOf("$"); at !== -1 && at < wire.length; ) {
    const from = wire.indexOf("\n", at) + 1;
    const to = from + Number(wire.subarray(at + 1, from).toString());
    const [bytes, text] = [wire.subarray(from, to), wire.toString("utf8", from, to)];
    found.push(Buffer.from(text).equals(bytes) ? text : bytes);
    at = to + 2;
  }
  return found;
}

/**
 * Fresh actors for the recorded commits: claimed, with their first message in the mailbox, ready to be replayed. They
 * live under a prefix as long as the runtime's, so that no sweep of the runtime ever finds them.
 */
export async function prepare(hive: Hive, recording: Recording): Promise<RecordedCommit[][]> {
  const keys = keysFor(FLOOR_PREFIX);
  const run = twin(keys, recording.run);
  await hive.redis.hset(keys.run(run).run, { status: "running", binding: BINDING, seq: "0" });
  const fresh = (text: string): string =>
    text.replaceAll(recording.run, run).replaceAll(`${RUNTIME_PREFIX}:{`, `${FLOOR_PREFIX}:{`);
  const freshArgument = (one: string | Buffer): string | Buffer => (typeof one === "string" ? fresh(one) : one);
  return Promise.all(
    [...recording.commits].map(async ([actor, commits]) => {
      const ofActor = keys.actor(run, actor);
      // Every claim under one nonce: a recorded agent may have been claimed twice.
      const [, , nonce = "", , , , , , opening = ""] = (commits[0]?.args ?? []).map(String);
      await hive.redis.rpush(ofActor.mailbox, `${opening},"input":{}}`);
      const { ready, stranded, incarnation } = keys.shard(keys.shardOf(run));
      const { snapshot, pending, transcript, mailbox } = ofActor;
      const claimKeys = [
        keys.run(run).run,
        snapshot,
        mailbox,
        pending,
        keys.run(run).blobs,
        transcript,
        ready,
        stranded,
        incarnation,
      ];
      const [kind, epoch] = await hive.scripts.claim(claimKeys, [nonce, `${run}/${actor}/explore`, BINDING, 1]);
      if (String(kind) !== "OK") throw new Error(`a claim for the floor failed: ${kind}`);
      // The same list for each, as the runtime has it.
      const names = (commits[0]?.keys ?? []).map(fresh);
      return commits.map(({ args }, index) => ({
        keys: names,
        args: [`${nonce}.${index + 1}`, String(epoch), nonce, ...args.slice(3).map(freshArgument)],
      }));
    }),
  );
}

/** A run id as long as the other and of the same shard: every byte that is sent keeps its length. */
function twin(keys: Keys, run: string): string {
  for (;;) {
    const drawn = newRunId();
    if (keys.shardOf(drawn) === keys.shardOf(run)) return drawn;
  }
}

/** Commits of an agent before its first turn (born, assembled) and after its last (reported, verified). */
const BEFORE_TURNS = 2;
const AFTER_TURNS = 2;

/**
 * Commits of the turns only, all actors at once, each waiting for its last commit before it sends the next. What comes
 * before and after the turns is sent too, but `timed` sees nothing of it. Throws where a commit is not accepted.
 */
export async function replayAll(
  hive: Hive,
  actors: readonly RecordedCommit[][],
  timed: (turns: () => Promise<readonly number[]>) => Promise<void>,
): Promise<void> {
  const send = async (commits: readonly RecordedCommit[], done: (index: number) => void): Promise<void> => {
    for (const [index, { keys, args }] of commits.entries()) {
      const [kind] = await hive.scripts.commit(keys, args);
      if (kind !== "OK") throw new Error(`a commit of the floor was answered ${kind}`);
      done(index);
    }
  };
  const all = (from: number, to: number, done: () => (index: number) => void): Promise<unknown> =>
    Promise.all(actors.map((commits) => send(commits.slice(from, to), done())));
  await all(0, BEFORE_TURNS, () => () => {});
  await timed(async () => {
    const turnTimesMs: number[] = [];
    await all(BEFORE_TURNS, -AFTER_TURNS, () => {
      let fromMs = performance.now();
      return (index) => {
        if (index % 2 === 0) return;
        const nowMs = performance.now();
        turnTimesMs.push(nowMs - fromMs);
        fromMs = nowMs;
      };
    });
    return turnTimesMs;
  });
  await Promise.all(actors.map((commits) => send(commits.slice(-AFTER_TURNS), () => {})));
}

/** Deletes everything of all runs, so that each sample starts on the same server. */
export async function clearRuns({ redis }: Pick<Hive, "redis">): Promise<void> {
  for (const prefix of [RUNTIME_PREFIX, FLOOR_PREFIX]) {
    const stream = redis.scanStream({ match: `${prefix}:{s*}*`, count: 1_000 });
    for await (const found of stream as AsyncIterable<string[]>) if (found.length > 0) await redis.unlink(...found);
  }
}

/** Bytes that Redis says the keys of one run take. */
export async function memoryOf({ redis, keys }: Hive, run: string): Promise<number> {
  let bytes = 0;
  const stream = redis.scanStream({ match: `${keys.base(run)}*`, count: 1_000 });
  for await (const found of stream as AsyncIterable<string[]>) {
    for (const key of found) bytes += Number(await redis.memory("USAGE", key, "SAMPLES", 0));
  }
  return bytes;
}

/** One number of INFO. Throws where this server does not tell it. */
export async function infoOf(redis: Redis, section: string, field: string): Promise<number> {
  const found = new RegExp(`^${field}:([0-9.]+)`, "m").exec(await redis.info(section));
  if (found === null) throw new Error(`this Redis does not tell ${field}`);
  return Number(found[1]);
}
