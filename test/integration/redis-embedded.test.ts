// The embedded server with real processes: one server per data dir, whoever dies, and nothing acknowledged is lost.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openRedis, type RedisEndpoint, type RedisSettings, stopEmbedded } from "../../infra/redis/embedded.ts";
import { findBinary } from "../../infra/redis/find-binary.ts";
import { command } from "../../infra/redis/ping.ts";
import { identifyProcess, isAlive } from "../../infra/redis/process-identity.ts";
import { readRecord } from "../../infra/redis/server-record.ts";
import { redisServerBinary } from "../support/redis.ts";

const opener = fileURLToPath(new URL("../support/open-redis.ts", import.meta.url));
const searchPath = process.env.PATH ?? "";

let redisBin: string;
let home: string;
let dataDir: string;
let children: ChildProcess[];
let clients: Redis[];

beforeAll(async () => {
  redisBin = await redisServerBinary();
});

beforeEach(() => {
  home = mkdtempSync("/tmp/sh-embedded-");
  dataDir = join(home, "data");
  children = [];
  clients = [];
});

afterEach(async () => {
  for (const client of clients) client.disconnect();
  for (const child of children) child.kill("SIGKILL");
  for (const dir of [dataDir, join(home, "moved")]) {
    const record = existsSync(dir) ? await readRecord(dir) : undefined;
    if (record !== undefined && isAlive(record.identity)) process.kill(record.identity.pid, "SIGKILL");
  }
  rmSync(home, { recursive: true, force: true });
});

const said: string[] = [];

function settings(changes: Partial<RedisSettings> = {}): RedisSettings {
  said.length = 0;
  const say = (line: string) => void said.push(line);
  return { dataDir, redisBin, install: "never", fsync: "always", searchPath, runtimeDir: home, say, ...changes };
}

function client({ options }: Pick<RedisEndpoint, "options">): Redis {
  const redis = new Redis({ ...options, retryStrategy: () => null });
  redis.on("error", () => {});
  clients.push(redis);
  return redis;
}

interface Opened {
  readonly child: ChildProcess;
  readonly endpoint?: RedisEndpoint;
  readonly error?: { readonly code: string; readonly message: string };
}

async function openInChild(changes: Partial<RedisSettings> = {}, lock: "flock" | "claim" = "flock"): Promise<Opened> {
  const { say: _, ...plain } = settings(changes);
  const child = spawn(
    process.execPath,
    ["--import", "tsx", opener, JSON.stringify(plain), lock === "claim" ? "lockless" : ""],
    {
      stdio: ["pipe", "pipe", "inherit"],
    },
  );
  children.push(child);
  if (child.stdout === null) throw new Error("no output");
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return { child, ...(JSON.parse(line) as object) };
}

/** Of this data dir, since it was made: two servers could share a record and still write to one file. */
function serversStarted(): number {
  return readFileSync(join(dataDir, "redis.log"), "utf8").match(/Server initialized/g)?.length ?? 0;
}

async function serverPid(): Promise<number> {
  const record = await readRecord(dataDir);
  if (record === undefined) throw new Error("no record");
  return record.identity.pid;
}

async function kill9(pid: number): Promise<void> {
  const identity = identifyProcess(pid);
  process.kill(pid, "SIGKILL");
  await expect.poll(() => identity !== undefined && isAlive(identity)).toBe(false);
}

async function rejection(
  promise: Promise<unknown>,
): Promise<{ code: string; message: string; hint: string; exit: number }> {
  try {
    await promise;
  } catch (error) {
    return error as never;
  }
  throw new Error("it did not fail");
}

