// A server that cannot do what it is asked is told apart by its reason, asked again only where that can help, and never
// in a hot loop: what is counted here are the commands that reach it.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../infra/redis/connect.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { pauseMsOf } from "../../infra/retry.ts";
import { steadyStore } from "../../infra/steady-store.ts";
import type { Commit, Store } from "../../infra/store.ts";
import type { StoreTrouble } from "../../infra/store-error.ts";
import { agentOf, claimed, commitOf, committed, coordinatorOf, event, startedRun } from "../support/given-commit.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { dumpOf } from "../support/store-contract-redis.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";

const keys = keysFor("swarm");
/** Short enough for a test, long enough for several attempts. */
const PATIENCE_MS = 1_500;
const PAUSES = { firstPauseMs: 50, lastPauseMs: 2_000, unit: () => 0 };

let server: TestRedis;
let direct: Redis;
let proxy: TcpProxy;
let redis: Redis;
let plain: Store;
let store: Store;
const told: string[] = [];

beforeEach(async () => {
  server = await startRedis({
    args: ["--enable-debug-command", "yes", "--busy-reply-threshold", "10", "--maxmemory-policy", "noeviction"],
  });
  direct = new Redis(server.options);
  direct.on("error", () => {});
  proxy = await startTcpProxy({ path: server.socket });
  redis = connect({ options: proxy.options, broke: () => {} });
  plain = redisStore(redis, keys, { attemptMs: 5_000 });
  told.length = 0;
  const tell = (level: string) => (fields: { err?: { trouble: string } }) =>
    told.push(`${level} ${fields.err?.trouble ?? ""}`);
  const log = { warn: tell("warn"), info: tell("info") } as never;
  store = steadyStore(plain, { log, patienceMs: PATIENCE_MS });
});

afterEach(async () => {
  redis.disconnect();
  direct.disconnect();
  await proxy.close();
  await server.stop();
});

async function commitToCome(): Promise<{ run: string; commit: Commit }> {
  const { run, claim } = await startedRun(store);
  await store.send(coordinatorOf(run), event("m1"));
  return { run, commit: commitOf(coordinatorOf(run), { ...claim, mail: [event("m1")] }) };
}

/** Attempts that fit into the patience at the shortest pauses, the first one included. */
function attemptsMax(): number {
  let spentMs = 0;
  let attempts = 1;
  while (spentMs < PATIENCE_MS) spentMs += pauseMsOf(PAUSES, attempts++ - 1);
  return attempts;
}

interface Trouble {
  readonly trouble: StoreTrouble;
  begin(): Promise<unknown>;
  end(): Promise<unknown>;
}

const passing: readonly Trouble[] = [
  {
    trouble: "busy",
    begin: async () => {
      direct.eval("while true do end", 0).catch(() => {});
      const probe = new Redis({ ...server.options, enableReadyCheck: false });
      await expect.poll(() => probe.get("x").catch((cause: Error) => cause.message)).toContain("BUSY");
      probe.disconnect();
    },
    end: async () => {
      const killer = new Redis({ ...server.options, enableReadyCheck: false });
      await killer.script("KILL");
      killer.disconnect();
    },
  },
  {
    trouble: "loading",
    begin: async () => {
      // Some ten seconds of reading, a millisecond a key, during which others are answered.
      await direct.eval("for i = 1, 10000 do redis.call('SET', 'k' .. i, string.rep('x', 64)) end", 0);
      await direct.config("SET", "key-load-delay", "1000");
      await direct.config("SET", "loading-process-events-interval-bytes", "1024");
      direct.call("DEBUG", "RELOAD").catch(() => {});
      const probe = new Redis({ ...server.options, enableReadyCheck: false });
      await expect.poll(() => probe.get("x").catch((cause: Error) => cause.message)).toContain("LOADING");
      probe.disconnect();
    },
    end: async () => {
      const hurry = new Redis({ ...server.options, enableReadyCheck: false });
      await hurry.config("SET", "key-load-delay", "0").catch(() => {});
      hurry.disconnect();
    },
  },
];

describe("trouble that passes", () => {
  it.each(passing)("$trouble: is asked again, ever more slowly, and not for ever", async ({ trouble, begin, end }) => {
    const { commit } = await commitToCome();
    await begin();
    const before = proxy.received("commit");
    await expect(store.commit(commit)).rejects.toMatchObject({ code: `store.${trouble}`, retry: true, exit: 7 });
    const attempts = proxy.received("commit") - before;
    expect(attempts).toBeGreaterThan(2);
    expect(attempts).toBeLessThanOrEqual(attemptsMax());
    expect(told, "told once, however often it was asked").toEqual([`warn ${trouble}`]);
    await end();
  });

  it.each(passing)("$trouble: once it is over, what was asked is done once", async ({ begin, end }) => {
    const { run, commit } = await commitToCome();
    await begin();
    const patient = steadyStore(plain, { log: { warn: () => {}, info: () => {} } });
    const before = proxy.received("commit");
    const asked = patient.commit(commit);
    await expect.poll(() => proxy.received("commit") - before).toBeGreaterThan(1);
    await end();
    expect(await asked).toMatchObject({ kind: "committed" });
    expect(await direct.xlen(keys.run(run).log)).toBe(2);
  });
});

