// The Redis store keeps the store's contract, on a real server.
import { Redis } from "ioredis";
import { afterAll, beforeAll } from "vitest";
import { keysFor } from "../../infra/redis/keys.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { storeContract } from "../support/store-contract.ts";
import { redisUnderTest } from "../support/store-contract-redis.ts";

let server: TestRedis;
let redis: Redis;
let bells: Redis;

beforeAll(async () => {
  server = await startRedis({ fsync: "everysec" });
  redis = new Redis(server.options);
  bells = new Redis(server.options);
});

afterAll(async () => {
  redis.disconnect();
  bells.disconnect();
  await server.stop();
});

storeContract("the Redis store", async () => {
  await redis.flushall();
  const keys = keysFor("swarm");
  const store = redisStore(redis, keys);
  // Writes the incarnation of each shard: what a law compares afterwards is its own doing.
  await store.sweep("s00", 0);
  return redisUnderTest(redis, bells, keys, store);
});
