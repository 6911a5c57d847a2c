// What becomes of a call whose answer is lost on the wire: it is asked again under its own name, answered as the first
// time, and written once.
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { connect } from "../../infra/redis/connect.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { steadyStore } from "../../infra/steady-store.ts";
import type { Store } from "../../infra/store.ts";
import {
  agentOf,
  claimed,
  commitOf,
  committed,
  coordinatorOf,
  event,
  fresh,
  money,
  newRun,
  served,
  startedRun,
} from "../support/given-commit.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { dumpOf } from "../support/store-contract-redis.ts";
import { isScript, startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";

const keys = keysFor("swarm");
const quiet = { warn: () => {}, info: () => {} };

let server: TestRedis;
let direct: Redis;
let proxy: TcpProxy;
let redis: Redis;
/** Over the wire that breaks. */
let store: Store;
/** Over one that does not. */
let sound: Store;

beforeAll(async () => {
  server = await startRedis();
  direct = new Redis(server.options);
  sound = redisStore(direct, keys);
  // The server then has all scripts: each call is one command.
  for (const { given } of cases) await (await given())(sound);
});

afterAll(async () => {
  direct.disconnect();
  await server.stop();
});

beforeEach(async () => {
  await direct.flushall();
  proxy = await startTcpProxy({ path: server.socket });
  redis = connect({ options: proxy.options, broke: () => {} });
  store = steadyStore(redisStore(redis, keys, { attemptMs: 2_000 }), { log: quiet });
  await store.sweep("s00", 0);
});

afterEach(async () => {
  redis.disconnect();
  await proxy.close();
});

interface Case {
  readonly script: string;
  readonly answer: object | null;
  /** Makes what the call needs; answers with the call. */
  given(): Promise<(over: Store) => Promise<unknown>>;
}

const cases: readonly Case[] = [
  {
    script: "commit",
    answer: { kind: "committed", mailLeft: 0, grants: [{ outTokens: 1_000 }] },
    async given() {
      const { run, claim } = await startedRun(sound, { budget: { tokensMax: 9_000 } });
      await sound.send(coordinatorOf(run), event("m1"));
      const commit = commitOf(
        coordinatorOf(run),
        { ...claim, mail: [event("m1")] },
        {
          effects: [{ id: "e1", json: "{}", reserve: money() }],
          messages: [{ to: "a_look", type: "explore", mail: event("m2") }],
        },
      );
      return (over) => over.commit(commit);
    },
  },
  {
    script: "claim",
    answer: { kind: "claimed", claim: { claims: 1, mailTotal: 1 } },
    async given() {
      const { run } = await startedRun(sound);
      await sound.send(coordinatorOf(run), event("m1"));
      return (over) => over.claim(coordinatorOf(run), "nonce", served);
    },
  },
  {
    script: "quarantine",
    answer: null,
    async given() {
      const { run } = await startedRun(sound);
      const address = agentOf(run);
      for (const id of ["deadly", "innocent"]) await sound.send(address, event(id));
      const { fence } = await claimed(sound, address);
      return (over) => over.quarantine(address, "poison", fence);
    },
  },
];

describe("a call whose answer was lost", () => {
  it.each(cases)("$script is written once and answered as the first time", async ({ script, answer: first, given }) => {
    const call = await given();
    let written: unknown;
    proxy.answered = async (command) => {
      if (isScript(script)(command)) written ??= await dumpOf(direct);
    };
    proxy.loseReplies(1, isScript(script));
    const answer = await call(store);
    if (first !== null) expect(answer).toMatchObject(first);
    expect(proxy.received(script)).toBeGreaterThan(1);
    expect(await dumpOf(direct)).toEqual(written);
    // Its echo, over a sound wire, is what the first call was told.
    expect(await call(sound)).toEqual(answer);
  });

  it("a message is delivered once, a run created once, a parked run parked once", async () => {
    const run = fresh("r");
    proxy.loseReplies(1, isScript("create"));
    await store.create(newRun(run));
    proxy.loseReplies(1, isScript("send"));
    await store.send(agentOf(run), event("m1"));
    proxy.loseReplies(1, isScript("hold"));
    await store.hold(run, "park", "later");
    for (const script of ["create", "send", "hold"]) expect(proxy.received(script), script).toBeGreaterThan(1);
    expect(await direct.llen(keys.actor(run, "a_coordinator").mailbox)).toBe(1);
    expect(await direct.llen(keys.actor(run, "a_look").mailbox)).toBe(1);
    expect(await direct.xlen(keys.run(run).log)).toBe(1);
  });

  it("a timer goes off once", async () => {
    const { run, claim } = await startedRun(sound);
    await sound.send(coordinatorOf(run), event("m1"));
    const timersSet = [{ id: "t", delayMs: 0, armedBy: 1 }];
    await committed(sound, commitOf(coordinatorOf(run), { ...claim, mail: [event("m1")] }, { timersSet }));
    proxy.loseReplies(1, isScript("sweep"));
    await store.sweep(keys.shardOf(run), 60_000);
    expect(await direct.llen(keys.actor(run, "a_coordinator").mailbox)).toBe(1);
  });

  it("every reply lost in turn, a commit is written once", async () => {
    const { run, claim } = await startedRun(sound);
    await sound.send(coordinatorOf(run), event("m1"));
    const commit = commitOf(coordinatorOf(run), { ...claim, mail: [event("m1")] });
    proxy.loseReplies(4);
    await committed(store, commit);
    expect(await direct.xlen(keys.run(run).log)).toBe(2);
  });
});

describe("a command that never answers", () => {
  it("ends within its limit with an error that says so, and asking again is answered as the first time", async () => {
    const { run, claim } = await startedRun(sound);
    await sound.send(coordinatorOf(run), event("m1"));
    const commit = commitOf(coordinatorOf(run), { ...claim, mail: [event("m1")] });
    const hasty = redisStore(redis, keys, { attemptMs: 1_500 });
    proxy.decide = (command) => (isScript("commit")(command) ? "stall" : "pass");
    await expect(hasty.commit(commit)).rejects.toMatchObject({
      name: "StoreError",
      code: "store.timeout",
      retry: true,
      exit: 7,
      hint: expect.stringMatching(/./),
    });
    expect(await direct.xlen(keys.run(run).log)).toBe(2);
    const before = await dumpOf(direct);
    proxy.decide = () => "pass";
    await committed(steadyStore(hasty, { log: quiet }), commit);
    expect(await dumpOf(direct)).toEqual(before);
  }, 60_000);

  it("is given up by its link: the next one goes over a new one", async () => {
    const hasty = steadyStore(redisStore(redis, keys, { attemptMs: 200 }), { log: quiet });
    const { run } = await startedRun(sound);
    let stalls = 1;
    proxy.decide = ({ name }) => (name === "lrange" && stalls-- > 0 ? "stall" : "pass");
    expect(await hasty.look(coordinatorOf(run))).toMatchObject({ mail: [], runStatus: "running" });
    expect(stalls).toBeLessThan(0);
  });

  it("because nobody listens ends as unreachable, and is not sent once somebody does", async () => {
    const hasty = redisStore(redis, keys, { attemptMs: 200 });
    const { run } = await startedRun(sound);
    await sound.send(agentOf(run), event("m1"));
    proxy.refuse();
    proxy.cut();
    await expect.poll(() => redis.status).not.toBe("ready");
    await expect(hasty.forget(agentOf(run))).rejects.toMatchObject({ code: "store.unreachable" });
    await expect(hasty.send(agentOf(run), event("m2"))).rejects.toMatchObject({ code: "store.unreachable" });
    proxy.accept();
    // Whatever the client had kept to send is sent before this.
    await redis.ping();
    expect(await direct.zcard(keys.shard(keys.shardOf(run)).ready)).toBe(1);
    expect(await sound.look(agentOf(run))).toMatchObject({ mail: [JSON.stringify(event("m1"))] });
  });

  it("because its connection was closed for good ends at once", async () => {
    redis.disconnect();
    await expect.poll(() => redis.status).toBe("end");
    await expect(redisStore(redis, keys).look(agentOf("r"))).rejects.toMatchObject({ code: "store.unreachable" });
  });
});

describe("a server that has lost its scripts", () => {
  it.each([
    ["by SCRIPT FLUSH", () => direct.script("FLUSH")],
    ["by a restart", () => server.restart()],
  ])("%s is given them again, and what was asked is done once", async (_, lose) => {
    const { run, claim } = await startedRun(store);
    await store.send(coordinatorOf(run), event("m1"));
    await lose();
    const commit = commitOf(coordinatorOf(run), { ...claim, mail: [event("m1")] });
    const before = proxy.received("eval");
    await committed(store, commit);
    expect(proxy.received("eval")).toBe(before + 1);
    expect(await direct.xlen(keys.run(run).log)).toBe(2);
  });
});
