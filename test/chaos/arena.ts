/**
 * Where the reference run is played and broken: a real Redis, real workers each behind a wire of its own, the Messages
 * double, one workspace. Several arenas of one Redis live apart by their prefix. Everything ends with `close`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Redis } from "ioredis";
import { type Keys, keysFor } from "../../infra/redis/keys.ts";
import { identifyProcess, isAlive, type ProcessIdentity, signalProcess } from "../../infra/redis/process-identity.ts";
import { openReader, type Reader } from "../../infra/redis/reader.ts";
import type { Fsync } from "../../infra/redis/server-arguments.ts";
import { type Director, type MessagesDouble, startMessagesDouble } from "../support/messages-double/double.ts";
import type { EntryInput } from "../support/messages-double/script.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { API_KEY, MAIN, MAIN_LINES } from "../support/run-stage.ts";
import { documentOf, type Finished, openSwarm, type Running, type Swarm } from "../support/swarm-cli.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { type Asked, answerOf, askedIn, CONFIGURATION, type Play } from "./reference-run.ts";

export interface WorkerProcess {
  readonly command: Running;
  readonly identity: ProcessIdentity;
  /** Its own way to Redis. */
  readonly wire: TcpProxy;
  /** Ended by us: how it ended is no finding. */
  killed: boolean;
  /** It said that it takes work. */
  ready: boolean;
  exitCode: number | null;
  /** SIGKILL; false where it was gone already. */
  kill(): boolean;
}

export interface ModelRequest extends Asked {
  readonly index: number;
  /** Counts the requests for this key and turn, from 1. */
  readonly nth: number;
}

/** Says what happens to a request instead of the play's answer; null leaves the answer as it is. */
export type Meddler = (request: ModelRequest, answer: EntryInput) => EntryInput | null;

export interface Arena {
  readonly swarm: Swarm;
  readonly server: TestRedis;
  readonly double: MessagesDouble;
  readonly workspace: string;
  /** Every worker that was ever started here. */
  readonly workers: readonly WorkerProcess[];
  /** Process numbers of the commands that were run here. */
  readonly commandPids: ReadonlySet<number>;
  readonly plays: ReadonlyMap<string, Play>;
  readonly requests: readonly ModelRequest[];
  readonly redis: Redis;
  readonly keys: Keys;
  readonly reader: Reader;
  meddler: Meddler;
  /** Answers before the plays do; null leaves it to them. */
  director: Director;
  /** Workers that live, frozen ones too. */
  living(): WorkerProcess[];
  startWorker(): Promise<WorkerProcess>;
  /** `swarm run --detach`; the run's id, or null where the command could not get through. */
  begin(play: Play): Promise<string | null>;
  /** One command of this arena's swarm, with a wire that nobody breaks. */
  run(...args: readonly string[]): Promise<Finished>;
  /** Like `run`, not waited for and from any folder: one that may be killed. */
  start(words: readonly string[], folder?: string): Running;
  /** The same Redis, under another prefix, with workers, plays and wires of its own. Closed with its parent. */
  beside(prefix: string): Promise<Arena>;
  /** Ends all workers here and waits until they are gone. */
  endWorkers(): Promise<void>;
  close(): Promise<void>;
}

export interface ArenaOptions {
  readonly fsync?: Fsync;
  /** False: commands see the processes of this machine, and can kill them. Default true. */
  readonly confined?: boolean;
  /** True: `begin` spares itself a process. For where nothing that is broken reaches the commands. Default false. */
  readonly asks?: boolean;
}

interface Ground {
  readonly swarm: Swarm;
  readonly server: TestRedis;
  readonly workspace: string;
  readonly asks: boolean;
  /** What has to be closed before Redis goes. */
  readonly closing: (() => Promise<void>)[];
}

export async function openArena({
  fsync = "always",
  confined = true,
  asks = false,
}: ArenaOptions = {}): Promise<Arena> {
  const server = await startRedis({ fsync });
  const free = confined ? {} : { SWARM_SANDBOX: "off" };
  const swarm = await openSwarm({ env: { ANTHROPIC_API_KEY: API_KEY, SWARM_LOG_LEVEL: "info", ...free } });
  const workspace = join(swarm.home, "workspace");
  for (const folder of ["src", "witness", "out"]) mkdirSync(join(workspace, folder), { recursive: true });
  writeFileSync(join(workspace, MAIN), `${MAIN_LINES.join("\n")}\n`);
  writeFileSync(join(workspace, "swarm.config.json"), JSON.stringify(CONFIGURATION));
  return arenaOn({ swarm, server, workspace, asks, closing: [] }, "swarm");
}

