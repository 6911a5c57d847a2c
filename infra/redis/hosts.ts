/**
 * When each host's gate folder was last served by a worker, on Redis's clock: what tells a host that is busy from one
 * that nobody needs to wait for any more.
 */
import type { Redis } from "ioredis";
import { type Address, memberOf } from "../store.ts";
import type { Keys } from "./keys.ts";

export interface Hosts {
  /** Says that a worker of this place lives. */
  seen(place: string): Promise<void>;
  /** True once no worker of the place has been seen for `limitMs`. A place never heard of counts from now on. */
  isGone(place: string, limitMs: number): Promise<boolean>;
  /**
   * The actor waits for another host: finding it in that state is no sign of poison, and it need not be looked at again
   * for `restMs`. Harmless where somebody holds it meanwhile.
   */
  rest(address: Address, restMs: number): Promise<void>;
}

/**
 * KEYS  1 hosts   ARGV  1 place  2 "1" to note it as seen
 * RETURN milliseconds since it was last seen
 */
const SEEN = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
local last = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '')
if ARGV[2] == '1' or not last then
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', now))
  return 0
end
return now - last
`;

/**
 * KEYS  1 snapshot  2 ready   ARGV  1 member  2 rest in ms
 * RETURN 1
 */
const REST = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
if redis.call('HEXISTS', KEYS[1], 'claims') == 1 then redis.call('HSET', KEYS[1], 'claims', 0) end
redis.call('ZADD', KEYS[2], 'XX', string.format('%.0f', now + tonumber(ARGV[2])), ARGV[1])
return 1
`;

export function hostsOf(redis: Redis, keys: Keys): Hosts {
  return {
    async seen(place) {
      await redis.eval(SEEN, 1, keys.hosts, place, "1");
    },
    async isGone(place, limitMs) {
      return Number(await redis.eval(SEEN, 1, keys.hosts, place, "0")) > limitMs;
    },
    async rest(address, restMs) {
      const { snapshot } = keys.actor(address.run, address.actor);
      const { ready } = keys.shard(keys.shardOf(address.run));
      await redis.eval(REST, 2, snapshot, ready, memberOf(address), String(restMs));
    },
  };
}
