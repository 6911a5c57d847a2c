/**
 * Everything Redis holds of one run, piece by piece and unpacked, for an archive. Which keys those are is read off `keys.ts`, so that
 * a key that is added there is archived, and erased, unasked.
 */
import type { Redis } from "ioredis";
import type { ArchiveItem } from "../archive/format.ts";
import { addressFrom } from "../store.ts";
import type { Keys } from "./keys.ts";
import { unpacked } from "./packed.ts";
import { storedSession } from "./read-session.ts";
import { type StreamEntry, storedEntryFrom, streamFields } from "./reader.ts";
import { lengthened } from "./shortened.ts";
import { HEAD, plainEffect, plainHead, snapshotRecord } from "./stored-actor.ts";
import { budgetFrom } from "./stored-budget.ts";
import { isShared, SESSION } from "./stored-session.ts";

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
  const ofRun = keys.run(run);
  const limits = await redis.hgetall(ofRun.budget);
  for (const [field, value] of Object.entries(budgetFrom(limits, await redis.hgetall(ofRun.run)))) {
    yield { key: "budget", field, value };
  }
  for (const key of runKeys(keys, run)) {
    if (key !== ofRun.budget) yield* itemsOf(redis, run, key, key.slice(keys.base(run).length + 1));
  }
  for (const actor of actors) {
    const session = await storedSession(redis, keys, run, actor);
    if (session !== null) yield { key: `${actor}:session`, value: session };
    for (const [noun, key] of Object.entries(keys.actor(run, actor)))
      yield* itemsOf(redis, run, key, `${actor}:${noun}`);
  }
  for (const { id, fields } of await deadLettersOf(redis, keys, run)) yield { key: "dead", id, fields };
}

async function* itemsOf(redis: Redis, run: string, key: string, noun: string): AsyncGenerator<ArchiveItem> {
  switch (await redis.type(key)) {
    case "none":
      return;
    case "string":
      yield { key: noun, value: unpacked((await redis.getBuffer(key)) ?? Buffer.alloc(0)) };
      return;
    case "hash":
      for (const [field, value] of Object.entries(await redis.hgetallBuffer(key))) {
        if (ofSession(noun, field)) continue;
        for (const [name, text] of plainFields(run, noun, field, value)) yield { key: noun, field: name, value: text };
      }
      return;
    case "list":
      yield* listItems(redis, key, noun);
      return;
    case "stream":
      yield* streamItems(redis, run, key, noun);
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

/** Hashes with values that may be packed. */
const PACKED_HASHES: ReadonlySet<string> = new Set(["blobs", "briefs", "approvals"]);

/** Its two parts, which are told as one. */
const ofSession = (noun: string, field: string): boolean =>
  (noun === "blobs" && isShared(field)) || (noun.endsWith(":snapshot") && field === SESSION);

/** As plain text, whatever it was made shorter with. */
function plainFields(run: string, noun: string, field: string, value: Buffer): [string, string][] {
  if (PACKED_HASHES.has(noun)) return [[field, unpacked(value)]];
  const [actor = "", ofActor] = noun.split(":");
  const text = ofActor === "snapshot" ? (snapshotRecord([[field, value]])[field] ?? "") : value.toString();
  if (ofActor === "pending") return plainEffect({ run, actor }, field, text);
  return ofActor === "snapshot" && field === HEAD ? plainHead(text) : [[field, text]];
}

async function* listItems(redis: Redis, key: string, noun: string): AsyncGenerator<ArchiveItem> {
  for (let from = 0; ; from += BATCH) {
    const values = await redis.lrangeBuffer(key, from, from + BATCH - 1);
    for (const [index, value] of values.entries()) yield { key: noun, index: from + index, value: unpacked(value) };
    if (values.length < BATCH) return;
  }
}

async function* streamItems(redis: Redis, run: string, key: string, noun: string): AsyncGenerator<ArchiveItem> {
  for (let after = "-"; ; ) {
    const entries = await redis.xrangeBuffer(key, after, "+", "COUNT", BATCH);
    for (const entry of entries) yield { key: noun, ...plainEntry(run, noun, entry) };
    const last = entries.at(-1);
    if (last === undefined || entries.length < BATCH) return;
    after = `(${String(last[0])}`;
  }
}

function plainEntry(run: string, noun: string, entry: StreamEntry): { id: string; fields: Record<string, string> } {
  if (noun !== "log") return streamFields(entry, unpacked);
  const { atMs, member, body, grants } = storedEntryFrom(run, entry, unpacked);
  return {
    id: entry[0].toString(),
    fields: { t: String(atMs), a: member, b: body, ...(grants === null ? {} : { g: grants }) },
  };
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
  return entries.map(([id, flat]) => ({ id, fields: plainLetter(Object.fromEntries(paired(flat))) }));
}

/** The state it died in by its name, its effects by their full ids: what was granted to one stands beside it, as `#grant`. */
function plainLetter({ core, ...fields }: Record<string, string>): Record<string, string> {
  const { member = "", pending } = fields;
  const value =
    core === undefined || core === "" ? undefined : (JSON.parse(lengthened(core)) as { value?: unknown }).value;
  const plain = {
    ...fields,
    ...(core === undefined ? {} : { state: value === undefined ? "" : JSON.stringify(value) }),
  };
  if (pending === undefined) return plain;
  // An empty list reads `{}`, as Lua writes it.
  const flat = JSON.parse(pending) as string[] | Record<string, never>;
  const rows = Array.isArray(flat) ? paired(flat) : [];
  const told = rows.flatMap(([field, stored]) => plainEffect(addressFrom(member), field, stored).flat());
  return { ...plain, pending: JSON.stringify(told) };
}

function paired(flat: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < flat.length; index += 2)
    pairs.push([flat[index] as string, flat[index + 1] as string]);
  return pairs;
}
