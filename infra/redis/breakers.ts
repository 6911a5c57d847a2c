/**
 * Breakers and rate limits that all workers share, in Redis: advisory, each record gone after a day without a change. A
 * question that is not answered at once is given up, for no call waits for advice.
 */
import type { Redis } from "ioredis";
import { breakerView, limitView, recordFrom } from "../breaker/record.ts";
import type { BreakerRecords, FoundRecord } from "../breaker/records.ts";
import type { SwarmBreakers } from "../breaker/views.ts";
import type { Keys } from "./keys.ts";

/** A record that nobody changed for so long is forgotten, in milliseconds. */
const TTL_MS = 24 * 3_600_000;
/** Records that are listed, at most; past it the one to expire first is left out. */
const RECORDS_MAX = 256;
/** Longest wait for one answer. */
const ANSWER_MS = 250;

/**
 * KEYS  1 record
 * RETURN {now in ms, the record or false}
 */
const READ = `
local time = redis.call('TIME')
return {tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000), redis.call('GET', KEYS[1])}
`;

/**
 * KEYS  1 record  2 index   ARGV  1 expected ("" = none)  2 next  3 lifetime in ms  4 name  5 records at most
 * RETURN {now in ms} | {now in ms, what stands there instead, or ""}
 */
const SWAP = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local found = redis.call('GET', KEYS[1]) or ''
if found ~= ARGV[1] then return {now, found} end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', KEYS[2], string.format('%.0f', now + tonumber(ARGV[3])), ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now))
local over = redis.call('ZCARD', KEYS[2]) - tonumber(ARGV[5])
if over > 0 then redis.call('ZREMRANGEBYRANK', KEYS[2], 0, over - 1) end
return {now}
`;

export function redisRecords(redis: Redis, keys: Keys, { answerMs = ANSWER_MS } = {}): BreakerRecords {
  const ask = async (send: () => Promise<unknown>): Promise<unknown[]> => {
    // Without a connection the client would keep it for later, when nobody wants it any more.
    if (redis.status !== "ready") throw new Error("no connection to Redis");
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`Redis did not answer within ${answerMs} ms`)), answerMs);
    });
    try {
      return (await Promise.race([send(), late])) as unknown[];
    } finally {
      clearTimeout(timer);
    }
  };
  return {
    async read(name) {
      const [nowMs, text] = await ask(() => redis.eval(READ, 1, keys.breaker(name)));
      return foundFrom(nowMs, text);
    },
    async swap(name, expected, next) {
      const given = [expected ?? "", next, String(TTL_MS), name, String(RECORDS_MAX)];
      const [nowMs, ...instead] = await ask(() => redis.eval(SWAP, 2, keys.breaker(name), keys.breakers, ...given));
      return instead.length === 0 ? null : foundFrom(nowMs, instead[0]);
    },
  };
}

const foundFrom = (nowMs: unknown, text: unknown): FoundRecord => ({
  nowMs: Number(nowMs),
  text: typeof text === "string" && text !== "" ? text : null,
});

/** Every breaker and limit that the swarm knows of, by name. Throws what the client throws. */
export async function allBreakers(redis: Redis, keys: Keys): Promise<SwarmBreakers> {
  const [seconds, micros] = await redis.time();
  const nowMs = Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  const names = (await redis.zrangebyscore(keys.breakers, nowMs, "+inf", "LIMIT", 0, RECORDS_MAX)).sort();
  const texts = names.length === 0 ? [] : await redis.mget(names.map((name) => keys.breaker(name)));
  const known = names.flatMap((name, at) => {
    const record = recordFrom(texts[at] ?? null);
    return record === null ? [] : [{ name, record }];
  });
  return {
    breakers: known.map(({ name, record }) => breakerView(name, record, nowMs)),
    limits: known.flatMap(({ name, record }) => limitView(name, record, nowMs) ?? []),
  };
}
