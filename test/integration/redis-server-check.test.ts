// Every server that must not hold runs is refused with the error that says why; every other one is described by facts.
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { openRedis } from "../../infra/redis/embedded.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const cleanups: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function open(url: string) {
  return openRedis({
    url,
    dataDir: "/nonexistent/never-made",
    install: "never",
    fsync: "always",
    searchPath: "",
    say: () => {},
  });
}

interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly exit: number;
  readonly retry: boolean;
}

async function refusal(url: string): Promise<Refusal> {
  try {
    await open(url);
  } catch (error) {
    return error as Refusal;
  }
  throw new Error(`${url} was accepted`);
}

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => {})));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** A server that answers every command with the same bytes. */
function answering(reply: string | undefined): Promise<number> {
  return listen(createServer((socket) => socket.on("data", () => reply !== undefined && socket.write(reply))));
}

/** Speaks just enough of the protocol to stand for a server that cannot be had: INFO of these lines. */
function claiming(info: string): Promise<number> {
  return answering(`$${Buffer.byteLength(info)}\r\n${info}\r\n`);
}

async function redis(...args: string[]): Promise<TestRedis> {
  const server = await startRedis({ args });
  cleanups.push(server.stop);
  return server;
}

const url = (server: TestRedis, rest = "") => `unix://${server.socket}${rest}`;
const modern =
  "redis_version:7.2.0\r\nredis_mode:standalone\r\nrun_id:x\r\nrole:master\r\nloading:0\r\naof_enabled:0\r\n";

describe("a real server", () => {
  it("is described by its own facts", async () => {
    const server = await redis();
    const endpoint = await open(url(server));
    expect(endpoint).toMatchObject({ kind: "url", fsync: "always", options: { path: server.socket } });
    expect(endpoint.facts).toMatchObject({
      aof: "on",
      fsync: "always",
      mode: "standalone",
      role: "master",
      maxmemoryBytes: 0,
      maxmemoryPolicy: "noeviction",
      connectedReplicas: 0,
    });
    expect(endpoint.runId).toMatch(/^[0-9a-f]{40}$/);
  });

  it("without an append-only file promises no sync", async () => {
    const { facts } = await open(url(await redis("--appendonly", "no")));
    expect(facts).toMatchObject({ aof: "off", fsync: "none" });
  });

  it("that may evict keys is refused", async () => {
    const error = await refusal(url(await redis("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")));
    expect(error).toMatchObject({ code: "redis.eviction", exit: 7 });
    expect(error.message).toContain("allkeys-lru");
    expect(error.hint).toContain("noeviction");
  });

  it("with an evicting policy but no limit never evicts, and is accepted", async () => {
    const { facts } = await open(url(await redis("--maxmemory-policy", "allkeys-lru")));
    expect(facts).toMatchObject({ maxmemoryBytes: 0, maxmemoryPolicy: "allkeys-lru" });
  });

  it("with a limit but no eviction is accepted", async () => {
    const { facts } = await open(url(await redis("--maxmemory", "100mb")));
    expect(facts.maxmemoryBytes).toBe(100 * 1024 * 1024);
  });

  it("in cluster mode is refused", async () => {
    expect((await refusal(url(await redis("--cluster-enabled", "yes")))).code).toBe("redis.cluster_unsupported");
  });

  it("that is a replica is refused", async () => {
    expect(await refusal(url(await redis("--replicaof", "127.0.0.1", "9")))).toMatchObject({
      code: "redis.replica",
      exit: 7,
    });
  });

  it("that wants a password says NOAUTH, and with a wrong one WRONGPASS, which is printed nowhere", async () => {
    const server = await redis("--user", "u", "on", ">right", "~*", "&*", "+@all", "--user", "default", "off");
    expect((await refusal(url(server))).message).toContain("NOAUTH");
    const wrong = await refusal(`unix://u:s3cret@${server.socket}`);
    expect(wrong).toMatchObject({ code: "redis.auth", exit: 7 });
    expect(wrong.message).toContain("WRONGPASS");
    expect(`${wrong.message}${wrong.hint}`).not.toContain("s3cret");
    expect((await open(`unix://u:right@${server.socket}`)).kind).toBe("url");
  });

  it("that wants no password takes one all the same, and a chosen database is selected after the password", async () => {
    expect((await open(`unix://:needless@${(await redis()).socket}`)).kind).toBe("url");
    const server = await redis("--requirepass", "right");
    expect((await open(`unix://:right@${server.socket}?db=3`)).options.db).toBe(3);
  });

  it("that forbids CONFIG is accepted, its sync policy unknown", async () => {
    const server = await redis("--user", "u", "on", ">p", "~*", "&*", "+@all", "-config", "--user", "default", "off");
    expect((await open(`unix://u:p@${server.socket}`)).fsync).toBe("unknown");
  });

  it("that forbids INFO is refused with what is missing", async () => {
    const server = await redis("--user", "u", "on", ">p", "~*", "&*", "+@all", "-info", "--user", "default", "off");
    const error = await refusal(`unix://u:p@${server.socket}`);
    expect(error.code).toBe("redis.forbidden");
    expect(error.message).toContain("NOPERM");
  });

  it("without a database of that number is a configuration error", async () => {
    expect(await refusal(url(await redis(), "?db=99"))).toMatchObject({ code: "redis.bad_url", exit: 2 });
  });
});

