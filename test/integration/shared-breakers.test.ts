/**
 * Breakers and rate limits that workers share over a real Redis: what one finds out holds for all, one probes, a prober
 * that is killed gives way, and a Redis that is slow, wrong or gone stops no call.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openAccesses } from "../../actors/runtime/accesses.ts";
import { modelCall } from "../../actors/runtime/effects/model-call.ts";
import { type CallGate, callGate, GATE, type Gate, type Ticket } from "../../infra/breaker/call-gate.ts";
import { openLog } from "../../infra/log.ts";
import { allBreakers, redisRecords } from "../../infra/redis/breakers.ts";
import { type Keys, keysFor } from "../../infra/redis/keys.ts";
import { type MessagesDouble, startMessagesDouble } from "../support/messages-double/double.ts";
import { type Hive, openMockedHive, performersOf, task } from "../support/mocked-hive.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const NAME = "model:test/m";
/** Of a second, what an hour is of a day. */
const QUICK = { ...GATE, coolingFirstMs: 300, coolingLastMs: 600, probeMs: 1_000 };

describe("over one Redis", () => {
  let server: TestRedis;
  let connections: Redis[];
  let keys: Keys;
  let prefixes = 0;
  const children: ChildProcess[] = [];
  beforeAll(async () => {
    server = await startRedis({ fsync: "everysec" });
  });
  afterAll(() => server?.stop());
  beforeEach(() => {
    prefixes += 1;
    keys = keysFor(`t${prefixes}`);
    connections = [];
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    for (const connection of connections) connection.disconnect();
  });

  async function connected(): Promise<Redis> {
    const redis = new Redis({ ...server.options, maxRetriesPerRequest: null });
    redis.on("error", () => {});
    connections.push(redis);
    await redis.ping();
    return redis;
  }
  async function worker(answerMs = 5_000): Promise<{ redis: Redis; gate: CallGate }> {
    const redis = await connected();
    const records = redisRecords(redis, keys, { answerMs });
    return { redis, gate: callGate({ records, monotonicMs: () => performance.now(), limits: QUICK }) };
  }
  let calls = 0;
  const ask = (gate: CallGate, run = "r"): Promise<Gate> => {
    calls += 1;
    return gate.ask(NAME, { by: `call-${calls}`, run });
  };
  const enter = async (gate: CallGate): Promise<Ticket> => {
    const asked = await ask(gate);
    if (asked.open) throw new Error(`held back: ${asked.why}`);
    return asked.ticket;
  };
  const opened = async (gate: CallGate): Promise<void> => {
    for (let at = 0; at < QUICK.failuresMax; at += 1)
      await gate.tell(await enter(gate), { how: "failed", reason: "overloaded" });
  };
  /** The first that is let through, asked again and again as agents are. */
  async function admitted(gate: CallGate): Promise<Ticket> {
    let asked = await ask(gate);
    await expect
      .poll(
        async () => {
          if (asked.open) asked = await ask(gate);
          return asked.open;
        },
        { timeout: 10_000, interval: 30 },
      )
      .toBe(false);
    return (asked as Extract<Gate, { open: false }>).ticket;
  }

  it("what one worker opens holds for the next call of another, and both are shown", async () => {
    const [one, other] = [await worker(), await worker()];
    await opened(one.gate);
    expect(await ask(other.gate, "r_other")).toMatchObject({
      ...{ open: true, why: "open", reason: "overloaded" },
      seen: { breaker: NAME, from: "closed", to: "open" },
    });
    const { breakers, limits } = await allBreakers(other.redis, keys);
    expect(breakers).toEqual([
      {
        ...{ name: NAME, state: "open", failures: 5, reason: "overloaded" },
        sinceAt: expect.stringMatching(/^20\d\d-.*Z$/),
        waitMs: expect.any(Number),
      },
    ]);
    expect(breakers[0]?.waitMs).toBeLessThanOrEqual(QUICK.coolingFirstMs);
    expect(limits).toEqual([]);
  });

  it("calls of several workers at once lose no failure: a row is a row", async () => {
    const gates = await Promise.all(Array.from({ length: 4 }, async () => (await worker()).gate));
    const tickets = await Promise.all(gates.map((gate) => enter(gate)));
    await Promise.all(tickets.map((ticket, at) => (gates[at] as CallGate).tell(ticket, { how: "failed" })));
    const { breakers } = await allBreakers(await connected(), keys);
    expect(breakers).toMatchObject([{ state: "closed", failures: 4 }]);
  });

  it("one probes when it has cooled, however many ask at once, and its success lets all through", async () => {
    const workers = await Promise.all(Array.from({ length: 4 }, () => worker()));
    const [first] = workers as [(typeof workers)[number]];
    await opened(first.gate);
    const cooled = async (): Promise<number | undefined> => (await allBreakers(first.redis, keys)).breakers[0]?.waitMs;
    await expect.poll(cooled, { interval: 20 }).toBe(0);
    const gates = await Promise.all(
      Array.from({ length: 40 }, (_, at) => ask((workers[at % 4] as (typeof workers)[number]).gate)),
    );
    const probes = gates.flatMap((gate) => (gate.open ? [] : [gate.ticket]));
    expect(probes).toMatchObject([{ probe: true }]);
    await first.gate.tell(probes[0] as Ticket, { how: "well" });
    expect((await Promise.all(workers.map(({ gate }) => ask(gate)))).map(({ open }) => open)).toEqual(
      Array.from({ length: 4 }, () => false),
    );
  });

  it("a prober that is killed with -9 gives its place to another worker", async () => {
    const mine = await worker();
    await opened(mine.gate);
    const cooled = async (): Promise<number | undefined> => (await allBreakers(mine.redis, keys)).breakers[0]?.waitMs;
    await expect.poll(cooled, { interval: 20 }).toBe(0);
    const file = fileURLToPath(new URL("../support/probe-child.ts", import.meta.url));
    const args = ["--import", "tsx", file, server.socket, keys.prefix, NAME, JSON.stringify(QUICK)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    children.push(child);
    const [line] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
    expect(JSON.parse(line.toString())).toMatchObject({ open: false, ticket: { probe: true } });
    expect((await ask(mine.gate)).open).toBe(true);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(await admitted(mine.gate)).toMatchObject({ probe: true });
  });

  it("a refusal by its rate limit holds the other workers back, each for a time of its own", async () => {
    const [one, other] = [await worker(), await worker()];
    await one.gate.tell(await enter(one.gate), { how: "limited", reason: "rate_limited", retryAfterMs: 20_000 });
    const gates = await Promise.all(Array.from({ length: 12 }, () => ask(other.gate)));
    const waits = gates.map((gate) => (gate.open && gate.why === "paced" ? gate.waitMs : 0));
    expect(Math.min(...waits)).toBeGreaterThan(19_000);
    expect(new Set(waits).size).toBeGreaterThan(8);
    const { limits } = await allBreakers(other.redis, keys);
    expect(limits).toMatchObject([{ name: NAME, waiting: 13 }]);
    expect(limits[0]?.pausedMs).toBeGreaterThan(19_000);
  });

  it("records expire, and only so many are kept on the list", async () => {
    const { redis, gate } = await worker();
    for (let at = 0; at < 260; at += 1) {
      const asked = await gate.ask(`model:test/${at}`, { by: `x${at}`, run: "r" });
      if (!asked.open) await gate.tell(asked.ticket, { how: "well" });
    }
    expect(await redis.zcard(keys.breakers)).toBe(256);
    expect(await redis.pttl(keys.breaker("model:test/259"))).toBeGreaterThan(23 * 3_600_000);
    expect((await allBreakers(redis, keys)).breakers).toHaveLength(256);
  });

  it("a Redis that hangs holds no call for longer than a moment, and is not asked by each of them", async () => {
    const { gate } = await worker(100);
    await enter(gate);
    const admin = await connected();
    await admin.call("CLIENT", "PAUSE", "1000", "ALL");
    const startedMs = performance.now();
    const gates = await Promise.all(Array.from({ length: 50 }, () => ask(gate)));
    expect(gates.every(({ open }) => !open)).toBe(true);
    // Fifty that waited 100 ms each, one after the other, would be five seconds.
    expect(performance.now() - startedMs).toBeLessThan(2_500);
  });

  it("what somebody else wrote there is begun anew, and stops no call", async () => {
    const { redis, gate } = await worker();
    for (const text of ["no JSON", '{"machine":"breaker@9"}']) {
      await redis.set(keys.breaker(NAME), text);
      expect((await ask(gate)).open).toBe(false);
    }
    await redis.del(keys.breaker(NAME));
    await redis.rpush(keys.breaker(NAME), "a list");
    expect((await ask(gate)).open).toBe(false);
  });
});

describe("workers of one swarm", () => {
  let hive: Hive;
  let double: MessagesDouble;
  beforeEach(async () => {
    hive = await openMockedHive();
    double = await startMessagesDouble();
  });
  afterEach(async () => {
    await double.close();
    await hive.close();
  });

  /** A worker that asks the double as any worker asks a server. */
  function performers() {
    const credentials = { apiKey: "k", authToken: undefined, baseUrl: double.baseUrl };
    const { byBinding } = openAccesses(credentials, openLog("silent"), redisRecords(hive.redis, hive.keys));
    const access = [...byBinding.values()].at(-1);
    if (access === undefined) throw new Error("no access");
    return performersOf(() => ({ event: { type: "unused" }, told: [] }), {
      "model.call": modelCall({ access: () => access }),
    });
  }
  const breakersOf = async () => (await allBreakers(hive.redis, hive.keys)).breakers;

  it("an overloaded server is left alone by all of them, no agent fails for it, and every run's log says so", async () => {
    const overloaded = { kind: "status", status: 529, type: "overloaded_error" } as const;
    double.script({ times: "always", fault: overloaded });
    const first = await hive.worker(performers());
    await hive.start(
      "r_first",
      ["a", "b", "c", "d", "e", "f"].map((id) => task(id)),
    );
    await expect.poll(async () => (await breakersOf())[0]?.state, { timeout: 20_000 }).toBe("open");
    await first.stop(0);
    const served = double.served.length;
    expect(served).toBeLessThanOrEqual(6 + GATE.failuresMax);
    await hive.worker(performers());
    await hive.start("r_second", [task("a")]);
    const kept = await hive.seen("r_second", ({ type }) => type === "model.failed");
    expect(kept).toMatchObject({
      reason: "breaker_open",
      message: expect.stringMatching(/is open; last it said overloaded/),
    });
    expect(double.served.length).toBe(served);
    for (const run of ["r_first", "r_second"]) {
      const changes = (await hive.events(run)).filter(({ type }) => type === "breaker.changed");
      // On a slow machine its first wait may be over by now: what counts is how it began.
      expect(changes[0], run).toMatchObject({ from: "closed", to: "open" });
      expect((await hive.reader.run(run))?.fields.status).toBe("running");
    }
  });

  it("what an answer says of its limits holds the others back before they are refused", async () => {
    const limit = (name: string, value: string): [string, string] => [`anthropic-ratelimit-requests-${name}`, value];
    const headers = Object.fromEntries([
      limit("limit", "10"),
      limit("remaining", "0"),
      limit("reset", new Date(Date.now() + 60_000).toISOString()),
    ]);
    double.script({ times: "always", headers });
    await hive.worker(performers());
    await hive.start("r_one", [task("a")]);
    await hive.seen("r_one", ({ type }) => type === "model.answered");
    const held = await hive.seen("r_one", ({ type }) => type === "model.failed");
    expect(held).toMatchObject({ reason: "paced" });
    const [limits] = (await allBreakers(hive.redis, hive.keys)).limits;
    expect(limits?.requests).toMatchObject({ limit: 10, remaining: 0 });
    expect(limits?.pausedMs).toBeGreaterThan(0);
    expect(double.served).toHaveLength(1);
  });
});
