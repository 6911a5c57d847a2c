// Pins in memory and in Redis keep one contract; and what is Redis's alone.
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openPinBook } from "../../actors/runtime/pin-book.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import { redisPins } from "../../infra/redis/pins.ts";
import { memoryPins } from "../support/memory-pins.ts";
import { pinsContract } from "../support/pins-contract.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

let server: TestRedis;
let redis: Redis;
const keys = keysFor("swarm");

beforeAll(async () => {
  server = await startRedis({ fsync: "everysec" });
  redis = new Redis(server.options);
});

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

pinsContract("memory", async () => memoryPins());
pinsContract("Redis", async () => {
  await redis.flushall();
  return redisPins(redis, keys);
});

it("a row that somebody damaged is there without a state, keeps nobody from the others, and is mended by the next word", async () => {
  const name = { kind: "tool", scope: "", name: "Bash" } as const;
  const other = { ...name, name: "Read" };
  for (const damaged of ["no revision", "", "x1\n{}", "-1\n{}"]) {
    await redis.flushall();
    const pins = redisPins(redis, keys);
    await pins.put(other, "whole", 0);
    await redis.hset(keys.pins, JSON.stringify(["tool", "", "Bash"]), damaged);
    expect(await pins.get(name)).toEqual({ ...name, state: "", revision: 0 });
    expect(await pins.all()).toEqual(
      expect.arrayContaining([
        { ...name, state: "", revision: 0 },
        { ...other, state: "whole", revision: 1 },
      ]),
    );
    expect(await openPinBook({ pins }).look(name)).toMatchObject({ state: "quarantined", approved: null });
    expect(await pins.put(name, "mended", 0)).toBe(true);
    expect(await pins.get(name)).toEqual({ ...name, state: "mended", revision: 1 });
  }
});
