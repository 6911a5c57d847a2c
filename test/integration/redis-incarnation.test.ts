// A server that comes back may have forgotten what it acknowledged. Where that can be, every claim from before is over,
// once, whoever notices first; where it cannot be, nothing happens at all.
import { once } from "node:events";
import { Redis } from "ioredis";
import { afterEach, describe, expect, it } from "vitest";
import { connect } from "../../infra/redis/connect.ts";
import type { ShardIncarnation } from "../../infra/redis/incarnation.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import { scriptText } from "../../infra/redis/scripts.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { checkLayout, LAYOUT } from "../../infra/redis/stored-layout.ts";
import { steadyStore } from "../../infra/steady-store.ts";
import type { Commit, Store } from "../../infra/store.ts";
import {
  type Claimed,
  claimed,
  commitOf,
  committed,
  coordinatorOf,
  event,
  startedRun,
} from "../support/given-commit.ts";
import { startRedis, type TestRedis, type TestRedisOptions } from "../support/redis.ts";
import { isScript, startTcpProxy } from "../support/tcp-proxy.ts";

const keys = keysFor("swarm");
const quiet = { warn: () => {}, info: () => {} };
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Worker {
  readonly redis: Redis;
  readonly store: Store;
  /** Each call of `bumped`. */
  readonly noticed: (readonly ShardIncarnation[])[];
}

function worker(options: object): Worker {
  const redis = connect({ options, broke: () => {} });
  cleanups.push(() => redis.disconnect());
  const noticed: (readonly ShardIncarnation[])[] = [];
  const store = redisStore(redis, keys, { bumped: (shards) => noticed.push(shards) });
  return { redis, store: steadyStore(store, { log: quiet }), noticed };
}

async function served(options: TestRedisOptions): Promise<TestRedis> {
  const server = await startRedis(options);
  cleanups.push(server.stop);
  return server;
}

/** Of each shard, in their order. They need not be equal: each is raised by a script of its own. */
async function numbers(server: TestRedis): Promise<number[]> {
  const redis = new Redis(server.options);
  const found = await Promise.all(keys.shards.map((shard) => redis.hget(keys.shard(shard).incarnation, "number")));
  redis.disconnect();
  return found.map(Number);
}

const zeros = keys.shards.map(() => 0);
const shardAt = (run: string): number => keys.shards.indexOf(keys.shardOf(run));

async function readyToCommit({ store }: Worker): Promise<{ run: string; claim: Claimed; commit: Commit }> {
  const { run, claim } = await startedRun(store);
  await store.send(coordinatorOf(run), event("m1"));
  const mine = { ...claim, mail: [event("m1")] };
  return { run, claim: mine, commit: commitOf(coordinatorOf(run), mine) };
}

const always: TestRedisOptions = { fsync: "always" };
const everysec: TestRedisOptions = { fsync: "everysec" };
const pausing: TestRedisOptions = { fsync: "always", args: ["--no-appendfsync-on-rewrite", "yes"] };

describe("a restart of a server that syncs each write", () => {
  it("keeps the incarnation: claims from before go on, twice in a row", async () => {
    const server = await served(always);
    const { store, noticed } = worker(server.options);
    const { run, claim, commit } = await readyToCommit({ store } as Worker);
    await server.restart();
    await committed(store, commit);
    await server.restart();
    await store.send(coordinatorOf(run), event("m2"));
    const next = { ...claim, version: claim.version + 1, mail: [event("m2")] };
    await committed(store, commitOf(coordinatorOf(run), next));
    expect(await numbers(server)).toEqual(zeros);
    expect(noticed).toEqual([]);
  });
});

