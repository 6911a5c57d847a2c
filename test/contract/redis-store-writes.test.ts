// What a commit writes to Redis: all or nothing, even onto keys of the wrong type, and no more in a long life than in a
// short one.
import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { commitKeys } from "../../infra/redis/commit-arguments.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { HEAD, headFrom } from "../../infra/redis/stored-actor.ts";
import type { Commit, Store } from "../../infra/store.ts";
import { dehydrate, fold } from "../../machines/fold.ts";
import { changeOf, PLAIN_SHAPE } from "../../machines/snapshot.ts";
import { agentInput, answered, anyAgent, assembled, finished, read } from "../support/given-agent.ts";
import {
  agentOf,
  type Claimed,
  claimed,
  commitOf,
  committed,
  coordinatorOf,
  event,
  fresh,
  money,
  served,
  spawnedAgent,
  spent,
  startedRun,
  stepped,
} from "../support/given-commit.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { everyPart } from "../support/store-contract-commit.ts";
import { dumpOf } from "../support/store-contract-redis.ts";

let server: TestRedis;
let redis: Redis;
let store: Store;
const keys = keysFor("swarm");

beforeAll(async () => {
  // Always: an answer then means that the bytes were appended, so that they can be counted.
  server = await startRedis({ fsync: "always" });
  redis = new Redis(server.options);
  store = redisStore(redis, keys);
  // A script that the server does not have yet is preceded by a look at its incarnation, which writes.
  const { run } = await busyAgent();
  await store.hold(run, "park", "later");
  await store.quarantine(agentOf(run), "poison");
});

afterAll(async () => {
  redis.disconnect();
  await server.stop();
});

beforeEach(async () => {
  await redis.flushall();
});

/** A string where something else belongs; a list where a string does. */
async function plantWrongType(key: string): Promise<void> {
  const type = await redis.type(key);
  await redis.del(key);
  if (type === "string") await redis.rpush(key, "wrong");
  else await redis.set(key, "wrong");
}

const paid = { id: "paid-before", json: "{}", reserve: money() };
const free = { id: "free-before", json: "{}", reserve: null };

/** An agent with a paid and a free effect out and mail in its box. */
async function busyAgent(): Promise<{ run: string; claim: Claimed }> {
  const { run } = await startedRun(store, { budget: { tokensMax: 90_000, nanoUsdMax: 90_000_000 } });
  const { address, claim } = await spawnedAgent(store, run);
  await store.send(address, event("m2"));
  await committed(
    store,
    commitOf(address, claim, {
      ...everyPart(),
      effects: [paid, free],
      timersSet: [{ id: "old", delayMs: 9_000, armedBy: 1 }],
    }),
  );
  return { run, claim: { ...stepped(claim), mail: [event("m2")] } };
}

const whole: Partial<Commit> = {
  ...everyPart(),
  approvals: [{ id: "p_1", json: '{"v":1}', call: "c1", hash: "h", ttlMs: 1_000, audit: { tool: "Bash" } }],
  timersCancelled: [{ id: "old", armedBy: 1 }],
  runEnd: { status: "failed", reasons: ["so"] },
};
const commits: [string, Partial<Commit>][] = [
  ["a message that leads to everything at once", { ...whole, effectsDropped: ["paid-before"] }],
  ["an answer that leads to everything at once", { ...whole, by: { effect: "paid-before" }, settle: spent(200, 900) }],
  ["a message that leads to nothing", {}],
  ["an answer that leads to nothing", { by: { effect: "free-before" } }],
  ["a message that only drops a paid effect", { effectsDropped: ["paid-before"] }],
  ["an answer that only settles", { by: { effect: "paid-before" }, settle: spent(5, 5) }],
];

