// What a status bar is told of a swarm: counted on a real Redis by a reader that has no client library, and never at the price
// of starting one, waiting for one, or ending badly.
import { createServer } from "node:net";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { newRun, type RunPlan } from "../../actors/runtime/new-run.ts";
import { localBinding } from "../../infra/model/local/local-model.ts";
import { openAsker } from "../../infra/redis/ask.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import { packedStep } from "../../infra/redis/packed.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { stubFields } from "../../infra/redis/stub.ts";
import { swarmStatus } from "../../infra/redis/swarm-status.ts";
import { task } from "../support/mocked-hive.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { documentOf, type Environment, folderOf, openSwarm, type Swarm } from "../support/swarm-cli.ts";
import { temporaryFolder } from "../support/workspace.ts";

let server: TestRedis;
let redis: Redis;
const keys = keysFor("swarm");
beforeAll(async () => {
  server = await startRedis({ fsync: "everysec" });
  redis = new Redis(server.options);
});
beforeEach(() => redis.flushall());
afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

const place = () => ({ redisUrl: `unix://${server.socket}`, dataDir: "/nonexistent", prefix: "swarm" });
const seen = async (sinceMs = 0) => swarmStatus(place(), sinceMs, 5_000);
const NOTHING = {
  ...{ running: 0, parked: 0, failed: 0, approvals: 0, costUsd: 0, costWhole: true },
  ...{ counted: 0, simulated: 0, runs: 0, cut: false },
};

/** A run as it is created, and what has become of it since. */
async function run(name: string, fields: Readonly<Record<string, string>> = {}): Promise<void> {
  const plan: RunPlan = {
    ...{ run: name, goal: "g", kind: "run", graph: [task("a")], briefs: {}, model: "m", binding: "b", workspace: "/" },
    ...{ config: {}, parallelMax: 1, tolerateFailures: false, options: {} },
  };
  await redisStore(redis, keys).create(newRun(plan));
  if (Object.keys(fields).length > 0) await redis.hset(keys.run(name).run, fields);
}
const money = (nano: number, unpriced = 0): string => `10 ${nano} 0 0 1 1 0 0 1 ${unpriced}`;

describe("what a swarm is doing", () => {
  it("is nothing where there are no runs, and null where there is no server", async () => {
    expect(await seen()).toEqual(NOTHING);
    expect(await swarmStatus({ ...place(), redisUrl: undefined, dataDir: temporaryFolder() }, 0, 1_000)).toBeNull();
  });

  it("counts runs by what they do, what waits for a person, and what it all costs", async () => {
    const now = String(Date.now());
    await run("r_one", { m: money(1_500_000_000), asking: "2" });
    await run("r_two");
    await run("r_three", { hold: now, m: money(250_000_000), asking: "1" });
    await run("r_four", { status: "failed", endedAt: now, m: money(1_000_000_000) });
    await run("r_five", { status: "completed", endedAt: now, asking: "7" });
    expect(await seen()).toEqual({
      ...NOTHING,
      running: 2,
      parked: 1,
      failed: 1,
      approvals: 3,
      costUsd: 2.75,
      counted: 5,
      runs: 5,
    });
  });

  it("a run is simulated by its binding, or by what a server that costs nothing says of itself; none that costs is looked into", async () => {
    const answered = (run: string, said: object) =>
      redis.xadd(
        keys.run(run).log,
        "1-0",
        ...["t", "1", "a", `${run}/a_t/general`, "b"],
        packedStep(JSON.stringify({ v: 1, events: [{ type: "model.answered", effect: "e", turn: 0, ...said }] })),
      );
    await run("r_local", { binding: localBinding });
    await run("r_played", { m: money(0) });
    await answered("r_played", { simulated: true });
    await run("r_own", { m: money(0) });
    await answered("r_own", { model: 'called "simulated":true' });
    await run("r_paid", { m: money(1) });
    await answered("r_paid", { simulated: true });
    await run("r_past", { status: "completed", endedAt: "1000", binding: localBinding });
    await redis.zadd(keys.shard(keys.shardOf("r_past")).runs, 1, "r_past");
    expect(await seen(Date.now() - 60_000)).toMatchObject({ running: 4, counted: 4, simulated: 2, runs: 5 });
  });

  it("of what ended before, neither failure nor cost counts; of what goes on, all of it", async () => {
    await run("r_old", { status: "failed", endedAt: "1000", m: money(4_000_000_000) });
    await run("r_on", { m: money(1_000_000_000, 1) });
    expect(await seen(Date.now() + 60_000)).toMatchObject({ failed: 0, running: 1, costUsd: 1, costWhole: false });
  });

  it("an archived run costs what its stub says", async () => {
    await run("r_gone", { status: "completed", endedAt: String(Date.now()) });
    const row = await redis.hgetall(keys.run("r_gone").run);
    const usage = { nano: "500000000", calls: "1" };
    const stub = stubFields(row, { agents: 1, result: null, usage, archive: "/a", host: "h", erasedAtMs: 0 });
    await redis.del(keys.run("r_gone").run);
    await redis.hset(keys.run("r_gone").run, stub);
    expect(await seen()).toMatchObject({ running: 0, costUsd: 0.5, runs: 1 });
  });

  it("of more runs than it looks at, the newest are counted, and it says so", async () => {
    const pipeline = redis.pipeline();
    for (let at = 0; at < 1_100; at += 1) {
      pipeline.zadd(keys.shard(keys.shardOf(`r_${at}`)).runs, at, `r_${at}`);
      pipeline.hset(keys.run(`r_${at}`).run, { status: at < 100 ? "running" : "completed" });
    }
    await pipeline.exec();
    expect(await seen()).toMatchObject({ runs: 1_000, running: 0, cut: true });
  });

  it("a server that never answers is given up in time; one that refuses says so", async () => {
    const silent = createServer(() => {});
    const socket = join(temporaryFolder(), "s.sock");
    await new Promise<void>((done) => silent.listen(socket, done));
    await expect(swarmStatus({ ...place(), redisUrl: `unix://${socket}` }, 0, 200)).rejects.toThrow(/no answer/);
    silent.close();
    await expect(swarmStatus({ ...place(), redisUrl: "redis://127.0.0.1:1" }, 0, 1_000)).rejects.toThrow(
      /ECONNREFUSED/,
    );
    const asker = await openAsker({ path: server.socket }, 5_000);
    await expect(asker.ask([["PING"], ["NONSENSE"]])).rejects.toThrow(/unknown command/);
  });

  it("answers that come in pieces are read whole, whatever characters they hold", async () => {
    const long = "äöü€\r\n$5\r\n".repeat(40_000);
    await redis.set("long", long);
    const asker = await openAsker({ path: server.socket, db: 0 }, 5_000);
    expect(
      await asker.ask([["PING"], ["GET", "long"], ["GET", "none"], ["DBSIZE"], ["LRANGE", "none", "0", "-1"]]),
    ).toEqual([...["PONG", long, null, 1, []]]);
    asker.close();
  });
});