describe.each(["flock", "claim"] as const)("one server per data dir, locked by %s", (kind) => {
  // Without flock(1) the lock is a claim file: a search path cannot hide /usr/bin, so the platform is what is changed.
  const platform = process.platform;
  beforeEach(() => {
    if (kind === "claim") Object.defineProperty(process, "platform", { value: "lockless" });
  });
  afterEach(() => {
    Object.defineProperty(process, "platform", { value: platform });
  });

  it("openers racing in one process end at one server", async () => {
    const endpoints = await Promise.all(Array.from({ length: 6 }, () => openRedis(settings())));
    expect(new Set(endpoints.map((endpoint) => endpoint.runId)).size).toBe(1);
    expect(endpoints[0]?.runId).toMatch(/^[0-9a-f]{40}$/);
    expect(serversStarted()).toBe(1);
  });

  it("a kill of the server loses nothing that was acknowledged, and the next opener starts it again", async () => {
    const first = await openRedis(settings());
    const writer = client(first);
    let acknowledged = 0;
    const writing = (async () => {
      for (;;) {
        await writer.set(`k${acknowledged}`, "v");
        acknowledged += 1;
      }
    })().catch(() => {});
    await expect.poll(() => acknowledged, { timeout: 30_000 }).toBeGreaterThan(200);
    await kill9(await serverPid());
    await writing;

    const second = await openRedis(settings());
    expect(second.runId).not.toBe(first.runId);
    const keys = await client(second).dbsize();
    expect(keys).toBeGreaterThanOrEqual(acknowledged);
    expect(await client(second).exists(`k${acknowledged - 1}`)).toBe(1);
  });

  it("after a stop the process is gone, the data stay, and a second stop says so", async () => {
    const first = await openRedis(settings());
    await client(first).set("kept", "yes");
    const identity = identifyProcess(await serverPid());
    expect(await stopEmbedded(dataDir)).toBe("stopped");
    expect(identity !== undefined && isAlive(identity)).toBe(false);
    expect(await stopEmbedded(dataDir)).toBe("not-running");
    expect(await client(await openRedis(settings())).get("kept")).toBe("yes");
  });

  it("five processes that race to open one data dir share one server", async () => {
    const opened = await Promise.all(Array.from({ length: 5 }, () => openInChild({}, kind)));
    expect(opened.map((one) => one.error)).toEqual(Array(5).fill(undefined));
    expect(new Set(opened.map((one) => one.endpoint?.runId)).size).toBe(1);
    expect(serversStarted()).toBe(1);
  });
});

