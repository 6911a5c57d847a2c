/**
 * Everything Redis holds of one run, piece by piece and unpacked, for an archive. Which keys those are is read off `keys.ts`, so that
 * a key that is added there is archived, and erased, unasked.
 */
import type { Redis } from "ioredis";
import type { ArchiveItem } from "../archive/format.ts";
import type { Keys } from "./keys.ts";
import { unpacked } from "./packed.ts";

/** Entries read in one go. */
const BATCH = 500;

/** Keys of the run beside its row, that of the actors last: whoever erases needs it until everything else is gone. */
export function runKeys(keys: Keys, run: string): string[] {
  const { run: _row, actors, ...rest } = keys.run(run);
  return [...Object.values(rest), actors];
}

export const actorKeys = (keys: Keys, run: string, actor: string): string[] => Object.values(keys.actor(run, actor));

/** Fields and actors in Redis's own order, which for small hashes is that of their birth. */
export async function* runItems(redis: Redis, keys: Keys, run: string): AsyncGenerator<ArchiveItem> {
  const actors = await redis.hkeys(keys.run(run).actors);
  const all = [...runKeys(keys, run), ...actors.flatMap((actor) => actorKeys(keys, run, actor))];
  for (const key of all) yield* itemsOf(redis, key, key.slice(keys.base(run).length + 1));
  for (const { id, fields } of await deadLettersOf(redis, keys, run)) yield { key: "dead", id, fields };
}

async function* itemsOf(redis: Redis, key: string, noun: string): AsyncGenerator<ArchiveItem> {
  switch (await redis.type(key)) {
    case "none":
      return;
    case "string":
      yield { key: noun, value: unpacked((await redis.get(key)) ?? "") };
      return;
    case "hash":
      for (const [field, value] of Object.entries(await redis.hgetall(key))) yield { key: noun, field, value };
      return;
    case "list":
      yield* listItems(redis, key, noun);
      return;
    case "stream":
      yield* streamItems(redis, key, noun);
      return;
    case "set":
      for (const member of (await redis.smembers(key)).sort()) yield { key: noun, member, score: "" };
      return;
    case "zset": {
      const flat = await redis.zrange(key, 0, -1, "WITHSCORES");
      for (const [member, score] of paired(flat)) yield { key: noun, member, score };
      return;
    }
    default:
      throw new Error(`${key} is of a type that no archive knows`);
  }
}

async function* listItems(redis: Redis, key: string, noun: string): AsyncGenerator<ArchiveItem> {
  for (let from = 0; ; from += BATCH) {
    const values = await redis.lrange(key, from, from + BATCH - 1);
    for (const [index, value] of values.entries()) yield { key: noun, index: from + index, value: unpacked(value) };
    if (values.length < BATCH) return;
  }
}

async function* streamItems(redis: Redis, key: string, noun: string): AsyncGenerator<ArchiveItem> {
  for (let after = "-"; ; ) {
    const entries = await redis.xrange(key, after, "+", "COUNT", BATCH);
    for (const [id, flat] of entries) {
      const pairs = paired(flat).map(([field, value]) => [field, unpacked(value)] as const);
      yield { key: noun, id, fields: Object.fromEntries(pairs) };
    }
    const last = entries.at(-1);
    if (last === undefined || entries.length < BATCH) return;
    after = `(${last[0]}`;
  }
}

export interface DeadEntry {
  /** Of the stream entry. */
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** Dead letters of one run, oldest first. */
async function deadLettersOf(redis: Redis, keys: Keys, run: string): Promise<DeadEntry[]> {
  return (await deadEntries(redis, keys, keys.shardOf(run))).filter(({ fields }) =>
    fields.member?.startsWith(`${run}/`),
  );
}

/** Dead letters of one shard, oldest first; `retention.ts` keeps them few. */
export async function deadEntries(redis: Redis, keys: Keys, shard: string): Promise<DeadEntry[]> {
  const entries = await redis.xrange(keys.shard(shard).dead, "-", "+");
  return entries.map(([id, flat]) => ({ id, fields: Object.fromEntries(paired(flat)) }));
}

function paired(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < flat.length; index += 2)
    pairs.push([flat[index] as string, flat[index + 1] as string]);
  return pairs;
}
