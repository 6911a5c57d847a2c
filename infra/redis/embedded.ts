/**
 * Opens the Redis that this configuration means: the one named, or a private durable server of the data dir, which is
 * found, started, or installed. Two processes that open the same data dir at once always end at the same server.
 */
import { realpath } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import type { RedisOptions } from "ioredis";
import { SwarmError } from "../errors.ts";
import { connectOnce } from "./connect-once.ts";
import { ensureDataDir } from "./data-dir.ts";
import { findBinary, type ServerBinary } from "./find-binary.ts";
import { findServer, type Sighting } from "./find-server.ts";
import { installRedis, noRedis } from "./install.ts";
import { findCopy } from "./installed-copy.ts";
import { command } from "./ping.ts";
import { signalProcess } from "./process-identity.ts";
import { parseRedisUrl } from "./redis-url.ts";
import { type Fsync, serverArguments } from "./server-arguments.ts";
import { checkServer, type ServerFacts } from "./server-check.ts";
import { chooseLock, type Launch, type Lock, launch, lockTaken, logPath, sweepClaims } from "./server-lock.ts";
import { newSocket, stableLink } from "./server-socket.ts";
import { markTornTail, mendTornTail } from "./torn-tail.ts";

export interface RedisSettings {
  /** REDIS_URL. Given, nothing is started or installed. */
  readonly url?: string | undefined;
  readonly dataDir: string;
  /** SWARM_REDIS_BIN. */
  readonly redisBin?: string | undefined;
  readonly install: "auto" | "never";
  readonly fsync: Fsync;
  /** PATH. */
  readonly searchPath: string;
  /** XDG_RUNTIME_DIR. */
  readonly runtimeDir?: string | undefined;
  /** Receives what a person should know, one line each; goes to stderr. */
  readonly say: (line: string) => void;
}

export interface RedisEndpoint {
  readonly kind: "url" | "embedded";
  /** Address and credentials only; how to retry is the caller's business. */
  readonly options: RedisOptions;
  /** For people; holds no credentials. */
  readonly describe: string;
  readonly serverVersion: string;
  /** Changes when the server was restarted. */
  readonly runId: string;
  readonly fsync: ServerFacts["fsync"];
  readonly facts: ServerFacts;
}

/** How long a lock holder may keep silent before a person must look: a slow disk, a stopped process. */
const silenceMaxMs = 60_000;
/** Reading a large append-only file is work, not death. */
const busyMaxMs = 30 * 60_000;
const pulseTimeoutMs = 2_000;
const stopTimeoutMs = 30_000;
const pauseMs = 10;
/** Each start that loses the race meets the winner; more than a few means that something ends servers all the time. */
const launchesMax = 30;

/** Throws a SwarmError whose hint names the way out; nothing is left half-started. */
export async function openRedis(settings: RedisSettings): Promise<RedisEndpoint> {
  if (settings.url !== undefined) {
    const { options, describe } = parseRedisUrl(settings.url);
    const facts = await connectOnce(options, `Redis at ${describe}`, checkServer);
    return { kind: "url", options, describe, ...summary(facts) };
  }
  const dataDir = await ensureDataDir(settings.dataDir);
  const options = { path: stableLink(await liveSocket(dataDir, settings)) };
  const facts = await connectOnce(options, `the private Redis of ${dataDir}`, async (redis) => {
    const found = await checkServer(redis);
    if (await mendTornTail(dataDir, redis))
      settings.say("The private Redis found its file cut inside a step, as after a power failure, and wrote it anew.");
    if (found.fsync === settings.fsync) return found;
    if (settings.fsync === "everysec") {
      settings.say(`The private Redis already runs with fsync ${found.fsync}; it stays so until swarm down.`);
      return found;
    }
    // Whoever asked for the stronger promise gets it; nobody is harmed by a stronger one.
    await redis.config("SET", "appendfsync", settings.fsync);
    settings.say(`The private Redis ran with fsync ${found.fsync}; it now syncs every write.`);
    return { ...found, fsync: settings.fsync };
  });
  return { kind: "embedded", options, describe: `private Redis of ${dataDir}`, ...summary(facts) };
}

/** Socket of a data dir's server that answers now; null where there is none. Starts nothing. */
export async function runningSocket(dataDir: string, searchPath: string): Promise<string | null> {
  const real = await realpath(dataDir).catch(() => undefined);
  if (real === undefined) return null;
  const server = await findServer(real, await chooseLock(real, searchPath), pulseTimeoutMs);
  return server.state === "found" && server.pulse.state !== "absent" ? server.record.socket : null;
}

/**
 * Ends the private server of a data dir in order: everything acknowledged is on disk, the process is gone. Throws
 * `redis.stop_failed` if it does not go within 30 s; it is never killed by force.
 */
