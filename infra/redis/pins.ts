/**
 * Pins in Redis: one hash for the whole hive, a field per pin. A row is its revision, a line end and its state; it is
 * written only over the revision that its writer had read.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import type { PinName, PinRow, Pins } from "../pins.ts";
import { type CallOptions, callsOn } from "./calls.ts";
import type { Keys } from "./keys.ts";

/**
 * The field without a name counts changes.
 * KEYS  1 pins   ARGV  1 field  2 revision that was read, 0 where there was none  3 state
 * RETURN 1 where it was written, 0 where the row has another revision
 */
const PUT = `
local row = redis.call('HGET', KEYS[1], ARGV[1])
local revision = row and tonumber(string.match(row, '^(%d+)\\n')) or 0
if revision ~= tonumber(ARGV[2]) then return 0 end
redis.call('HINCRBY', KEYS[1], '', 1)
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d', revision + 1) .. '\\n' .. ARGV[3])
return 1
`;

const fieldSchema = z.tuple([z.enum(["tool", "server", "skill", "profile"]), z.string(), z.string().min(1)]);

/** Every call throws StoreError, within its limit of time, and nothing else. */
export function redisPins(redis: Redis, keys: Keys, options: CallOptions = {}): Pins {
  const call = callsOn(redis, options);
  return {
    async all() {
      const rows = await call("pins", () => redis.hgetall(keys.pins));
      // A name of another version's making can be asked for by nobody.
      return Object.entries(rows).flatMap(([field, row]) => {
        const name = nameFrom(field);
        return name === null ? [] : [rowFrom(name, row)];
      });
    },
    async changes() {
      return Number((await call("pins", () => redis.hget(keys.pins, ""))) ?? 0);
    },
    async get(name) {
      const row = await call("pin", () => redis.hget(keys.pins, fieldOf(name)));
      return row === null ? null : rowFrom(name, row);
    },
    async put(name, state, revision) {
      const send = () => redis.eval(PUT, 1, keys.pins, fieldOf(name), String(revision), state);
      return (await call("pin", send)) === 1;
    },
  };
}

const fieldOf = ({ kind, scope, name }: PinName): string => JSON.stringify([kind, scope, name]);

function nameFrom(field: string): PinName | null {
  try {
    const [kind, scope, name] = fieldSchema.parse(JSON.parse(field));
    return { kind, scope, name };
  } catch {
    return null;
  }
}

/**
 * A row that nobody of us wrote has no state that could be read: taken for absent, it would be a pin that nobody ever gave
 * or took away; thrown, it would keep everybody from all the others. It is written over like one that is not there.
 */
function rowFrom({ kind, scope, name }: PinName, row: string): PinRow {
  const [head = "", revision] = /^(\d{1,15})\n/.exec(row) ?? [];
  if (revision === undefined) return { kind, scope, name, state: "", revision: 0 };
  return { kind, scope, name, state: row.slice(head.length), revision: Number(revision) };
}
