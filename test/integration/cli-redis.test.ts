// The command line and a Redis that is not its own, or not there: what it refuses and how it says so, and runs that
// wait for workers which somebody else has to start.

import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { startRedis, type TestRedis, type TestRedisOptions } from "../support/redis.ts";
import { documentOf, type Finished, fixture, openSwarm, processesOf, type Swarm } from "../support/swarm-cli.ts";

const REPOSITORY = fixture("wrapped-client");
const evaluate = ["evaluate", REPOSITORY, "--only", "tool-registry", "--json"];

const opened: { [Symbol.asyncDispose](): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function withRedis(options: TestRedisOptions = {}): Promise<{ swarm: Swarm; redis: TestRedis }> {
  const redis = await startRedis(options);
  opened.push(redis);
  return { redis, swarm: await withUrl(`unix://${redis.socket}`) };
}

async function withUrl(url: string | undefined, env: Record<string, string | undefined> = {}): Promise<Swarm> {
  const swarm = await openSwarm({ env: { REDIS_URL: url, ...env } });
  opened.push(swarm);
  return swarm;
}

function errorOf(finished: Finished): { code: string; message: string; hint: string; retryable: boolean } {
  return documentOf<{ error: ReturnType<typeof errorOf> }>(finished).error;
}

describe("a Redis that cannot be used is refused with exit 7 and the way out", () => {
  const foreign = async (greet: string): Promise<string> => {
    const server: Server = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", () => socket.end(greet));
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    opened.push({ [Symbol.asyncDispose]: async () => void server.close() });
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return `redis://127.0.0.1:${address.port}`;
  };

  test("one that is no Redis", async () => {
    const swarm = await withUrl(await foreign("HTTP/1.1 400 Bad Request\r\n\r\n"));
    const finished = await swarm.run(evaluate);
    expect(finished.code).toBe(7);
    expect(errorOf(finished)).toMatchObject({ code: "redis.not_redis", hint: expect.stringMatching(/REDIS_URL/) });
  });

  test("one that is not there", async () => {
    const finished = await (await withUrl("redis://127.0.0.1:1")).run(evaluate);
    expect(finished.code).toBe(7);
    expect(errorOf(finished)).toMatchObject({
      code: "redis.unreachable",
      message: expect.stringContaining("127.0.0.1:1"),
    });
  });

  test("one that may forget runs when its memory is full", async () => {
    const { swarm } = await withRedis({ args: ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"] });
    const finished = await swarm.run(evaluate);
    expect(finished.code).toBe(7);
    expect(errorOf(finished).message).toMatch(/maxmemory|evict/i);
    expect(errorOf(finished).hint).toMatch(/noeviction/);
  });

  test("one whose password is wrong: the password is not repeated", async () => {
    const { redis } = await withRedis({ args: ["--requirepass", "right"] });
    const swarm = await withUrl(`unix://user:wrong-secret@${redis.socket}`);
    const finished = await swarm.run(evaluate);
    expect(finished.code).toBe(7);
    expect(`${finished.stdout}${finished.stderr}`).not.toContain("wrong-secret");
  });

  test("an address that is none is a mistake in the settings: exit 2", async () => {
    const finished = await (await withUrl("http://localhost:6379")).run(evaluate);
    expect({ code: finished.code, error: errorOf(finished).code }).toEqual({ code: 2, error: "redis.bad_url" });
  });

  test.each(["redis+sentinel://a:1,b:2/mymaster", "redis-cluster://a:1"])(
    "%s is refused until it is tested",
    async (url) => {
      const finished = await (await withUrl(url)).run(evaluate);
      expect([2, 7]).toContain(finished.code);
      expect(errorOf(finished).code).toMatch(/^redis\.(sentinel|cluster)_unsupported$/);
    },
  );

  test("none at all, on a machine where nothing may be installed: the hint has one line per system", async () => {
    const nothing = { SWARM_REDIS_BIN: undefined, SWARM_REDIS_INSTALL: "never", PATH: "" };
    const swarm = await withUrl(undefined, nothing);
    const finished = await swarm.run(evaluate);
    expect(finished.code).toBe(7);
    const { code, hint } = errorOf(finished);
    expect(code).toBe("redis.none_found");
    for (const words of [/apt/, /brew/, /REDIS_URL/]) expect(hint).toMatch(words);
    expect(processesOf(swarm.home)).toEqual([]);
  });

  test("a SWARM_REDIS_BIN that is no server is named", async () => {
    const swarm = await withUrl(undefined, { SWARM_REDIS_BIN: "/bin/true" });
    const finished = await swarm.run(["ps", "--json"]);
    expect(finished.code).not.toBe(0);
    expect(errorOf(finished).message).toContain("/bin/true");
  });
});

test("with a Redis of one's own and no worker, a run waits: exit 7 says what to start; then resume finishes it", async () => {
  const { swarm } = await withRedis();
  const lacking = await swarm.run(evaluate);
  expect(lacking.code).toBe(7);
  expect(errorOf(lacking)).toMatchObject({
    code: "workers.none",
    retryable: true,
    hint: expect.stringMatching(/swarm worker/),
  });
  const { runs, workers } = documentOf<{ runs: { runId: string; status: string }[]; workers: unknown[] }>(
    await swarm.run(["ps", "--json"]),
  );
  expect(runs).toMatchObject([{ status: "running" }]);
  expect(workers).toEqual([]);

  const worker = swarm.start(["worker", "--jsonl"]);
  await worker.said(/"worker\.ready"/, "stdout");
  const resumed = await swarm.run(["resume", "@last", "--json"]);
  expect({ code: resumed.code, ...documentOf(resumed) }).toMatchObject({
    code: 0,
    v: 1,
    runId: runs[0]?.runId,
    primitives: [{ id: "tool-registry", level: "partial" }],
  });
  const down = await swarm.run(["down", "--json"]);
  expect(documentOf(down)).toEqual({ v: 1, server: "not-running", workers: 0, redis: "not ours" });
  worker.signal("SIGTERM");
  expect((await worker.done).code).toBe(143);
});

test("two prefixes on one Redis do not see each other", async () => {
  const { swarm } = await withRedis();
  const env = { SWARM_PREFIX: "second" };
  const worker = swarm.start(["worker", "--jsonl"], { env });
  await worker.said(/"worker\.ready"/, "stdout");
  expect((await swarm.run(evaluate, { env })).code).toBe(0);
  const runs = async (options: object): Promise<unknown[]> =>
    documentOf<{ runs: unknown[] }>(await swarm.run(["ps", "--json"], options)).runs;
  expect(await runs({ env })).toHaveLength(1);
  expect(await runs({})).toEqual([]);
  worker.signal("SIGTERM");
  await worker.done;
});

test("the password of REDIS_URL is shown nowhere", async () => {
  const { redis } = await withRedis({ args: ["--requirepass", "hush-hush"] });
  const swarm = await withUrl(`unix://:hush-hush@${redis.socket}`);
  for (const args of [["doctor"], ["doctor", "--json"], ["ps"]]) {
    const finished = await swarm.run(args);
    expect(`${finished.code} ${finished.stderr}`).toBe("0 ");
    expect(finished.stdout).not.toContain("hush-hush");
  }
});
