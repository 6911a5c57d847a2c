/**
 * Takes ended runs out of Redis, in pieces short enough that nobody waits for them, each of which can be repeated. It
 * never decides that a run may go: whoever calls has its archive on disk.
 */
import { hostname } from "node:os";
import type { Redis } from "ioredis";
import { newNonce } from "../ids.ts";
import { addressFrom } from "../store.ts";
import type { Keys } from "./keys.ts";
import { actorKeys, type DeadEntry, deadEntries, runKeys } from "./run-items.ts";
import { scriptsOn } from "./scripts.ts";
import { budgetFrom } from "./stored-budget.ts";
import { stubFields, stubOf } from "./stub.ts";

/** Actors whose keys are unlinked in one go. */
const ACTORS_AT_ONCE = 50;
/** Timers of a shard that one scan step looks at. */
const TIMERS_AT_ONCE = 500;
/** Dead letters that one shard keeps; older ones are put into a file. */
export const DEAD_LETTERS_MAX = 1_000;
/** Runs that one shard knows by their stubs alone; the oldest beyond are forgotten, their archives stay where they are. */
export const STUBS_MAX = 2_000;
/** How long a tidying process may be silent before another takes over, in milliseconds. */
const LOCK_MS = 60_000;

export interface ArchivedAs {
  readonly file: string;
  /** Sequence number up to which the log was archived. */
  readonly seq: string;
}

export type Erased = "erased" | "running" | "changed" | "no_run";

export interface Due {
  readonly shard: string;
  readonly runs: readonly string[];
}

export interface Retention {
  /**
   * Shards with something to do: runs that ended longer ago than `ageMs` by Redis's clock, oldest first, at most
   * `limit` in all, or too many dead letters. Costs reads only.
   */
  due(ageMs: number, limit: number): Promise<readonly Due[]>;
  /** Leaves the stub. Repeatable; a run that is no stub yet must be as it was archived, or nothing is touched. */
  erase(run: string, archived: ArchivedAs): Promise<Erased>;
  /** Actors of the run, `run/actor/type` each, as long as its rows are there. */
  members(run: string): Promise<string[]>;
  /** Dead letters beyond the limit, oldest first: `keep` must have them on disk when it resolves. */
  trimDead(shard: string, keep: (letters: readonly DeadEntry[]) => Promise<void>): Promise<number>;
  /** Forgets the oldest stubs beyond the limit. Resolves with how many. */
  trimStubs(shard: string): Promise<number>;
  /** Runs `work` unless another process tidies this shard. */
  alone(shard: string, work: () => Promise<void>): Promise<boolean>;
}

export function retentionOf(redis: Redis, keys: Keys): Retention {
  const scripts = scriptsOn(redis);
  const members = (run: string): Promise<string[]> => membersOf(redis, keys, run);
  return {
    members,
    due: (ageMs, limit) => due(redis, keys, ageMs, limit),
    async erase(run, { file, seq }) {
      const ofRun = keys.run(run);
      const [row, limits, results, agents] = await Promise.all([
        redis.hgetall(ofRun.run),
        redis.hgetall(ofRun.budget),
        redis.hvals(ofRun.results),
        redis.hlen(ofRun.actors),
      ]);
      if (stubOf(row) === null) {
        const stub = stubFields(row, {
          agents,
          usage: budgetFrom(limits, row),
          result: onlyStatus(results),
          archive: file,
          host: hostname(),
          erasedAtMs: Date.now(),
        });
        const [answer] = await scripts.erase([ofRun.run], [seq, ...Object.entries(stub).flat()]);
        if (answer === "RUNNING") return "running";
        if (answer === "CHANGED") return "changed";
        if (answer === "NORUN") return "no_run";
      }
      await clear(redis, keys, run);
      return "erased";
    },
    trimStubs: (shard) => trimStubs(redis, keys, shard),
    trimDead: (shard, keep) => trimDead(redis, keys, shard, keep),
    async alone(shard, work) {
      const { tidying } = keys.shard(shard);
      const token = newNonce();
      if ((await redis.set(tidying, token, "PX", LOCK_MS, "NX")) !== "OK") return false;
      try {
        await work();
      } finally {
        await scripts.unlock([tidying], [token]);
      }
      return true;
    },
  };
}

