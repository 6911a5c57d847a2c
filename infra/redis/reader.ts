/** Reads runs for people: rows, logs, snapshots. Never writes, and never stands in the way of a commit. */
import type { Redis } from "ioredis";
import { SwarmError } from "../errors.ts";
import { addressFrom } from "../store.ts";
import type { Keys } from "./keys.ts";
import { unpacked } from "./packed.ts";
import { rowFields } from "./stub.ts";

export interface RunSummary {
  readonly run: string;
  readonly fields: Readonly<Record<string, string>>;
}

export interface ActorReading {
  readonly actor: string;
  readonly type: string;
  readonly task: string;
  readonly version: number;
  /** JSON of the stored core; null before the first commit. */
  readonly core: string | null;
  readonly mail: number;
  readonly pending: readonly { readonly id: string; readonly json: string }[];
}

/** One entry of the log stream: a commit's body, its grants, its time and its first sequence number. */
export interface RawEntry {
  readonly firstSeq: number;
  readonly atMs: number;
  /** `run/actor/type`; actor and type are "-" where the runtime itself wrote it. */
  readonly member: string;
  readonly body: string;
  readonly grants: string | null;
}

/** Runs listed at once, newest first. */
const LIST_MAX = 200;
/** Entries read from a log in one go. */
export const LOG_BATCH = 500;

export interface Reader {
  /** Newest first. */
  runs(): Promise<RunSummary[]>;
  run(run: string): Promise<RunSummary | null>;
  actors(run: string): Promise<ActorReading[]>;
  agentCount(run: string): Promise<number>;
  /** Actors of the run that no worker who came by could serve. */
  stranded(run: string): Promise<readonly string[]>;
  /** Time of the newest log entry, ISO 8601; that of the creation where there is none. */
  updatedAt(run: string): Promise<string>;
  /** Rows of one map of an actor's state, such as the coordinator's `tasks`: key → JSON. */
  rows(run: string, actor: string, map: string): Promise<ReadonlyMap<string, string>>;
  budget(run: string): Promise<Readonly<Record<string, string>>>;
  results(run: string): Promise<Readonly<Record<string, string>>>;
  transcript(run: string, actor: string): Promise<readonly string[]>;
  /** JSON of the actor's session; null before it was assembled. */
  session(run: string, actor: string): Promise<string | null>;
  /** Task id → brief (JSON). */
  briefs(run: string): Promise<Readonly<Record<string, string>>>;
  /** Texts too long for a conversation, by their SHA-256. */
  blobs(run: string): Promise<Readonly<Record<string, string>>>;
  /** Entries whose first event comes after `afterSeq`, in order, a batch at most. */
  log(run: string, afterSeq: number): Promise<RawEntry[]>;
  /** Waits on a connection of its own until there is more, at most `blockMs`. */
  follow(run: string, afterSeq: number, blockMs: number): Promise<RawEntry[]>;
  /** A full id from a unique prefix or `@last`. Throws SwarmError, exit 2, where it names none or several. */
  resolve(id: string): Promise<string>;
  close(): void;
}

export function openReader(redis: Redis, keys: Keys): Reader {
  return { ...rowReader(redis, keys), ...logReader(redis, keys) };
}

type LogReader = Pick<Reader, "log" | "follow" | "updatedAt" | "close">;

function rowReader(redis: Redis, keys: Keys): Omit<Reader, keyof LogReader> {
  const row = async (run: string): Promise<RunSummary | null> => {
    const fields = await redis.hgetall(keys.run(run).run);
    return Object.keys(fields).length === 0 ? null : { run, fields: rowFields(fields) };
  };
  return {
    async runs() {
      const known = (await runIds(redis, keys)).slice(0, LIST_MAX);
      return (await Promise.all(known.map(({ run }) => row(run)))).filter((one) => one !== null);
    },
    run: row,
    actors: (run) => actorsOf(redis, keys, run),
    agentCount: (run) => redis.hlen(keys.run(run).actors),
    async stranded(run) {
      const members = await redis.zrange(keys.shard(keys.shardOf(run)).stranded, 0, -1);
      return members.flatMap((member) => (member.startsWith(`${run}/`) ? [addressFrom(member).actor] : []));
    },
    async rows(run, actor, map) {
      const prefix = `r:${map}/`;
      const fields = Object.entries(await redis.hgetall(keys.actor(run, actor).snapshot));
      return new Map(
        fields.flatMap(([field, json]) => (field.startsWith(prefix) ? [[field.slice(prefix.length), json]] : [])),
      );
    },
    budget: (run) => redis.hgetall(keys.run(run).budget),
    results: (run) => redis.hgetall(keys.run(run).results),
    transcript: async (run, actor) => (await redis.lrange(keys.actor(run, actor).transcript, 0, -1)).map(unpacked),
    async session(run, actor) {
      const stored = await redis.get(keys.actor(run, actor).session);
      return stored === null ? null : unpacked(stored);
    },
    briefs: (run) => redis.hgetall(keys.run(run).briefs),
    async blobs(run) {
      const stored = Object.entries(await redis.hgetall(keys.run(run).blobs));
      return Object.fromEntries(stored.map(([sha256, text]) => [sha256, unpacked(text)]));
    },
    resolve: async (id) => resolved(id, await runIds(redis, keys)),
  };
}