describe("on a key of the wrong type a commit writes everything or nothing:", () => {
  it.each(commits)("%s", async (title, changed) => {
    const names = [
      ...commitKeys(
        keys,
        commitOf(agentOf("r"), { fence: { epoch: 1, nonce: "", incarnation: 0 }, version: 0, mail: [] }),
      ).keys(),
      "a recipient's mailbox",
    ];
    let refused = 0;
    for (const at of names) {
      await redis.flushall();
      const { run, claim } = await busyAgent();
      const commit = commitOf(agentOf(run), claim, changed);
      const key = typeof at === "number" ? (commitKeys(keys, commit)[at] ?? "") : keys.actor(run, "a_tell").mailbox;
      await plantWrongType(key);
      const before = await dumpOf(redis);
      const answer = await store.commit(commit).catch((cause: unknown) => String(cause));
      if (typeof answer === "string") {
        expect(answer).toContain("WRONGTYPE");
        expect(await dumpOf(redis), `${key} was wrong and something was written`).toEqual(before);
        refused += 1;
      } else {
        expect(answer, key).toMatchObject({ kind: "committed" });
        expect((await claimedVersion(run)) - claim.version, key).toBe(1);
      }
    }
    if (title.includes("everything")) expect(refused).toBe(names.length);
    else expect(refused).toBeGreaterThanOrEqual(7);
  });

  it("a message that leads to what few commits carry", async () => {
    const rare: Partial<Commit> = {
      fenced: [{ actor: "a_tell", type: "explore", reason: "so" }],
      revoked: [{ result: "res_look", reason: "so", by: "ann" }],
      letters: [{ id: "d_1", json: '{"task":"a","agentType":"explore","actor":null,"reasons":[]}' }],
      briefs: [{ task: "more", json: "{}" }],
      spawned: [{ actor: "a_new", type: "explore", row: "{}", budget: { tokensMax: 5 } }],
    };
    const keysOf = (run: string): string[] => {
      const [tell, born, of] = [keys.actor(run, "a_tell"), keys.actor(run, "a_new"), keys.run(run)];
      const { dead } = keys.shard(keys.shardOf(run));
      return [tell.snapshot, tell.mailbox, tell.pending, born.snapshot, of.results, of.briefs, of.approvals, dead];
    };
    for (let at = 0; at < keysOf("").length; at += 1) {
      await redis.flushall();
      const { run, claim } = await busyAgent();
      const key = keysOf(run)[at] ?? "";
      await plantWrongType(key);
      const before = await dumpOf(redis);
      await expect(store.commit(commitOf(agentOf(run), claim, rare)), key).rejects.toThrow("WRONGTYPE");
      expect(await dumpOf(redis), `${key} was wrong and something was written`).toEqual(before);
    }
    await redis.flushall();
    const { run, claim } = await busyAgent();
    await committed(store, commitOf(agentOf(run), claim, rare));
    expect(await redis.hget(keys.actor(run, "a_new").snapshot, "cap")).toBe("5 - 0 0");
  });

  const claimedVersion = async (run: string) =>
    headFrom(await redis.hget(keys.actor(run, "a_look").snapshot, HEAD)).version;
});

describe("on a key of the wrong type nothing is written by", () => {
  const acts: [string, (run: string) => Promise<unknown>, (run: string) => string[]][] = [
    [
      "send",
      (run) => store.send(agentOf(run), event("more")),
      (run) => [
        keys.run(run).run,
        keys.run(run).sent,
        keys.actor(run, "a_look").mailbox,
        keys.shard(keys.shardOf(run)).ready,
      ],
    ],
    [
      "hold",
      (run) => store.hold(run, "park", "later"),
      (run) => [
        keys.run(run).run,
        keys.run(run).log,
        keys.run(run).actors,
        keys.shard(keys.shardOf(run)).ready,
        keys.actor(run, "a_coordinator").mailbox,
      ],
    ],
    [
      "quarantine",
      (run) => store.quarantine(agentOf(run), "poison"),
      (run) => {
        const { ready, dead, ended } = keys.shard(keys.shardOf(run));
        const actor = keys.actor(run, "a_look");
        return [
          keys.run(run).run,
          keys.run(run).log,
          actor.mailbox,
          actor.pending,
          actor.snapshot,
          ready,
          dead,
          ended,
          keys.actor(run, "a_coordinator").mailbox,
        ];
      },
    ],
    [
      "claim",
      (run) => claimed(store, agentOf(run)),
      (run) => {
        const { snapshot, mailbox, pending, transcript } = keys.actor(run, "a_look");
        const { stranded } = keys.shard(keys.shardOf(run));
        return [keys.run(run).run, snapshot, mailbox, pending, transcript, stranded];
      },
    ],
  ];
  it.each(acts)("%s", async (_, act, keysOf) => {
    for (let at = 0; at < keysOf("").length; at += 1) {
      await redis.flushall();
      const { run } = await busyAgent();
      const key = keysOf(run)[at] ?? "";
      await plantWrongType(key);
      const before = await dumpOf(redis);
      await expect(act(run), key).rejects.toThrow("WRONGTYPE");
      expect(await dumpOf(redis), `${key} was wrong and something was written`).toEqual(before);
    }
  });

  it("create", async () => {
    const { run } = await startedRun(store);
    const twin = `${run}-twin`;
    const shard = keys.shard(keys.shardOf(twin));
    const { run: row, budget, briefs, actors } = keys.run(twin);
    for (const key of [budget, briefs, actors, keys.actor(twin, "a_coordinator").mailbox, shard.ready, shard.runs]) {
      await redis.flushall();
      await redis.set(key, "wrong");
      const before = await dumpOf(redis);
      const born = store.create({
        run: twin,
        coordinator: coordinatorOf(twin),
        fields: { binding: "local" },
        budget: { tokensMax: 1 },
        briefs: { a: "{}" },
        input: {},
      });
      await expect(born, key).rejects.toThrow("WRONGTYPE");
      expect(await dumpOf(redis), key).toEqual(before);
      expect(await redis.exists(row)).toBe(0);
    }
  });
});

describe("scripts", () => {
  it("that the server has lost are sent again, and the commit is written once", async () => {
    const { run, claim } = await startedRun(store);
    await store.send(coordinatorOf(run), event("m1"));
    await redis.script("FLUSH");
    await committed(store, commitOf(coordinatorOf(run), claim, { by: { mail: "m1" } }));
    expect(await redis.xlen(keys.run(run).log)).toBe(2);
  });
});

