/** Hashes whose values may be packed, read whole or by field; what is not packed comes as it stands. */
import type { Redis } from "ioredis";
import { unpacked } from "./packed.ts";

type Rows = ReadonlyMap<string, string>;

/** Of these fields, those that there are. */
export async function packedRows(redis: Redis, key: string, fields: readonly string[]): Promise<Rows> {
  if (fields.length === 0) return new Map();
  const values = await redis.hmgetBuffer(key, ...fields);
  const found = fields.map((field, at) => [field, values[at] ?? null] as const);
  return new Map(found.flatMap(([field, value]) => (value === null ? [] : [[field, unpacked(value)] as const])));
}

export async function packedHash(redis: Redis, key: string): Promise<Readonly<Record<string, string>>> {
  const stored = Object.entries(await redis.hgetallBuffer(key));
  return Object.fromEntries(stored.map(([field, value]) => [field, unpacked(value)]));
}