describe.each([
  ["syncs every second", everysec],
  ["does not sync while it rewrites its file", pausing],
])("a restart of a server that %s", (_, options) => {
  it("raises the incarnation exactly once, whichever of two workers sees it first; each is told once", async () => {
    const server = await served(options);
    const workers = [worker(server.options), worker(server.options)];
    for (const { store } of workers) await store.sweep("s00", 0);
    expect(await numbers(server)).toEqual(zeros);
    await server.restart();
    await Promise.all(workers.flatMap(({ store }) => [store.sweep("s00", 0), store.sweep("s01", 0)]));
    const raised = await numbers(server);
    for (const number of raised) expect(number).toBeGreaterThan(0);
    for (const { store } of workers) await store.sweep("s02", 0);
    expect(await numbers(server)).toEqual(raised);
    for (const { noticed } of workers) {
      expect(noticed).toHaveLength(1);
      expect(noticed[0]?.map(({ shard }) => shard)).toEqual(keys.shards);
      expect(noticed[0]?.map(({ number }) => number)).toEqual(raised);
    }
    const raisers = workers.flatMap(({ noticed }) => noticed.flat()).filter(({ change }) => change === "bumped");
    expect(raisers.map(({ shard }) => shard).toSorted()).toEqual(keys.shards);
    // The claims' side of it: a worker that starts only now notices nothing.
    const late = worker(server.options);
    await late.store.sweep("s00", 0);
    expect(late.noticed).toEqual([]);
    expect(await numbers(server)).toEqual(raised);
  });

  it("ends every claim from before, though its commit is the first thing that the new process hears", async () => {
    const server = await served(options);
    const one = worker(server.options);
    const { run, commit } = await readyToCommit(one);
    await server.kill9();
    const asked = one.store.commit(commit);
    await server.restart();
    expect(await asked).toEqual({ kind: "fenced" });
    expect(await one.redis.xlen(keys.run(run).log)).toBe(1);
    const claim = await claimed(one.store, coordinatorOf(run));
    expect(claim.fence.incarnation).toBe((await numbers(server))[shardAt(run)]);
    await committed(one.store, commitOf(coordinatorOf(run), claim));
  });

  it("answers a commit that was written before with its first answer", async () => {
    const server = await served(options);
    const one = worker(server.options);
    const { commit } = await readyToCommit(one);
    const first = await one.store.commit(commit);
    await server.restart();
    expect(await one.store.commit(commit)).toEqual(first);
  });
});

describe("a commit that is under way while the server dies", () => {
  it("and is sent again by the client itself, is fenced before it can write", async () => {
    const server = await served(everysec);
    const proxy = await startTcpProxy({ path: server.socket });
    cleanups.push(() => proxy.close());
    const one = worker(proxy.options);
    const { run, commit } = await readyToCommit(one);
    let died = false;
    proxy.decide = async (command) => {
      if (!isScript("commit")(command) || died) return "pass";
      died = true;
      await server.restart();
      return "cut";
    };
    expect(await one.store.commit(commit)).toEqual({ kind: "fenced" });
    expect(died).toBe(true);
    expect(await one.redis.xlen(keys.run(run).log)).toBe(1);
  });
});

