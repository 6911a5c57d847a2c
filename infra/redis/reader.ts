/** Reads runs for people: rows, logs, snapshots. Never writes, and never stands in the way of a commit. */
import type { Redis } from "ioredis";
import { SwarmError } from "../errors.ts";
import { addressFrom } from "../store.ts";
import { type AuditReader, auditReader } from "./audit-reader.ts";
import type { Keys } from "./keys.ts";
import { unpacked } from "./packed.ts";
import { packedHash } from "./packed-hash.ts";
import { actorsOf } from "./read-actors.ts";
import { storedSession } from "./read-session.ts";
import { entryFrom, fullId, rowsOf, snapshotRecord } from "./stored-actor.ts";
import { budgetFrom } from "./stored-budget.ts";
import { isShared } from "./stored-session.ts";
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
  /** Why it is over for good; null where it is not. */
  readonly fenced: string | null;
  /** The event that tells that it was found dead; null where it was not, or somebody has taken it up since. */
  readonly lost: number | null;
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

export interface Reader extends AuditReader {
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
  /** Fields of the hash `approvals`: `approvalsFrom` reads them. */
  approvals(run: string): Promise<Readonly<Record<string, string>>>;
  /** Fields of the hash `grants`: `grantsFrom` reads them. */
  grants(run: string): Promise<Readonly<Record<string, string>>>;
  /** Entries whose first event comes after `afterSeq`, in order, `max` or a batch at most. */
  log(run: string, afterSeq: number, max?: number): Promise<RawEntry[]>;
  /** Waits on a connection of its own until there is more, at most `blockMs`. */
  follow(run: string, afterSeq: number, blockMs: number): Promise<RawEntry[]>;
  /** A full id from a unique prefix or `@last`. Throws SwarmError, exit 2, where it names none or several. */
  resolve(id: string): Promise<string>;
  close(): void;
}

export function openReader(redis: Redis, keys: Keys): Reader {
  return {
    ...rowReader(redis, keys),
    ...logReader(redis, keys),
    ...auditReader(redis, keys, (entry) => streamFields(entry)),
  };
}

type LogReader = Pick<Reader, "log" | "follow" | "updatedAt" | "close">;

function rowReader(redis: Redis, keys: Keys): Omit<Reader, keyof LogReader | keyof AuditReader> {
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
      return rowsOf(snapshotRecord(Object.entries(await redis.hgetallBuffer(keys.actor(run, actor).snapshot))), map);
    },
    async budget(run) {
      const ofRun = keys.run(run);
      return budgetFrom(...(await Promise.all([redis.hgetall(ofRun.budget), redis.hgetall(ofRun.run)])));
    },
    results: (run) => redis.hgetall(keys.run(run).results),
    transcript: async (run, actor) =>
      (await redis.lrangeBuffer(keys.actor(run, actor).transcript, 0, -1)).map(unpacked),
    session: (run, actor) => storedSession(redis, keys, run, actor),
    briefs: (run) => packedHash(redis, keys.run(run).briefs),
    async blobs(run) {
      const stored = Object.entries(await packedHash(redis, keys.run(run).blobs));
      return Object.fromEntries(stored.filter(([name]) => !isShared(name)));
    },
    approvals: (run) => packedHash(redis, keys.run(run).approvals),
    grants: (run) => redis.hgetall(keys.run(run).grants),
    resolve: async (id) => resolved(id, await runIds(redis, keys)),
  };
}

function logReader(redis: Redis, keys: Keys): LogReader {
  let blocking: Redis | null = null;
  return {
    async updatedAt(run) {
      const [newest] = await redis.xrevrangeBuffer(keys.run(run).log, "+", "-", "COUNT", 1);
      const atMs =
        newest === undefined
          ? Number(await redis.hget(keys.run(run).run, "createdAt"))
          : storedEntryFrom(run, newest).atMs;
      return new Date(atMs).toISOString();
    },
    async log(run, afterSeq, max = LOG_BATCH) {
      return (await redis.xrangeBuffer(keys.run(run).log, `(${afterSeq}-0`, "+", "COUNT", max)).map((entry) =>
        storedEntryFrom(run, entry),
      );
    },
    async follow(run, afterSeq, blockMs) {
      blocking ??= duplicated(redis);
      const answer = await blocking.xreadBuffer(
        "COUNT",
        LOG_BATCH,
        "BLOCK",
        blockMs,
        "STREAMS",
        keys.run(run).log,
        `${afterSeq}-0`,
      );
      const entries = (answer as [Buffer, StreamEntry[]][] | null)?.[0]?.[1] ?? [];
      return entries.map((entry) => storedEntryFrom(run, entry));
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

/** An entry of a stream as ioredis gives it: id, then field, value … */
export type StreamEntry = [id: Buffer, flat: Buffer[]];

export interface StreamFields {
  readonly id: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** What was damaged stays as it is: whoever parses it says which entry it was, and the others can still be read. */
function readable(value: Buffer): string {
  try {
    return unpacked(value);
  } catch {
    return value.toString();
  }
}

/** What a commit writes in one field: "time member grants", a newline, the entry. The scripts beside it write t, a and b. */
const STEP = "e";

function stepFields(value: Buffer, read: (value: Buffer) => string): Record<string, string> {
  const end = value.indexOf("\n");
  const [t = "", a = "", ...grants] = value.subarray(0, end).toString().split(" ");
  const g = grants.join(" ");
  return { t, a, b: read(value.subarray(end + 1)), ...(g === "" ? {} : { g }) };
}

export function streamFields([id, flat]: StreamEntry, read: (value: Buffer) => string = readable): StreamFields {
  const fields: Record<string, string> = {};
  for (let index = 0; index + 1 < flat.length; index += 2) {
    const [field, value] = [String(flat[index]), flat[index + 1] as Buffer];
    if (field === STEP) Object.assign(fields, stepFields(value, read));
    else fields[field] = read(value);
  }
  return { id: id.toString(), fields };
}

/** As a stream holds it: commits leave out the run, and name their actor's effects without it. */
export function storedEntryFrom(run: string, entry: StreamEntry, read?: (value: Buffer) => string): RawEntry {
  const { id, fields } = streamFields(entry, read);
  const { t, a = "", b = "", g = null } = fields;
  const member = a.split("/").length === 2 ? `${run}/${a}` : a;
  const actor = member === "" ? null : addressFrom(member);
  const full = (grant: string): string => (actor === null ? grant : fullId(actor, grant));
  return {
    firstSeq: Number(id.split("-")[0]),
    atMs: Number(t),
    member,
    body: actor === null ? b : entryFrom(actor, b),
    grants: g === null ? null : g.split(",").map(full).join(","),
  };
}