describe("what is no usable Redis", () => {
  it("nobody listening is unreachable, and worth another try", async () => {
    expect(await refusal("redis://127.0.0.1:9")).toMatchObject({ code: "redis.unreachable", exit: 7, retry: true });
  });

  it("a name that does not resolve is unreachable", async () => {
    expect((await refusal("redis://no-such-host.invalid")).code).toBe("redis.unreachable");
  });

  it("an HTTP server is not a Redis", async () => {
    const server = createHttpServer((_, response) => response.end("hello"));
    expect((await refusal(`redis://127.0.0.1:${await listen(server)}`)).code).toBe("redis.not_redis");
  });

  it.each([
    ["garbage", "\u0000\u0001garbage\r\n"],
    ["nothing", undefined],
    ["a status where INFO belongs", "+OK\r\n"],
    ["an INFO without a version", "$5\r\nhello\r\n"],
  ])("a server that says %s is not a Redis", async (_, reply) => {
    expect(await refusal(`redis://127.0.0.1:${await answering(reply)}`)).toMatchObject({
      code: "redis.not_redis",
      exit: 7,
    });
  });

  it("a server that hangs up at once is unreachable", async () => {
    const port = await listen(createServer((socket) => socket.destroy()));
    expect((await refusal(`redis://127.0.0.1:${port}`)).code).toBe("redis.unreachable");
  });

  it("a plain server behind rediss:// is a TLS error", async () => {
    expect((await refusal(`rediss://127.0.0.1:${await answering("-ERR unknown command\r\n")}`)).code).toBe("redis.tls");
  });

  it("a server that is too old says its version and ours", async () => {
    const error = await refusal(`redis://127.0.0.1:${await claiming(modern.replace("7.2.0", "5.0.14"))}`);
    expect(error).toMatchObject({ code: "redis.too_old", exit: 7 });
    expect(error.message).toMatch(/5\.0\.14.*6\.2\.0/);
  });

  it("a Sentinel is refused", async () => {
    const port = await claiming(modern.replace("mode:standalone", "mode:sentinel"));
    expect((await refusal(`redis://127.0.0.1:${port}`)).code).toBe("redis.sentinel_unsupported");
  });

  it("a server that is loading is worth another try", async () => {
    const port = await claiming(modern.replace("loading:0", "loading:1"));
    expect(await refusal(`redis://127.0.0.1:${port}`)).toMatchObject({ code: "redis.loading", retry: true });
  });
});