describe("`swarm status --line`", () => {
  let swarm: Swarm;
  beforeAll(async () => {
    swarm = await openSwarm();
  });
  afterAll(() => swarm?.[Symbol.asyncDispose]());
  const line = async (env: Environment = {}, args: readonly string[] = ["--line"]) =>
    swarm.ask(["status", ...args], { cwd: folderOf(swarm, "place"), env });

  it("starts nothing, and ends well whatever it finds", async () => {
    expect(await line()).toMatchObject({ code: 0, stdout: "swarm: -\n", stderr: "" });
    expect(await line({ REDIS_URL: "redis://127.0.0.1:1" })).toMatchObject({
      code: 0,
      stdout: "swarm: ?\n",
      stderr: "",
    });
    expect(await line({ REDIS_URL: "nonsense" })).toMatchObject({ code: 0, stdout: "swarm: ?\n" });
    expect(await line({ SWARM_CONFIG: "/nowhere.json" })).toMatchObject({ code: 0, stdout: "swarm: ?\n" });
    expect((await line({}, ["--nonsense"])).code).toBe(2);
  });

  it("says on one line what goes on, and the same as a document", async () => {
    await run("r_one", { m: money(1_500_000_000), asking: "1" });
    await run("r_two", { status: "failed", endedAt: String(Date.now()) });
    const env = { REDIS_URL: `unix://${server.socket}` };
    const told = "swarm: 1 approval waits, 1 running, 1 failed, $1.50";
    expect((await line(env)).stdout).toBe(`${told}\n`);
    expect(documentOf(await line(env, ["--json"]))).toEqual({
      ...{ v: 1, redis: "reached", running: 1, parked: 0, failed: 1, approvals: 1, runs: 2, cut: false },
      ...{ costUsd: 1.5, costComplete: true, counted: 2, simulated: 0, line: told },
    });
    await redis.hset(keys.run("r_two").run, { binding: localBinding });
    expect((await line(env)).stdout).toBe(`${told}, 1 of 2 runs simulated\n`);
    await redis.hset(keys.run("r_one").run, { binding: localBinding });
    expect((await line(env)).stdout).toBe(`${told}, simulated\n`);
    expect((await line(env, [])).stdout).toMatch(/, simulated\n.*\nSIMULATED: .* nobody was billed/);
    expect(documentOf(await line(env, ["--json"]))).toMatchObject({ counted: 2, simulated: 2 });
  });
});