describe("a message that nobody can read", () => {
  it("is handed over as it lies there and counted, so that it can be told as poison", async () => {
    const { run } = await startedRun(store);
    await redis.rpush(keys.actor(run, "a_look").mailbox, "{not json");
    for (const claims of [1, 2, 3]) {
      const answer = await store.claim(agentOf(run), fresh("n"), served);
      expect(answer).toMatchObject({ kind: "claimed", claim: { mail: ["{not json"], mailTotal: 1, claims } });
    }
    await store.quarantine(agentOf(run), "unreadable");
    expect(await redis.llen(keys.actor(run, "a_look").mailbox)).toBe(0);
  });
});

describe("every key", () => {
  it("of a run, of all its actors and of its shard carries the one hash tag of its shard", async () => {
    const { run } = await busyAgent();
    await store.hold(run, "park", "later");
    await store.quarantine(agentOf(run), "poison");
    // Each shard has an incarnation of its own, which is looked after for all of them at once.
    const names = (await redis.keys("*")).filter((name) => !name.endsWith(":incarnation"));
    expect(names.length).toBeGreaterThan(12);
    for (const name of names) expect(name).toMatch(new RegExp(`^swarm:\\{${keys.shardOf(run)}\\}:`));
  });
});

/** Bytes that Redis appended to its log, and bytes that came in from its clients. */
async function traffic(): Promise<{ written: number; received: number }> {
  const info = `${await redis.info("persistence")}${await redis.info("stats")}`;
  const figure = (name: string) => Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1] ?? Number.NaN);
  return { written: figure("aof_current_size"), received: figure("total_net_input_bytes") };
}

describe("the cost of a turn", () => {
  it("is as many bytes at turn 200 as at turn 5: nothing that is already stored is sent or written again", async () => {
    const turns = 200;
    const { run } = await startedRun(store, { budget: { tokensMax: 900_000_000 } });
    const address = agentOf(run);
    await store.send(address, event("begin"));
    let claim = await claimed(store, address);
    let state = fold(anyAgent, null, { version: 1, cause: { input: agentInput({ turnsMax: turns + 1 }) } }).state;
    const commit = async (changed: Partial<Commit>) => {
      const { core, rowsSet } = changeOf(null, state, PLAIN_SHAPE);
      await committed(
        store,
        commitOf(address, claim, { id: padded("c", claim.version), core, rows: rowsSet, entry: '{"v":1}', ...changed }),
      );
      claim = stepped(claim);
    };
    const stepTo = (cause: { event: object }) => {
      const decision = fold(anyAgent, state, { version: claim.version + 1, cause: cause as never });
      state = decision.state;
      return decision;
    };
    await commit({ effects: [{ id: "assemble", json: "{}", reserve: null }] });
    stepTo({ event: assembled });
    await commit({
      by: { effect: "assemble" },
      session: "{}",
      effects: [{ id: padded("model", 0), json: "{}", reserve: money() }],
    });
    const cost: { written: number; received: number }[] = [];
    for (let turn = 0; turn < turns; turn += 1) {
      const before = await traffic();
      stepTo({ event: answered(turn, [read(padded("call", turn))]) });
      await commit({
        by: { effect: padded("model", turn) },
        settle: spent(500, 1_000),
        transcript: [newWords()],
        effects: [{ id: padded("tool", turn), json: "{}", reserve: null }],
      });
      stepTo({ event: finished(padded("call", turn)) });
      await commit({
        by: { effect: padded("tool", turn) },
        transcript: [newWords()],
        effects: [{ id: padded("model", turn + 1), json: "{}", reserve: money() }],
      });
      const now = await traffic();
      cost.push({ written: now.written - before.written, received: now.received - before.received });
    }
    expect(await redis.llen(keys.actor(run, address.actor).transcript)).toBe(2 * turns);
    expect(dehydrate(state).snapshot.context.turn).toBe(turns);
    // The cheapest of ten: now and then a commit also writes that its actor was looked after a moment ago.
    const cheapest = (from: number) => {
      const ten = cost.slice(from, from + 10);
      return {
        written: Math.min(...ten.map((one) => one.written)),
        received: Math.min(...ten.map((one) => one.received)),
      };
    };
    const [early, late] = [cheapest(5), cheapest(turns - 10)];
    // A turn carries two thousand bytes of new conversation; what grows is the length of a few numbers.
    expect(early.written).toBeGreaterThan(2_000);
    expect(early.received).toBeGreaterThan(2_000);
    expect(late.written - early.written).toBeLessThan(64);
    expect(late.received - early.received).toBeLessThan(64);
  });
});

/** A thousand characters that no two entries share, so that packing them saves nothing. */
const newWords = (): string => randomBytes(750).toString("base64");
const padded = (kind: string, n: number): string => `${kind}-${String(n).padStart(4, "0")}`;