describe("processes", () => {
  it("the server outlives a CLI that is killed, in a session of its own", async () => {
    const { child, endpoint } = await openInChild();
    child.kill("SIGKILL");
    await once(child, "exit");
    const again = await openRedis(settings());
    expect(again.runId).toBe(endpoint?.runId);
    const stat = readFileSync(`/proc/${await serverPid()}/stat`, "utf8");
    const [, , , session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    expect(Number(session)).toBe(await serverPid());
  });

  it("the shell's secrets do not reach the server", async () => {
    // The server blanks its environment for its title, so a script in front of it writes down what arrives.
    const witness = join(home, "witness");
    writeFileSync(witness, `#!/bin/sh\n[ "$1" = --version ] || env >"${home}/environment"\nexec "${redisBin}" "$@"\n`, {
      mode: 0o700,
    });
    process.env.ANTHROPIC_API_KEY = "sk-must-not-leak";
    try {
      await openRedis(settings({ redisBin: witness }));
    } finally {
      delete process.env.ANTHROPIC_API_KEY;
    }
    const environment = readFileSync(join(home, "environment"), "utf8");
    expect(environment).toContain("PATH=");
    expect(environment).not.toContain("sk-must-not-leak");
  });

  it("a silent server is not a dead one: the opener waits, and starts no second", async () => {
    const first = await openRedis(settings());
    const pid = await serverPid();
    process.kill(pid, "SIGSTOP");
    const opening = openRedis(settings());
    // Longer than the opener's patience with one question: it has met the silence by then.
    const answer = await command(first.options.path ?? "", "PING", 2_500);
    expect(answer).toEqual({ state: "silent" });
    process.kill(pid, "SIGCONT");
    expect((await opening).runId).toBe(first.runId);
    expect(await serverPid()).toBe(pid);
  });

  it("a server that is still loading a long file is waited for", async () => {
    const slow = join(home, "slow-server");
    const first = await openRedis(settings());
    const redis = client(first);
    await redis.eval("for i=1,20000 do redis.call('set', 'k'..i, string.rep('x', 100)) end", 0);
    await stopEmbedded(dataDir);
    // Real loading, slowed down by the server's own testing knob: 20,000 keys at 100 µs each.
    writeFileSync(
      slow,
      `#!/bin/sh\ncase "$1" in --version) exec "${redisBin}" --version;; esac\nexec "${redisBin}" "$@" --key-load-delay 100 --loading-process-events-interval-bytes 1024\n`,
      { mode: 0o700 },
    );
    const opened = await Promise.all([openInChild({ redisBin: slow }), openInChild({ redisBin: slow })]);
    expect(opened.map((one) => one.error)).toEqual([undefined, undefined]);
    expect(opened[0]?.endpoint?.runId).toBe(opened[1]?.endpoint?.runId);
    expect((opened[0] as { said?: string[] }).said?.join()).toMatch(/busy \(LOADING/);
    expect(await client(opened[0]?.endpoint as RedisEndpoint).dbsize()).toBe(20_000);
  });

  it("a stale socket and a stale record do not keep a server from starting", async () => {
    await openRedis(settings());
    const record = await readRecord(dataDir);
    await kill9(await serverPid());
    expect(statSync(record?.socket ?? "").isSocket()).toBe(true);
    const again = await openRedis(settings());
    expect(await client(again).ping()).toBe("PONG");
    expect(existsSync(record?.socket ?? "")).toBe(false);
  });
});

it("a step that a power failure cut in two is gone for good: also after the next restart, and what was written since is there", async () => {
  const write = "redis.call('set', KEYS[1], ARGV[1]) redis.call('set', KEYS[2], ARGV[1])";
  const redis = client(await openRedis(settings()));
  await redis.eval(write, 2, "before/a", "before/b", "whole");
  await redis.eval(write, 2, "torn/a", "torn/b", "in two");
  await kill9(await serverPid());
  const folder = join(dataDir, "appendonlydir");
  const file = join(folder, readdirSync(folder).find((name) => name.endsWith(".incr.aof")) as string);
  // In the middle of the second write: Redis forgets the first one now, and leaves it in its file.
  truncateSync(file, readFileSync(file, "latin1").lastIndexOf("in two") + 3);

  const mended = client(await openRedis(settings()));
  const told = said.join();
  await mended.eval(write, 2, "after/a", "after/b", "whole");
  const keys = ["after/a", "after/b", "before/a", "before/b"];
  expect((await mended.keys("*")).sort()).toEqual(keys);
  await kill9(await serverPid());
  expect((await client(await openRedis(settings())).keys("*")).sort()).toEqual(keys);
  expect(told).toMatch(/cut inside a step.* wrote it anew/);
  expect(said.join()).not.toMatch(/wrote it anew/);
});

describe("data dirs", () => {
  it("is private and invisible to git", async () => {
    await openRedis(settings());
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(dataDir, ".gitignore"), "utf8")).toBe("*\n");
    const socket = (await readRecord(dataDir))?.socket ?? "";
    expect(statSync(socket).mode & 0o077).toBe(0);
    expect(socket.startsWith(dataDir)).toBe(false);
  });

  it("a moved data dir keeps its running server", async () => {
    const first = await openRedis(settings());
    renameSync(dataDir, join(home, "moved"));
    const again = await openRedis(settings({ dataDir: join(home, "moved") }));
    expect(again.runId).toBe(first.runId);
  });

  it("a copied data dir gets a server of its own", async () => {
    const first = await openRedis(settings());
    cpSync(dataDir, join(home, "moved"), { recursive: true });
    const copy = await openRedis(settings({ dataDir: join(home, "moved") }));
    expect(copy.runId).not.toBe(first.runId);
    expect((await openRedis(settings())).runId).toBe(first.runId);
  });

  it("a data dir deleted under its server and made again does not meet the old server", async () => {
    const first = await openRedis(settings());
    const old = await readRecord(dataDir);
    rmSync(dataDir, { recursive: true });
    const again = await openRedis(settings());
    expect(again.runId).not.toBe(first.runId);
    expect(existsSync(join(dataDir, "appendonlydir"))).toBe(true);
    // The old one removes its socket as it ends: that must not be the new one's.
    if (old === undefined) throw new Error("no record");
    process.kill(old.identity.pid, "SIGTERM");
    await expect.poll(() => isAlive(old.identity)).toBe(false);
    expect((await openRedis(settings())).runId).toBe(again.runId);
  });

  it("a CLI with another runtime folder finds the same server", async () => {
    const first = await openRedis(settings());
    const runtimeDir = join(home, "other");
    mkdirSync(runtimeDir, { mode: 0o700 });
    expect((await openRedis(settings({ runtimeDir }))).runId).toBe(first.runId);
  });

  it("a path far longer than a socket's works", async () => {
    dataDir = join(home, "d".repeat(120), "e".repeat(120));
    const { options } = await openRedis(settings());
    expect(Buffer.byteLength(options.path ?? "")).toBeLessThanOrEqual(107);
  });

  it("a runtime folder too long for a socket is passed over", async () => {
    const runtimeDir = join(home, "r".repeat(100));
    mkdirSync(runtimeDir, { mode: 0o700 });
    const { options } = await openRedis(settings({ runtimeDir }));
    expect(Buffer.byteLength(options.path ?? "x".repeat(200))).toBeLessThanOrEqual(107);
  });

  it("a file in its place is a clear error", async () => {
    writeFileSync(dataDir, "");
    const error = await rejection(openRedis(settings()));
    expect(error).toMatchObject({ code: "redis.data_dir_unwritable", exit: 7 });
    expect(error.message).toContain(dataDir);
    expect(error.hint).toContain("SWARM_DATA_DIR");
  });

  it("a record planted by a repository reaches neither a foreign socket nor a process", async () => {
    mkdirSync(dataDir);
    const me = identifyProcess(process.pid);
    const planted = [1, me?.pid, me?.startTime, me?.bootId, "/var/run/docker.sock"].join("\n");
    writeFileSync(join(dataDir, "redis.server"), planted);
    expect(await stopEmbedded(dataDir)).toBe("not-running");
    const { options } = await openRedis(settings());
    expect(options.path).not.toBe("/var/run/docker.sock");
    expect(await serverPid()).not.toBe(process.pid);
  });

  it("a log that is a link is not written through", async () => {
    mkdirSync(dataDir);
    const victim = join(home, "victim");
    writeFileSync(victim, "");
    symlinkSync(victim, join(dataDir, "redis.log"));
    await rejection(openRedis(settings()));
    expect(readFileSync(victim, "utf8")).toBe("");
  });
});