describe("the incarnation", () => {
  it("rises where the server is the same process but holds another history", async () => {
    const server = await served(always);
    const one = worker(server.options);
    const { commit } = await readyToCommit(one);
    const other = new Redis(server.options);
    cleanups.push(() => other.disconnect());
    await other.call("REPLICAOF", "127.0.0.1", "9");
    await other.call("REPLICAOF", "NO", "ONE");
    const closed = once(one.redis, "close");
    one.redis.disconnect(true);
    await closed;
    expect(await one.store.commit(commit)).toEqual({ kind: "fenced" });
    expect(one.noticed).toHaveLength(1);
  });

  it("rises after a restart where the server synced less at either side of it", async () => {
    const server = await served(always);
    const one = worker(server.options);
    const admin = () => {
      const redis = new Redis(server.options);
      cleanups.push(() => redis.disconnect());
      return redis;
    };
    await admin().config("SET", "appendfsync", "everysec");
    await one.store.sweep("s00", 0);
    await server.restart();
    await one.store.sweep("s00", 0);
    const first = await numbers(server);
    expect(Math.min(...first)).toBeGreaterThan(0);
    await server.restart();
    await one.store.sweep("s00", 0);
    expect(await numbers(server)).toEqual(first);
  });

  it("is never one that was given before, even where its rise was lost with a second crash", async () => {
    const server = await served(everysec);
    const one = worker(server.options);
    await one.store.sweep("s00", 0);
    const admin = new Redis(server.options);
    cleanups.push(() => admin.disconnect());
    const before = await Promise.all(keys.shards.map((shard) => admin.hgetall(keys.shard(shard).incarnation)));
    await server.restart();
    await one.store.sweep("s00", 0);
    const first = await numbers(server);
    // As after a loss: the records stand as they stood before the first crash.
    for (const [at, shard] of keys.shards.entries()) await admin.hset(keys.shard(shard).incarnation, before[at] ?? {});
    await expect.poll(async () => Number((await admin.time())[0])).toBeGreaterThan(Math.max(...first));
    await server.restart();
    await one.store.sweep("s00", 0);
    expect(Math.min(...(await numbers(server)))).toBeGreaterThan(Math.max(...first));
  });

  it.each([
    ["the same process, the same history", ["a", "h", "1"], "same"],
    ["the same process, which syncs less by now", ["a", "h", "0"], "same"],
    ["the same process with another history", ["a", "i", "1"], "bumped"],
    ["another process that synced and syncs each write", ["b", "i", "1"], "kept"],
    ["another process that syncs less than the one before", ["b", "i", "0"], "bumped"],
  ])("is decided for %s", async (_, seen, change) => {
    const server = await served(everysec);
    const redis = new Redis(server.options);
    cleanups.push(() => redis.disconnect());
    const look = (args: readonly string[]) => redis.eval(scriptText("incarnation").text, 1, "k", ...args, LAYOUT);
    expect(await look(["a", "h", "1"])).toEqual([0, "first"]);
    const [number, found] = (await look(seen)) as [number, string];
    expect(found).toBe(change);
    expect(number > 0).toBe(change === "bumped");
    expect(await look(seen), "and not once more").toEqual([number, "same"]);
    expect(await redis.hget("k", "number")).toBe(String(number));
  });

  it.each([
    ["of an earlier version, which gave it no number", ""],
    ["of a later version", String(Number(LAYOUT) + 1)],
  ])("is not taken up where the runs lie in a form %s: refused by name, nothing written", async (_, layout) => {
    const server = await served(everysec);
    const redis = new Redis(server.options);
    cleanups.push(() => redis.disconnect());
    await expect(checkLayout(redis, keys), "an empty server").resolves.toBeUndefined();
    const record = { number: "0", server: "a", replication: "h", synced: "1", ...(layout === "" ? {} : { layout }) };
    for (const shard of keys.shards) await redis.hset(keys.shard(shard).incarnation, record);
    const before = await redis.dbsize();
    const refusal = { code: "redis.layout", message: expect.stringContaining(`reads form ${LAYOUT}`), exit: 7 };
    await expect(checkLayout(redis, keys)).rejects.toMatchObject(refusal);
    const store = redisStore(redis, keys);
    await expect(store.send(coordinatorOf("r_old"), event("m1"))).rejects.toMatchObject({
      retry: false,
      cause: refusal,
    });
    expect(await redis.hgetall(keys.shard("s00").incarnation)).toEqual(record);
    expect(await redis.dbsize()).toBe(before);
  });

  it("costs a commit no round trip", async () => {
    const server = await served(everysec);
    const proxy = await startTcpProxy({ path: server.socket });
    cleanups.push(() => proxy.close());
    const one = worker(proxy.options);
    const { run, claim, commit } = await readyToCommit(one);
    await committed(one.store, commit);
    await one.store.send(coordinatorOf(run), event("m2"));
    const before = proxy.received();
    const next = { ...claim, version: claim.version + 1, mail: [event("m2")] };
    await committed(one.store, commitOf(coordinatorOf(run), next));
    expect(proxy.received()).toBe(before + 1);
  });
});
