// A look for bodies stands in nobody's way: where nobody is dead it finds nothing, where Redis refuses to be written to it
// says so and lets the command go on, and what could not be taken down then is taken down by the next look.
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterEach, beforeEach, expect, it } from "vitest";
import { bodiesAtStart, type Watch } from "../../apps/cli/bodies-at-start.ts";
import type { Config } from "../../infra/config.ts";
import { connect } from "../../infra/redis/connect.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import { identifyProcess } from "../../infra/redis/process-identity.ts";
import { openReader } from "../../infra/redis/reader.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { workerRows } from "../../infra/redis/workers.ts";
import type { Store } from "../../infra/store.ts";
import { commitOf, committed, spawnedAgent, startedRun } from "../support/given-commit.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { dumpOf } from "../support/store-contract-redis.ts";

const keys = keysFor("swarm");
let server: TestRedis;
let redis: Redis;
let direct: Redis;
let store: Store;
let run: string;
let actor: string;
const warned: string[] = [];

beforeEach(async () => {
  server = await startRedis({ args: ["--maxmemory-policy", "noeviction"] });
  redis = connect({ options: server.options, broke: () => {} });
  direct = new Redis(server.options);
  store = redisStore(redis, keys);
  warned.length = 0;
  ({ run } = await startedRun(store));
  const { address, claim } = await spawnedAgent(store, run);
  actor = address.actor;
  const json = '{"type":"tool.run","call":"c1","tool":"Bash","place":"here"}';
  const effects = [{ id: `${run}/${actor}/0.1:0`, json, reserve: null }];
  await committed(store, commitOf(address, claim, { effects, core: '{"value":"executing","context":{}}' }));
});

afterEach(async () => {
  redis.disconnect();
  direct.disconnect();
  await server.stop();
});

const watch = (): Watch => ({
  config: { stateDirs: [join(tmpdir(), `swarm-bodies-${process.pid}`)] } as unknown as Config,
  ...{ redis, keys, workers: workerRows(redis, keys) },
  log: { warn: (_: object, words: string) => warned.push(words), info: () => {}, debug: () => {} } as never,
});
const told = async (): Promise<string[]> =>
  (await openReader(redis, keys).log(run, 0))
    .filter(({ body }) => body.includes('"actor.lost"'))
    .map(({ body }) => body);
const lostOf = async () => (await openReader(redis, keys).actors(run)).find((one) => one.actor === actor)?.lost;

it("finds nobody while a worker lives that serves the run, and nobody in a run that was parked", async () => {
  await redis.hset(keys.run(run).actors, actor, JSON.stringify({ type: "explore" }));
  const self = identifyProcess(process.pid);
  const row = { ...{ id: "w_1", host: hostname(), pid: process.pid, types: [], active: 1, bindings: ["local"] } };
  await workerRows(redis, keys).put({ ...row, startedAt: `${self?.bootId}/${self?.startTime}` });
  const before = await dumpOf(direct);
  await bodiesAtStart(watch());
  expect(await dumpOf(direct)).toEqual(before);
  await workerRows(redis, keys).put({ ...row, startedAt: `${self?.bootId}/0` });
  await store.hold(run, "park", "later");
  await bodiesAtStart(watch());
  expect(await told()).toEqual([]);
  await store.hold(run, "resume", "");
  await bodiesAtStart(watch());
  expect(await told()).toHaveLength(1);
  expect(await lostOf()).toBeGreaterThan(0);
  expect(warned).toEqual([]);
});

it("goes on where Redis takes no writes, and takes the death down when it does again", async () => {
  await direct.config("SET", "min-replicas-to-write", "1");
  await bodiesAtStart(watch());
  expect(warned).toHaveLength(1);
  expect(await told()).toEqual([]);
  await direct.config("SET", "min-replicas-to-write", "0");
  await Promise.all([bodiesAtStart(watch()), bodiesAtStart(watch())]);
  expect(await told()).toHaveLength(1);
});