describe("hostile socket folders", () => {
  it.each([
    ["a link", (place: string) => symlinkSync(home, place), "symbolic link"],
    ["a file", (place: string) => writeFileSync(place, ""), "not a folder"],
    ["a folder open to others", (place: string) => mkdirSync(place, { mode: 0o755 }), "mode 755"],
  ])("%s in its place is refused", async (_, plant, why) => {
    plant(join(home, "statehive"));
    const error = await rejection(openRedis(settings()));
    expect(error).toMatchObject({ code: "redis.unsafe_folder", exit: 7 });
    expect(error.message).toContain(why);
    expect(existsSync(join(dataDir, "appendonlydir"))).toBe(false);
  });
});

describe.skipIf(process.getuid?.() !== 0)("as a user without rights", () => {
  /** Opens as nobody and returns the error. */
  function refusalForNobody(changes: Partial<RedisSettings>, tmp: string): { code: string; message: string } {
    const { say: _, ...plain } = settings({ runtimeDir: undefined, ...changes });
    const nobody = ["--reuid=65534", "--regid=65534", "--clear-groups", process.execPath, "--import", "tsx"];
    const done = spawnSync("setpriv", [...nobody, opener, JSON.stringify(plain)], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
      env: { PATH: searchPath, HOME: tmp, TMPDIR: tmp },
    });
    return (JSON.parse(done.stdout) as { error: { code: string; message: string } }).error;
  }

  let theirs: string;

  beforeEach(() => {
    theirs = mkdtempSync("/tmp/sh-theirs-");
    chownSync(theirs, 65_534, 65_534);
  });

  afterEach(() => {
    rmSync(theirs, { recursive: true, force: true });
  });

  it("a data dir that cannot be made, or not be written, is a clear error", () => {
    chmodSync(home, 0o755);
    const unmakable = refusalForNobody({}, theirs);
    expect(unmakable.code).toBe("redis.data_dir_unwritable");
    expect(unmakable.message).toContain("permission denied");
    mkdirSync(dataDir, { mode: 0o755 });
    writeFileSync(join(dataDir, ".gitignore"), "*\n");
    expect(refusalForNobody({}, theirs).code).toBe("redis.data_dir_unwritable");
  });

  it("a socket folder that another user made first is refused", () => {
    mkdirSync(join(theirs, "statehive-65534"), { mode: 0o700 });
    const error = refusalForNobody({ dataDir: join(theirs, "data") }, theirs);
    expect(error.code).toBe("redis.unsafe_folder");
    expect(error.message).toContain("belongs to user 0");
  });
});