const lasting: readonly Trouble[] = [
  {
    trouble: "out_of_memory",
    begin: () => direct.config("SET", "maxmemory", "1mb"),
    end: () => direct.config("SET", "maxmemory", "0"),
  },
  {
    trouble: "misconfigured",
    begin: async () => {
      // A snapshot cannot be written over a folder: from then on the server takes no writes.
      mkdirSync(join(server.dir, "dump.rdb"));
      await direct.config("SET", "save", "3600 1");
      await direct.bgsave();
      await expect.poll(() => direct.set("x", "y").catch((cause: Error) => cause.message)).toContain("MISCONF");
    },
    end: () => direct.config("SET", "save", ""),
  },
  {
    trouble: "readonly",
    begin: () => direct.call("REPLICAOF", "127.0.0.1", "9"),
    end: () => direct.call("REPLICAOF", "NO", "ONE"),
  },
];

describe("trouble that somebody must end", () => {
  it.each(lasting)("$trouble: is not asked again, and says what to do", async ({ trouble, begin }) => {
    const { commit } = await commitToCome();
    await begin();
    const before = proxy.received("commit");
    await expect(store.commit(commit)).rejects.toMatchObject({
      name: "StoreError",
      code: `store.${trouble}`,
      retry: false,
      exit: 7,
      hint: expect.stringMatching(/./),
    });
    expect(proxy.received("commit") - before).toBe(1);
    for (let n = 0; n < 20; n += 1) await store.commit(commit).catch(() => {});
    expect(told, "told once, however often it is met").toEqual([`warn ${trouble}`]);
    // Twenty calls, each one command and, where the link is new, one look at who is there.
    expect(proxy.received("commit") - before).toBeLessThanOrEqual(21);
    expect(proxy.received("info")).toBeLessThan(60);
  });

  it.each(lasting)(
    "$trouble: once it has ended, the next call goes on; nothing was written before",
    async (trouble) => {
      const { run, commit } = await commitToCome();
      const before = await dumpOf(direct);
      await trouble.begin();
      await expect(store.commit(commit)).rejects.toThrow();
      await trouble.end();
      const { x: _, ...after } = await dumpOf(direct);
      expect(after).toEqual(before);
      // A server that was a replica for a while has another history: claims from before are over.
      if (trouble.trouble === "readonly") {
        await expect.poll(() => store.commit(commit).catch(() => null)).toEqual({ kind: "fenced" });
        const claim = await claimed(store, coordinatorOf(run));
        await committed(store, commitOf(coordinatorOf(run), claim));
      } else await committed(store, commit);
      expect(await direct.xlen(keys.run(run).log)).toBe(2);
    },
  );
});

describe("a server that takes no writes", () => {
  it("is left for the next one behind its address now and then, not at each refusal", async () => {
    await direct.call("REPLICAOF", "127.0.0.1", "9");
    await redis.ping();
    const before = proxy.received("info");
    for (let n = 0; n < 30; n += 1) await expect(redis.set("x", n)).rejects.toThrow("READONLY");
    // Whoever connects asks for INFO once.
    const connected = proxy.received("info") - before;
    expect(connected).toBeGreaterThan(0);
    expect(connected).toBeLessThan(10);
  });
});

describe("where memory is full", () => {
  it("a commit whose answer was lost is still answered with its first answer", async () => {
    const { commit } = await commitToCome();
    const first = await store.commit(commit);
    await direct.config("SET", "maxmemory", "1mb");
    expect(await store.commit(commit)).toEqual(first);
  });

  it("nobody can claim, so that an actor that cannot be brought on does not pass for poison", async () => {
    const { run, commit } = await commitToCome();
    await direct.config("SET", "maxmemory", "1mb");
    for (let n = 0; n < 12; n += 1)
      await expect(claimed(store, coordinatorOf(run))).rejects.toMatchObject({ code: "store.out_of_memory" });
    await direct.config("SET", "maxmemory", "0");
    await committed(store, commit);
  });

  it("what only takes away goes on: sweep, quarantine, forget", async () => {
    const { run, claim } = await startedRun(store);
    const address = agentOf(run);
    await store.send(address, event("deadly"));
    const { fence } = await claimed(store, address);
    await store.send(coordinatorOf(run), event("m1"));
    const timersSet = [{ id: "t", delayMs: 0, armedBy: 1 }];
    await committed(store, commitOf(coordinatorOf(run), { ...claim, mail: [event("m1")] }, { timersSet }));
    await store.sweep("s00", 0);
    await direct.config("SET", "maxmemory", "1mb");
    await store.sweep(keys.shardOf(run), 60_000);
    expect(await direct.zcard(keys.shard(keys.shardOf(run)).timers)).toBe(0);
    await store.quarantine(address, "poison", fence);
    expect(await direct.llen(keys.actor(run, address.actor).mailbox)).toBe(0);
    expect(await direct.xlen(keys.shard(keys.shardOf(run)).dead)).toBe(1);
    await store.forget(coordinatorOf(run));
    expect(await direct.zcard(keys.shard(keys.shardOf(run)).ready)).toBe(0);
  });
});

describe("a server that is gone", () => {
  it("is not asked at all while no connection stands; the store says so and ends", async () => {
    const { commit } = await commitToCome();
    const hasty = steadyStore(redisStore(redis, keys, { attemptMs: 50 }), {
      log: { warn: () => {}, info: () => {} },
      patienceMs: PATIENCE_MS,
    });
    proxy.refuse();
    proxy.cut();
    await expect.poll(() => redis.status).not.toBe("ready");
    const before = proxy.received();
    await expect(hasty.commit(commit)).rejects.toMatchObject({ code: "store.unreachable", retry: true });
    expect(proxy.received()).toBe(before);
  });
});