async function due(redis: Redis, keys: Keys, ageMs: number, limit: number): Promise<Due[]> {
  const [seconds, microseconds] = (await redis.time()).map(Number) as [number, number];
  const before = seconds * 1_000 + Math.floor(microseconds / 1_000) - ageMs;
  const found = await Promise.all(
    keys.shards.map(async (shard) => {
      const { ended, dead } = keys.shard(shard);
      const [runs, letters] = await Promise.all([
        redis.zrangebyscore(ended, "-inf", before, "LIMIT", 0, limit),
        redis.xlen(dead),
      ]);
      return { shard, runs, overflow: letters > DEAD_LETTERS_MAX };
    }),
  );
  let left = limit;
  return found.flatMap(({ shard, runs, overflow }) => {
    const taken = runs.slice(0, left);
    left -= taken.length;
    return taken.length > 0 || overflow ? [{ shard, runs: taken }] : [];
  });
}

function onlyStatus(results: readonly string[]): string | null {
  const [only] = results;
  if (only === undefined || results.length > 1) return null;
  const { status } = JSON.parse(only) as { status?: unknown };
  return typeof status === "string" ? status : null;
}

async function membersOf(redis: Redis, keys: Keys, run: string): Promise<string[]> {
  const rows = await redis.hgetall(keys.run(run).actors);
  return Object.entries(rows).map(([actor, json]) => `${run}/${actor}/${(JSON.parse(json) as { type: string }).type}`);
}

/** The actors' row goes last but for `ended`: until then, whoever finds the work unfinished can go on with it. */
async function clear(redis: Redis, keys: Keys, run: string): Promise<void> {
  const tag = keys.shardOf(run);
  const shard = keys.shard(tag);
  const members = await membersOf(redis, keys, run);
  for (let from = 0; from < members.length; from += ACTORS_AT_ONCE) {
    const some = members.slice(from, from + ACTORS_AT_ONCE);
    await redis.unlink(...some.flatMap((member) => actorKeys(keys, run, addressFrom(member).actor)));
    await redis.zrem(shard.ready, ...some);
    await redis.zrem(shard.stranded, ...some);
  }
  await removeTimers(redis, shard.timers, run);
  const letters = (await deadEntries(redis, keys, tag)).filter(({ fields }) => fields.member?.startsWith(`${run}/`));
  if (letters.length > 0) await redis.xdel(shard.dead, ...letters.map(({ id }) => id));
  for (const key of runKeys(keys, run)) await redis.unlink(key);
  await redis.zrem(shard.ended, run);
}

async function removeTimers(redis: Redis, key: string, run: string): Promise<void> {
  const pattern = `${run.replace(/[[\]*?\\^-]/g, "\\$&")}/*`;
  let cursor = "0";
  do {
    const [next, found] = await redis.zscan(key, cursor, "MATCH", pattern, "COUNT", TIMERS_AT_ONCE);
    const armed = found.filter((_, index) => index % 2 === 0);
    if (armed.length > 0) await redis.zrem(key, ...armed);
    cursor = next;
  } while (cursor !== "0");
}

async function trimDead(
  redis: Redis,
  keys: Keys,
  shard: string,
  keep: (letters: readonly DeadEntry[]) => Promise<void>,
): Promise<number> {
  const { dead } = keys.shard(shard);
  if ((await redis.xlen(dead)) <= DEAD_LETTERS_MAX) return 0;
  const letters = (await deadEntries(redis, keys, shard)).slice(0, -DEAD_LETTERS_MAX);
  await keep(letters);
  await redis.xdel(dead, ...letters.map(({ id }) => id));
  return letters.length;
}

async function trimStubs(redis: Redis, keys: Keys, shard: string): Promise<number> {
  const { runs } = keys.shard(shard);
  const tooMany = (await redis.zcard(runs)) - STUBS_MAX;
  if (tooMany <= 0) return 0;
  let forgotten = 0;
  for (const run of await redis.zrange(runs, 0, tooMany - 1)) {
    // A run that still has its rows is not forgotten, however old.
    if ((await redis.hexists(keys.run(run).run, "stub")) === 0) continue;
    await redis.unlink(keys.run(run).run);
    await redis.zrem(runs, run);
    forgotten += 1;
  }
  return forgotten;
}