async function arenaOn(ground: Ground, prefix: string): Promise<Arena> {
  const { swarm, server, workspace, asks, closing } = ground;
  const plays = new Map<string, Play>();
  const requests: ModelRequest[] = [];
  const workers: WorkerProcess[] = [];
  const commandPids = new Set<number>();
  const start = (words: readonly string[], cwd = workspace): Running => {
    const running = swarm.start(words, { cwd, env: envOver(calm) });
    commandPids.add(running.pid);
    return running;
  };
  const command = (words: readonly string[]): Promise<Finished> => start(words).done;
  const asked = (words: readonly string[]): Promise<Finished> =>
    swarm.ask(words, { cwd: workspace, env: envOver(calm) });
  const director: Director = (messages, index) => {
    const directed = arena.director(messages, index);
    if (directed !== null) return directed;
    const about = askedIn(messages);
    const play = plays.get(about?.key ?? "");
    if (about === null || play === undefined) return null;
    const nth = 1 + requests.filter(({ key, turn }) => key === about.key && turn === about.turn).length;
    const request: ModelRequest = { ...about, index: requests.length, nth };
    requests.push(request);
    const answer = answerOf(play, about.turn);
    return arena.meddler(request, answer) ?? answer;
  };
  const double = await startMessagesDouble({ director });
  const calm = await startTcpProxy(server.options);
  const redis = new Redis({ ...server.options, maxRetriesPerRequest: null });
  redis.on("error", () => {}); // it is killed on purpose; commands wait until it is back
  const keys = keysFor(prefix);
  const reader = openReader(redis, keys);
  const envOver = (wire: TcpProxy): Record<string, string> => ({
    ANTHROPIC_BASE_URL: double.baseUrl,
    REDIS_URL: wire.url,
    SWARM_PREFIX: prefix,
  });
  const endWorkers = async (): Promise<void> => {
    for (const worker of workers) worker.kill();
    await Promise.all(workers.map(({ command }) => command.done));
  };
  closing.push(async () => {
    await endWorkers();
    await Promise.all(workers.map(({ wire }) => wire.close()));
    reader.close();
    redis.disconnect();
    await calm.close();
    await double.close();
  });
  const arena: Arena = {
    swarm,
    server,
    double,
    workspace,
    workers,
    commandPids,
    plays,
    requests,
    redis,
    keys,
    reader,
    meddler: () => null,
    director: () => null,
    living: () => workers.filter(({ identity }) => isAlive(identity)),
    async startWorker() {
      const worker = await workerOver(swarm, await startTcpProxy(server.options), envOver, workspace);
      workers.push(worker);
      await worker.command.said(/"worker\.ready"/, "stdout");
      worker.ready = true;
      return worker;
    },
    async begin(play) {
      plays.set(play.key, play);
      const words = ["run", play.goal, "--workspace", workspace, "--detach", "--json"];
      const finished = await (asks ? asked(words) : command(words));
      return finished.code === 0 ? documentOf<{ runId: string }>(finished).runId : null;
    },
    run: (...args) => command(args),
    start,
    endWorkers,
    beside: (other) => arenaOn(ground, other),
    async close() {
      for (const end of closing.splice(0)) await end();
      await swarm[Symbol.asyncDispose]();
      await server.stop();
    },
  };
  return arena;
}

async function workerOver(
  swarm: Swarm,
  wire: TcpProxy,
  envOver: (wire: TcpProxy) => Record<string, string>,
  cwd: string,
): Promise<WorkerProcess> {
  const command = swarm.start(["worker", "--jsonl"], { cwd, env: envOver(wire) });
  const identity = identifyProcess(command.pid);
  if (identity === undefined) throw new Error(`the worker ended at once: ${(await command.done).stderr}`);
  const worker: WorkerProcess = {
    command,
    identity,
    wire,
    killed: false,
    ready: false,
    exitCode: null,
    kill() {
      worker.killed = true;
      return signalProcess(identity, "SIGKILL");
    },
  };
  command.done.then(
    ({ code }) => {
      worker.exitCode = code;
    },
    () => {},
  );
  return worker;
}
