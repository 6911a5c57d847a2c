/**
 * A real, private Redis for tests: its own folder, its own unix socket, killable and restartable over the same
 * append-only file. Without a server on this machine, one copy is unpacked once and shared by all test processes.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { findBinary } from "../../infra/redis/find-binary.ts";
import { installRedis } from "../../infra/redis/install.ts";
import { ping } from "../../infra/redis/ping.ts";
import { type Fsync, serverArguments } from "../../infra/redis/server-arguments.ts";

const readyTimeoutMs = 30_000;

let binary: Promise<string> | undefined;

/** Path of a working server: one on PATH, else the copy shared by this user's test processes. */
export function redisServerBinary(): Promise<string> {
  binary ??= (async () => {
    const searchPath = process.env.PATH ?? "";
    const found = await findBinary(process.env.SWARM_REDIS_BIN, searchPath);
    if (found !== undefined) return found.path;
    const cache = join(tmpdir(), `statehive-test-redis-${userInfo().uid}`);
    return (await installRedis(cache, { say: () => {}, searchPath })).path;
  })();
  return binary;
}

export interface TestRedisOptions {
  /** Default "always", as in production. */
  readonly fsync?: Fsync;
  /** More server arguments; a later one wins over ours. */
  readonly args?: readonly string[];
}

export interface TestRedis {
  readonly socket: string;
  /** Folder of the append-only file and the log; removed by `stop`. */
  readonly dir: string;
  /** For `new Redis(redis.options)` and BullMQ's `connection`. */
  readonly options: { readonly path: string };
  /** Of the running server. */
  pid(): number;
  runs(): boolean;
  /** SIGKILL; resolves when the process is gone. */
  kill9(): Promise<void>;
  /** Starts the server again over the same files; kills it first if it runs. */
  restart(): Promise<void>;
  /** Ends the server and removes its folder. */
  stop(): Promise<void>;
  readonly [Symbol.asyncDispose]: () => Promise<void>;
}

/** Starts a server of its own for one test or file; resolves when it answers PING. */
export async function startRedis({ fsync = "always", args = [] }: TestRedisOptions = {}): Promise<TestRedis> {
  const path = await redisServerBinary();
  const home = mkdtempSync("/tmp/sh-redis-");
  const dir = join(home, "data");
  const socket = join(home, "r.sock");
  mkdirSync(dir, { mode: 0o700 });
  const start = () => launch(path, [...serverArguments({ socket, dir, fsync }), ...args], socket, join(home, "log"));
  let server = await start().catch((error: unknown) => {
    rmSync(home, { recursive: true, force: true });
    throw error;
  });

  const runs = (): boolean => server.exitCode === null && server.signalCode === null;
  const kill9 = async (): Promise<void> => {
    if (!runs()) return;
    const gone = once(server, "exit");
    server.kill("SIGKILL");
    await gone;
  };
  const stop = async (): Promise<void> => {
    await kill9();
    rmSync(home, { recursive: true, force: true });
  };
  return {
    socket,
    dir,
    options: { path: socket },
    pid: () => server.pid ?? -1,
    runs,
    kill9,
    restart: async () => {
      await kill9();
      server = await start();
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

async function launch(path: string, args: readonly string[], socket: string, log: string): Promise<ChildProcess> {
  const output = openSync(log, "a");
  const server = spawn(path, args, { stdio: ["ignore", output, output] });
  closeSync(output);
  const killWithUs = () => server.kill("SIGKILL");
  process.once("exit", killWithUs);
  server.once("exit", () => process.removeListener("exit", killWithUs));
  const deadline = Date.now() + readyTimeoutMs;
  // A server that wants a password answers strangely, but it answers.
  while (!["live", "strange"].includes((await ping(socket, 1_000)).state)) {
    if (server.exitCode !== null || server.signalCode !== null || Date.now() > deadline) {
      server.kill("SIGKILL");
      throw new Error(`The test Redis did not start:\n${readFileSync(log, "utf8").slice(-2_000)}`);
    }
    await pause(10);
  }
  return server;
}
