// The proxy that other tests break the wire with does what it says, or their laws would hold for nothing.
import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { keysFor } from "../../infra/redis/keys.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { isScript, startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";

let server: TestRedis;
let direct: Redis;
let proxy: TcpProxy;
const clients: Redis[] = [];

beforeAll(async () => {
  server = await startRedis({ fsync: "everysec" });
  direct = new Redis(server.options);
});

afterAll(async () => {
  direct.disconnect();
  await server.stop();
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await proxy.close();
  await direct.flushall();
});

async function through(options: object = {}): Promise<Redis> {
  proxy = await startTcpProxy({ path: server.socket });
  const client = new Redis({ ...proxy.options, retryStrategy: () => 5, ...options });
  client.on("error", () => {});
  clients.push(client);
  await client.ping();
  return client;
}

describe("the proxy", () => {
  it("carries every kind of reply unharmed, large ones and pipelines too", async () => {
    const redis = await through();
    const large = "ä".repeat(300_000);
    await redis.set("large", large);
    expect(await redis.get("large")).toBe(large);
    expect(await redis.get("none")).toBeNull();
    await expect(redis.lpush("large", "x")).rejects.toThrow("WRONGTYPE");
    expect(await redis.eval("return {1, {'two', false, {}}, {ok='FINE'}}", 0)).toEqual([1, ["two", null, []], "FINE"]);
    const many = redis.multi();
    for (let n = 0; n < 500; n += 1) many.incr("n");
    expect((await many.exec())?.at(-1)).toEqual([null, 500]);
    const before = proxy.received("incr");
    await Promise.all(Array.from({ length: 200 }, () => redis.incr("n")));
    expect(proxy.received("incr") - before).toBe(200);
  });

  it("lets subscribers hear what is published", async () => {
    const redis = await through();
    const ear = redis.duplicate();
    clients.push(ear);
    const heard = new Promise((resolve) => ear.on("message", (_, message) => resolve(message)));
    await ear.subscribe("channel");
    await direct.publish("channel", "hello");
    expect(await heard).toBe("hello");
  });

  it("that loses a reply has let the server run the command, and cuts the link", async () => {
    const redis = await through({ autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 });
    proxy.loseReplies(1, ({ name }) => name === "incr");
    await expect(redis.incr("n")).rejects.toThrow();
    expect(await direct.get("n")).toBe("1");
    proxy.decide = () => "pass";
    // What was lost is lost once: the next one is answered.
    await expect.poll(() => redis.incr("n").catch(() => 0)).toBe(2);
  });

  it("that cuts before a command keeps it from the server", async () => {
    const redis = await through({ autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0 });
    proxy.decide = ({ name }) => (name === "incr" ? "cut" : "pass");
    await expect(redis.incr("n")).rejects.toThrow();
    expect(await direct.get("n")).toBeNull();
  });

  it("that stalls holds the reply and all after it, in order, until it is released", async () => {
    const redis = await through();
    const order: string[] = [];
    proxy.decide = ({ args }) => (args[1] === "a" ? "stall" : "pass");
    const both = Promise.all([
      redis.incr("a").then(() => order.push("a")),
      redis.incr("b").then(() => order.push("b")),
    ]);
    await expect.poll(() => direct.mget("a", "b")).toEqual(["1", "1"]);
    expect(order).toEqual([]);
    proxy.release();
    await both;
    expect(order).toEqual(["a", "b"]);
  });

  it("tells of a command before the server has it and after it has run", async () => {
    const redis = await through();
    const seen: (string | null)[] = [];
    proxy.decide = async ({ name }) => {
      if (name === "set") seen.push("before", await direct.get("k"));
      return "pass" as const;
    };
    proxy.answered = async ({ name }) => {
      if (name === "set") seen.push("after", await direct.get("k"));
    };
    await redis.set("k", "v");
    expect(seen).toEqual(["before", null, "after", "v"]);
  });

  it("knows the product's scripts by name, and others by none", async () => {
    const redis = await through();
    const scripts: (string | null)[] = [];
    proxy.decide = (command) => {
      if (command.name.startsWith("eval")) scripts.push(command.script);
      return isScript("send")(command) ? "lose" : "pass";
    };
    await redis.eval("return 1", 0);
    const store = redisStore(redis, keysFor("proxied"));
    expect((await store.sweep("s00", 0)).wake).toEqual([]);
    expect(scripts[0]).toBeNull();
    // A look at who is there, once a shard, comes before the first script.
    expect(new Set(scripts.slice(1))).toEqual(new Set(["incarnation", "sweep"]));
    expect(proxy.received("sweep")).toBe(scripts.filter((script) => script === "sweep").length);
  });

  it("refuses new connections and resets old ones until it accepts again", async () => {
    const redis = await through();
    proxy.refuse();
    proxy.cut();
    const waiting = redis.incr("n");
    await expect.poll(() => proxy.connections()).toBe(0);
    expect(await direct.get("n")).toBeNull();
    proxy.accept();
    expect(await waiting).toBe(1);
  });

  it("delays each way without losing order", async () => {
    const redis = await through();
    proxy.delayMs = 20;
    const startedMs = performance.now();
    expect(await Promise.all(Array.from({ length: 50 }, () => redis.incr("n")))).toEqual(
      Array.from({ length: 50 }, (_, n) => n + 1),
    );
    expect(performance.now() - startedMs).toBeGreaterThan(30);
  });
});
