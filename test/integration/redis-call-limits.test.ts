// Every call to Redis ends within its own limit, however many wait beside it and whenever they began, and one that meets a
// server without its script is made once more with the same bytes.
import type { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callsOn } from "../../infra/redis/calls.ts";
import { connect } from "../../infra/redis/connect.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { claimed, commitOf, committed, coordinatorOf, newRun } from "../support/given-commit.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const LIMIT_MS = 200;
/** What a busy machine may be late by, and the clock early. */
const SLACK_MS = 5_000;
const EARLY_MS = 2;

let server: TestRedis;
let redis: Redis;

beforeEach(async () => {
  server = await startRedis();
  redis = connect({ options: server.options, broke: () => {} });
  await redis.ping();
});
afterEach(async () => {
  redis.disconnect();
  await server.stop();
});

const never = (): Promise<never> => new Promise(() => {});
const endOf = async (call: Promise<unknown>): Promise<{ why: string; tookMs: number }> => {
  const fromMs = performance.now();
  const why = await call.then(String, (cause: unknown) => String(cause));
  return { why, tookMs: performance.now() - fromMs };
};

describe("calls that wait at once", () => {
  it("end each after its own limit, whoever began before and whoever was answered meanwhile", async () => {
    const call = callsOn(redis, { attemptMs: LIMIT_MS });
    const first = endOf(call("first", never));
    expect(await call("answered", () => redis.ping())).toBe("PONG");
    await new Promise((resolve) => setTimeout(resolve, LIMIT_MS / 2));
    const second = endOf(call("second", never));
    const third = endOf(call("third", never));
    for (const [name, { why, tookMs }] of Object.entries({
      first: await first,
      second: await second,
      third: await third,
    })) {
      expect(why).toContain(`did not answer "${name}" within ${LIMIT_MS} ms`);
      expect(tookMs).toBeGreaterThan(LIMIT_MS - EARLY_MS);
      expect(tookMs).toBeLessThan(LIMIT_MS + SLACK_MS);
    }
  });
  it("end after the limit too where nobody had waited for a while", async () => {
    const call = callsOn(redis, { attemptMs: LIMIT_MS });
    expect(await call("answered", () => redis.ping())).toBe("PONG");
    const { why, tookMs } = await endOf(call("alone", never));
    expect(why).toContain(`did not answer "alone"`);
    expect(tookMs).toBeGreaterThan(LIMIT_MS - EARLY_MS);
  });
});

describe("a commit to a server that has lost its scripts", () => {
  it("stores to the letter what it would have stored otherwise, packed texts included", async () => {
    const store = redisStore(redis, keysFor("swarm"));
    const entry = JSON.stringify({
      role: "assistant",
      content: [{ type: "text", text: "the function returns. ".repeat(20) }],
    });
    for (const lose of [false, true]) {
      const run = `r_${lose ? "lost" : "kept"}`;
      const agent = coordinatorOf(run);
      expect(await store.create(newRun(run))).toBe("created");
      const claim = await claimed(store, agent);
      if (lose) await redis.script("FLUSH");
      await committed(store, commitOf(agent, claim, { machine: "coordinator@1", transcript: [entry] }));
      expect((await claimed(store, agent)).transcript).toEqual([entry]);
    }
  });
});