function logReader(redis: Redis, keys: Keys): LogReader {
  let blocking: Redis | null = null;
  return {
    async updatedAt(run) {
      const [newest] = await redis.xrevrange(keys.run(run).log, "+", "-", "COUNT", 1);
      const atMs =
        newest === undefined ? Number(await redis.hget(keys.run(run).run, "createdAt")) : rawEntry(newest).atMs;
      return new Date(atMs).toISOString();
    },
    async log(run, afterSeq) {
      return (await redis.xrange(keys.run(run).log, `(${afterSeq}-0`, "+", "COUNT", LOG_BATCH)).map(rawEntry);
    },
    async follow(run, afterSeq, blockMs) {
      blocking ??= duplicated(redis);
      const answer = await blocking.xread(
        "COUNT",
        LOG_BATCH,
        "BLOCK",
        blockMs,
        "STREAMS",
        keys.run(run).log,
        `${afterSeq}-0`,
      );
      return (answer?.[0]?.[1] ?? []).map(rawEntry);
    },
    close() {
      blocking?.disconnect();
    },
  };
}

interface KnownRun {
  readonly run: string;
  readonly createdAtMs: number;
}

/** Newest first. */
async function runIds(redis: Redis, keys: Keys): Promise<KnownRun[]> {
  const lists = await Promise.all(
    keys.shards.map((shard) => redis.zrevrange(keys.shard(shard).runs, 0, LIST_MAX - 1, "WITHSCORES")),
  );
  const found = lists.flatMap((list) =>
    list.flatMap((run, index) => (index % 2 === 0 ? [{ run, createdAtMs: Number(list[index + 1]) }] : [])),
  );
  return found.sort((a, b) => b.createdAtMs - a.createdAtMs || (a.run < b.run ? 1 : -1));
}

function resolved(id: string, known: readonly KnownRun[]): string {
  if (id === "@last") {
    const [last] = known;
    if (last === undefined) throw unknownRun(id, "there are no runs yet");
    return last.run;
  }
  const matching = known.filter(({ run }) => run.startsWith(id));
  const only = matching.find(({ run }) => run === id) ?? (matching.length === 1 ? matching[0] : undefined);
  if (only !== undefined && id !== "") return only.run;
  const some = matching.slice(0, 5).map(({ run }) => run);
  throw unknownRun(
    id,
    matching.length === 0 ? "no run has that id" : `it fits ${matching.length} runs: ${some.join(", ")}`,
  );
}

function duplicated(redis: Redis): Redis {
  const other = redis.duplicate();
  // The first connection tells of the same loss; this one only waits until the server is back.
  other.on("error", () => {});
  return other;
}

const unknownRun = (id: string, why: string): SwarmError =>
  new SwarmError("run.unknown", `run "${id}": ${why}`, {
    exit: 2,
    hint: "`swarm ps` lists the runs; ids may be cut short as long as they are unique, and @last is the newest.",
  });

async function actorsOf(redis: Redis, keys: Keys, run: string): Promise<ActorReading[]> {
  const rows = await redis.hgetall(keys.run(run).actors);
  return Promise.all(
    Object.entries(rows).map(async ([actor, json]) => {
      const ofActor = keys.actor(run, actor);
      const [[version, core], mail, pending] = await Promise.all([
        redis.hmget(ofActor.snapshot, "version", "core") as Promise<[string | null, string | null]>,
        redis.llen(ofActor.mailbox),
        redis.hgetall(ofActor.pending),
      ]);
      const { type, task = "" } = JSON.parse(json) as { type: string; task?: string };
      return {
        actor,
        type,
        task,
        version: Number(version ?? 0),
        core,
        mail,
        pending: Object.entries(pending)
          .filter(([id]) => !id.includes("#"))
          .map(([id, effect]) => ({ id, json: effect })),
      };
    }),
  );
}

/** What was damaged stays as it is: whoever parses it says which entry it was, and the others can still be read. */
function readable(body: string): string {
  try {
    return unpacked(body);
  } catch {
    return body;
  }
}

/** `flat` as the stream holds it: field, value … */
export function rawEntry([id, flat]: [string, string[]]): RawEntry {
  const fields: Record<string, string> = {};
  for (let index = 0; index + 1 < flat.length; index += 2) fields[flat[index] as string] = flat[index + 1] as string;
  return {
    firstSeq: Number(id.split("-")[0]),
    atMs: Number(fields.t),
    member: fields.a ?? "",
    body: readable(fields.b ?? ""),
    grants: fields.g ?? null,
  };
}
