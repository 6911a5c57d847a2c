/**
 * Looks into a swarm's private Redis from outside: where its log stands, who its workers are, what its server's process
 * is. Only reads, over one connection to each server, which ends with it.
 */
import { readFileSync } from "node:fs";
import { Redis } from "ioredis";
import { type Replay, replay } from "../../actors/runtime/replay.ts";
import { entriesOf } from "../../actors/runtime/run-log.ts";
import { machines } from "../../actors/types/index.ts";
import { type Keys, keysFor } from "../../infra/redis/keys.ts";
import { identifyProcess, isAlive, type ProcessIdentity } from "../../infra/redis/process-identity.ts";
import { openReader, type RawEntry, type Reader } from "../../infra/redis/reader.ts";
import { parseRecord, recordPath, type ServerRecord } from "../../infra/redis/server-record.ts";
import { type WorkerRow, workerRows } from "../../infra/redis/workers.ts";
import { type LoggedEvent, RUN_ENDINGS, type RunEvent } from "../../machines/run-event.ts";
import { eventually, PATIENCE_MS, type Swarm } from "./swarm-cli.ts";

/** The private server of a data folder, if its process lives. */
export function serverOf({ dataDir }: Pick<Swarm, "dataDir">): ServerRecord | undefined {
  try {
    const record = parseRecord(readFileSync(recordPath(dataDir), "utf8"));
    return record !== undefined && isAlive(record.identity) ? record : undefined;
  } catch {
    return undefined;
  }
}

export interface Peek {
  readonly redis: Redis;
  readonly keys: Keys;
  readonly reader: Reader;
}

/** By the server's process. Facts are asked for many times a second, and to connect costs more than to ask. */
const connections = new Map<string, Redis>();

/** Waits until the server answers. */
async function peekInto(swarm: Pick<Swarm, "dataDir">): Promise<Peek> {
  const redis = await eventually("the private Redis answers", () => {
    const server = serverOf(swarm);
    return server === undefined ? null : connectionTo(server);
  });
  const keys = keysFor("swarm");
  return { redis, keys, reader: openReader(redis, keys) };
}

async function connectionTo({ socket, identity }: ServerRecord): Promise<Redis | null> {
  const name = `${socket} ${identity.pid} ${identity.startTime}`;
  const known = connections.get(name);
  if (known?.status === "ready") return known;
  const redis = await connected(socket);
  if (redis === null) return null;
  connections.set(name, redis);
  redis.once("end", () => {
    if (connections.get(name) === redis) connections.delete(name);
  });
  return redis;
}

/** Null while the server is still on its way: its record is written before it listens. */
async function connected(path: string): Promise<Redis | null> {
  const redis = new Redis({ path, retryStrategy: () => null, maxRetriesPerRequest: 0, lazyConnect: true });
  redis.on("error", () => {});
  try {
    await redis.connect();
    await redis.ping();
    return redis;
  } catch {
    redis.disconnect();
    return null;
  }
}

async function peek<Answer>(swarm: Pick<Swarm, "dataDir">, ask: (peek: Peek) => Promise<Answer>): Promise<Answer> {
  return ask(await peekInto(swarm));
}

/** Workers whose process lives on this machine. */
export function workersOf(swarm: Pick<Swarm, "dataDir">): Promise<(WorkerRow & { identity: ProcessIdentity })[]> {
  return peek(swarm, async ({ redis, keys }) =>
    (await workerRows(redis, keys).all()).flatMap((row) => {
      const identity = identifyProcess(row.pid);
      return identity === undefined || !row.startedAt.endsWith(`/${identity.startTime}`) ? [] : [{ ...row, identity }];
    }),
  );
}

export const logOf = (swarm: Pick<Swarm, "dataDir">, run: string): Promise<RawEntry[]> =>
  peek(swarm, async ({ reader }) => {
    const entries: RawEntry[] = [];
    for (;;) {
      const batch = await reader.log(run, entries.at(-1)?.firstSeq ?? 0);
      if (batch.length === 0) return entries;
      entries.push(...batch);
    }
  });

/** The log folded again, as `swarm replay` does. */
export const replayOf = (swarm: Pick<Swarm, "dataDir">, run: string): Promise<Replay> =>
  peek(swarm, ({ reader }) => replay(entriesOf(reader, run), machines));

export const runStatusOf = (swarm: Pick<Swarm, "dataDir">, run: string): Promise<string | undefined> =>
  peek(swarm, async ({ reader }) => (await reader.run(run))?.fields.status);

export const resultsOf = (swarm: Pick<Swarm, "dataDir">, run: string): Promise<Readonly<Record<string, string>>> =>
  peek(swarm, ({ reader }) => reader.results(run));

export const runIdsOf = (swarm: Pick<Swarm, "dataDir">): Promise<string[]> =>
  peek(swarm, async ({ reader }) => (await reader.runs()).map(({ run }) => run));

/** Those that were asked for: without the local analyst's beside a model's. */
export const askedRunIdsOf = (swarm: Pick<Swarm, "dataDir">): Promise<string[]> =>
  peek(swarm, ({ reader }) => askedRuns(reader));

async function askedRuns(reader: Reader): Promise<string[]> {
  const runs = await reader.runs();
  const goals = await Promise.all(runs.map(async ({ run }) => (await reader.run(run))?.fields.goal ?? ""));
  return runs.flatMap(({ run }, index) => (/\(second opinion, for r_\w+\)$/.test(goals[index] ?? "") ? [] : [run]));
}

/** Every event of the entries, numbered as they are stored; read here by hand, not by the code under test. */
export const eventsOf = (entries: readonly RawEntry[]): LoggedEvent[] =>
  entries.flatMap(({ firstSeq, atMs, member, body }) => {
    const [run = "", actor = ""] = member.split("/");
    const { events } = JSON.parse(body) as { events: RunEvent[] };
    const at = new Date(atMs).toISOString();
    return events.map((event, index): LoggedEvent => ({ v: 1, seq: firstSeq + index, at, run, actor, ...event }));
  });

/** Id of the one run that was asked for and is not among `known`. */
export async function newRunOf(swarm: Pick<Swarm, "dataDir">, known: readonly string[]): Promise<string> {
  return peek(swarm, ({ reader }) =>
    eventually("a new run is there", async () => (await askedRuns(reader)).find((run) => !known.includes(run))),
  );
}

/** Resolves, with all that was seen of the log, as soon as it has reached `seq` or its terminal event. */
export async function logAt(swarm: Pick<Swarm, "dataDir">, run: string, seq: number): Promise<RawEntry[]> {
  const { reader } = await peekInto(swarm);
  const deadlineMs = performance.now() + PATIENCE_MS;
  const seen: RawEntry[] = [];
  try {
    while (performance.now() < deadlineMs) {
      seen.push(...(await reader.follow(run, seen.at(-1)?.firstSeq ?? 0, 500)));
      const last = eventsOf(seen.slice(-1)).at(-1);
      if (last !== undefined && (last.seq >= seq || RUN_ENDINGS.has(last.type))) return seen;
    }
    throw new Error(`the log of ${run} did not reach ${seq}; it stands at ${seen.at(-1)?.firstSeq ?? 0}`);
  } finally {
    reader.close();
  }
}