describe("fsync", () => {
  it("is always from the first write on, without a word about it", async () => {
    expect((await openRedis(settings())).fsync).toBe("always");
    expect(said).toEqual([]);
  });

  it("is what was asked for, and whoever asks for the stronger promise gets it", async () => {
    expect((await openRedis(settings({ fsync: "everysec" }))).fsync).toBe("everysec");
    const stronger = await openRedis(settings());
    expect(stronger.fsync).toBe("always");
    expect(await client(stronger).config("GET", "appendfsync")).toEqual(["appendfsync", "always"]);
    expect(said).toHaveLength(1);
    expect((await openRedis(settings({ fsync: "everysec" }))).fsync).toBe("always");
  });
});

describe("binaries", () => {
  it("a configured binary that is none is a configuration error", async () => {
    const error = await rejection(openRedis(settings({ redisBin: "/bin/true" })));
    expect(error).toMatchObject({ code: "redis.bad_binary", exit: 2 });
    expect(error.message).toContain("/bin/true");
  });

  it("a server that ends while starting shows what it said", async () => {
    mkdirSync(join(dataDir, "appendonlydir"), { recursive: true });
    writeFileSync(join(dataDir, "appendonlydir", "appendonly.aof.manifest"), "nonsense\n");
    const error = await rejection(openRedis(settings()));
    expect(error).toMatchObject({ code: "redis.start_failed", exit: 7 });
    expect(error.message).toMatch(/manifest/);
    expect(error.hint).toContain("redis-check-aof");
  });

  it("without any server and with installs forbidden, the error has an install line per system", async ({ skip }) => {
    if ((await findBinary(undefined, "")) !== undefined) skip("this machine has a Redis in a usual folder");
    const error = await rejection(openRedis(settings({ redisBin: undefined, searchPath: "/nowhere" })));
    expect(error).toMatchObject({ code: "redis.none_found", exit: 7 });
    for (const system of ["Debian", "Fedora", "Arch", "Alpine", "macOS", "Windows", "Docker"]) {
      expect(error.hint).toContain(system);
    }
    expect(error.message).toContain("SWARM_REDIS_INSTALL");
  });
});
