// A process is killed while it archives and erases an ended run: before each of its words to Redis, and in the middle of
// its file. There is the run, or its whole archive, or both; whoever comes next brings it to its end.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { tidier } from "../../actors/runtime/retention.ts";
import { runDocument } from "../../actors/runtime/run-document.ts";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import { readArchive } from "../../infra/archive/read-archive.ts";
import { withArchives } from "../../infra/archive/with-archives.ts";
import { openLog } from "../../infra/log.ts";
import { callsRead, type Hive, openMockedHive, performersOf, reports, task } from "../support/mocked-hive.ts";

const child = fileURLToPath(new URL("../support/tidy-child.ts", import.meta.url));
const scripts = fileURLToPath(new URL("../../infra/redis/scripts", import.meta.url));
const RUN = "r_kept";

let hive: Hive;
let dir: string;
/** Folder of the child as one file: fifty of them start, each in a fifth of the time. */
let home: string;
/** Every key of the run as it was when it had ended. */
let image: Map<string, Buffer>;
let before: unknown;

const storedKeys = async (): Promise<string[]> =>
  (await hive.redis.keys("swarm:*")).filter((key) => !/:(incarnation|tidying)$/.test(key)).sort();

const told = async (): Promise<unknown> => {
  const reader = withArchives(hive.reader, hive.redis, hive.keys);
  const entries: unknown[] = [];
  for await (const entry of entriesOf(reader, RUN)) entries.push(entry);
  return { entries, document: await runDocument(reader, RUN) };
};

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "statehive-tidy-"));
  await build({
    entryPoints: [child],
    outfile: join(home, "child.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    logLevel: "error",
  });
  cpSync(scripts, join(home, "scripts"), { recursive: true });
  hive = await openMockedHive();
  const worker = await hive.worker(performersOf((turn) => (turn < 1 ? callsRead(turn) : reports(turn))));
  await hive.start(RUN, [task("a")]);
  expect(await hive.ended(RUN)).toBe("completed");
  await worker.stop(0);
  image = new Map();
  for (const key of await storedKeys()) image.set(key, (await hive.redis.dumpBuffer(key)) as Buffer);
  before = await told();
});
afterAll(async () => {
  await hive?.close();
  rmSync(home, { recursive: true, force: true });
});

beforeEach(async () => {
  const stored = await hive.redis.keys("swarm:*");
  await hive.redis.del(...stored);
  for (const [key, value] of image) await hive.redis.restore(key, 0, value);
  dir = mkdtempSync(join(tmpdir(), "statehive-kill-"));
  return () => rmSync(dir, { recursive: true, force: true });
});

interface Warm {
  readonly process: ChildProcess;
  readonly ready: Promise<unknown>;
}

const warm = (socket: string): Warm => {
  const started = spawn(process.execPath, [join(home, "child.mjs"), socket, dir], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  return { process: started, ready: once(started.stdout, "data") };
};

/** Passes words on to Redis until the `count`-th, which kills the child instead. */
function proxy(path: string, count: number, kill: () => void): Server {
  let words = 0;
  return wire(path, (bytes) => {
    // Counted from the lock on: what comes before only looks whether there is anything to do.
    if (words > 0 || bytes.includes(":tidying")) words += 1;
    if (words === count) kill();
    return words < count;
  });
}

/** A wire to Redis that passes on what it is told to. The child waits for an answer to each of its words. */
function wire(path: string, passes: (bytes: Buffer) => boolean): Server {
  return createServer((socket) => {
    const upstream = connect(hive.server.socket);
    socket.on("error", () => upstream.destroy());
    upstream.on("error", () => socket.destroy());
    socket.on("close", () => upstream.end());
    socket.on("data", (bytes: Buffer) => {
      if (passes(bytes)) upstream.write(bytes);
    });
    upstream.pipe(socket);
  }).listen(path);
}

/** What holds at any moment; then somebody else ends what was begun. */
async function holdsAndEnds(): Promise<"untouched" | "archived"> {
  expect(await told()).toEqual(before);
  const stub = (await hive.redis.hexists(hive.keys.base(RUN), "stub")) === 1;
  if (stub) expect((await readArchive(join(dir, `${RUN}.jsonl`))).header.run).toBe(RUN);
  else expect(await storedKeys()).toEqual([...image.keys()].sort());
  // The dead process's lock runs out by itself; nobody waits for it here.
  await hive.redis.del(hive.keys.shard(hive.keys.shardOf(RUN)).tidying);
  await tidier({ redis: hive.redis, keys: hive.keys, afterMs: 0, dir, log: openLog("silent") }).tidy();
  const shard = hive.keys.shard(hive.keys.shardOf(RUN));
  expect((await storedKeys()).filter((key) => key !== shard.runs)).toEqual([hive.keys.base(RUN)]);
  expect((await readArchive(join(dir, `${RUN}.jsonl`))).header.run).toBe(RUN);
  expect(await told()).toEqual(before);
  return stub ? "archived" : "untouched";
}

/** Kills before the `count`-th word; null once the child got to its end before that. */
async function killedAt(count: number): Promise<"untouched" | "archived" | null> {
  const path = join(dir, "proxy.sock");
  const { process: worker, ready } = warm(path);
  const server = proxy(path, count, () => worker.kill("SIGKILL"));
  const exited = once(worker, "exit") as Promise<[number | null, string | null]>;
  await ready;
  worker.stdin?.write("go\n");
  const [, signal] = await exited;
  server.close();
  rmSync(path, { force: true });
  if (signal === null) return null;
  return holdsAndEnds();
}

/** A process for every word: on a busy machine that takes its time, in milliseconds. */
const MANY_PROCESSES_MS = 600_000;

it("killed before any of its words to Redis, it leaves the run or its whole archive, and the next one ends it", {
  timeout: MANY_PROCESSES_MS,
}, async () => {
  const seen: (string | null)[] = [];
  // The first words only read; where it begins to erase, none is left out.
  for (let count = 1; seen.at(-1) !== null; count += count < 36 ? 5 : 1) {
    seen.push(await killedAt(count));
    await hive.redis.del(...(await hive.redis.keys("swarm:*")));
    for (const [key, value] of image) await hive.redis.restore(key, 0, value);
    for (const name of readdirSync(dir)) rmSync(join(dir, name));
  }
  expect(seen.filter((how) => how === "untouched").length).toBeGreaterThan(5);
  expect(seen.filter((how) => how === "archived").length).toBeGreaterThan(5);
  expect(seen.length).toBeLessThan(200);
});

it("killed in the middle of its file, it leaves the run, and no archive that somebody would take for whole", async () => {
  const key = hive.keys.actor(RUN, "a_a").transcript;
  const entry = `{"role":"user","content":"${"x".repeat(100_000)}"}`;
  for (let index = 0; index < 400; index += 1) await hive.redis.rpush(key, entry);
  const path = join(dir, "proxy.sock");
  const { process: worker, ready } = warm(path);
  const begun = (): boolean =>
    readdirSync(dir).some((name) => name.endsWith(".tmp") && statSync(join(dir, name)).size > 1_000_000);
  // While it waits for the next part of the conversation, which never comes.
  const server = wire(path, () => !begun() || !worker.kill("SIGKILL"));
  const exited = once(worker, "exit");
  await ready;
  worker.stdin?.write("go\n");
  expect((await exited)[1]).toBe("SIGKILL");
  server.close();
  expect(readdirSync(dir).filter((name) => name.endsWith(".jsonl"))).toEqual([]);
  expect(await hive.redis.llen(key)).toBeGreaterThan(400);
  expect(await holdsAndEnds()).toBe("untouched");
});