export async function stopEmbedded(dataDir: string, searchPath = ""): Promise<"stopped" | "not-running"> {
  const real = await realpath(dataDir).catch(() => undefined);
  if (real === undefined) return "not-running";
  const lock = await chooseLock(real, searchPath);
  const deadline = Date.now() + stopTimeoutMs;
  let first: Extract<Sighting, { state: "found" }> | undefined;
  let signalled = false;
  for (;;) {
    const server = await findServer(real, lock, pulseTimeoutMs);
    if (server.state === "absent") return first === undefined ? "not-running" : "stopped";
    if (server.state === "found") {
      // Somebody has started the next one already: that is not ours to stop.
      if (first !== undefined && server.record.identity.startTime !== first.record.identity.startTime) return "stopped";
      if (first === undefined && server.pulse.state !== "absent")
        await command(server.record.socket, "SHUTDOWN NOSAVE", pulseTimeoutMs);
      first ??= server;
      const late = Date.now() > deadline - stopTimeoutMs / 2;
      if (!signalled && (late || server.pulse.state === "absent"))
        signalled = signalProcess(server.record.identity, "SIGTERM");
    }
    if (Date.now() > deadline) throw unresponsive(real, server, "It does not end");
    await pause(pauseMs);
  }
}

/** The socket of the one server of this data dir, once it answers. */
async function liveSocket(dataDir: string, settings: RedisSettings): Promise<string> {
  const lock = await chooseLock(dataDir, settings.searchPath);
  let started: Launch | undefined;
  let launches = 0;
  let saidBusy = false;
  let patience = Date.now() + silenceMaxMs;
  for (;;) {
    const server = await findServer(dataDir, lock, pulseTimeoutMs);
    if (server.state === "found") {
      const { pulse, record } = server;
      if (pulse.state === "live") {
        if (started !== undefined && lock.kind === "claim") await sweepClaims(dataDir);
        return record.socket;
      }
      if (pulse.state === "strange") throw unresponsive(dataDir, server, `It answers "${pulse.said}"`);
      if (pulse.state === "busy" && !saidBusy) {
        saidBusy = true;
        patience = Date.now() + busyMaxMs;
        settings.say(`The private Redis is busy (${pulse.said.slice(1)}); waiting for it.`);
      }
    }
    if (server.state === "absent" && started?.ended !== undefined) {
      if (started.ended.status !== lockTaken) throw startFailed(dataDir, started);
      started = undefined;
    }
    if (server.state === "absent" && started === undefined) {
      launches += 1;
      if (launches > launchesMax) throw unresponsive(dataDir, server, "It ends as soon as it is started");
      started = await start(dataDir, lock, settings);
      patience = Date.now() + silenceMaxMs;
    }
    if (Date.now() > patience) throw unresponsive(dataDir, server, "It does not answer");
    await pause(pauseMs);
  }
}

async function start(dataDir: string, lock: Lock, settings: RedisSettings): Promise<Launch> {
  await markTornTail(dataDir);
  const socket = newSocket(dataDir, settings.runtimeDir);
  const binary = await serverBinary(dataDir, settings);
  const command = [binary.path, ...serverArguments({ socket, dir: dataDir, fsync: settings.fsync })];
  return launch(dataDir, lock, socket, command, settings.searchPath);
}

async function serverBinary(dataDir: string, settings: RedisSettings): Promise<ServerBinary> {
  const rejected: string[] = [];
  const found = await findBinary(settings.redisBin, settings.searchPath, rejected);
  if (found !== undefined) return found;
  const copy = await findCopy(dataDir, settings.runtimeDir);
  if (copy !== undefined) return copy;
  if (settings.install === "never") {
    throw noRedis("This machine has no Redis, and SWARM_REDIS_INSTALL=never forbids fetching one.", rejected);
  }
  settings.say(`No Redis on this machine: fetching one into ${dataDir}/bin (once, without root).`);
  try {
    return await installRedis(dataDir, { ...settings, say: () => {} });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw noRedis(`This machine has no Redis, and none could be fetched. ${why}`, rejected, cause);
  }
}

function summary(facts: ServerFacts): Pick<RedisEndpoint, "serverVersion" | "runId" | "fsync" | "facts"> {
  return { serverVersion: facts.version, runId: facts.runId, fsync: facts.fsync, facts };
}

function startFailed(dataDir: string, { said, ended }: Launch): SwarmError {
  const status = ended?.status === null ? "a signal" : `status ${ended?.status}`;
  return new SwarmError("redis.start_failed", `The private Redis ended with ${status} while starting.\n${said()}`, {
    hint: `Its whole log is ${logPath(dataDir)}. A damaged appendonlydir can be repaired with redis-check-aof --fix.`,
    exit: 7,
  });
}

function unresponsive(dataDir: string, server: Sighting, what: string): SwarmError {
  const holder = server.state === "found" ? `process ${server.record.identity.pid}` : "a process that is not named";
  return new SwarmError("redis.unreachable", `The private Redis of ${dataDir} (${holder}) cannot be used. ${what}.`, {
    hint: `Its log is ${logPath(dataDir)}. If that process hangs for good, end it and try again: acknowledged writes are on disk.`,
    retry: true,
    exit: 7,
  });
}
