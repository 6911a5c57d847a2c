/**
 * What a swarm is doing now, in a few counts: two round trips, three at most, whatever the number of runs, and no step of
 * any run is held up by it. It starts nothing: where no server runs, there is nothing to tell. A status bar waits for it:
 * what only some need is loaded where they need it.
 */
import { localBinding } from "../model/local/local-model.ts";
import { type AskAddress, type Asker, openAsker, type Reply } from "./ask.ts";
import { type Keys, keysFor } from "./keys.ts";
import { budgetFrom } from "./stored-budget.ts";

export interface SwarmStatus {
  /** Going on: runs that can only wait for an answer are among them. */
  readonly running: number;
  readonly parked: number;
  /** Ended as `failed` since `sinceMs`. */
  readonly failed: number;
  /** Calls that wait for somebody's yes. */
  readonly approvals: number;
  /** US dollars of all runs that were begun since `sinceMs` or still go on. */
  readonly costUsd: number;
  /** False where the price of some call is unknown: it cost that much at least. */
  readonly costWhole: boolean;
  /** Runs that the figures above tell of, and those among them whose model is played, as far as it is seen. */
  readonly counted: number;
  readonly simulated: number;
  /** Runs that were looked at, the newest first; true where there were more. */
  readonly runs: number;
  readonly cut: boolean;
}

/** Newest runs of a shard, and of all, that are looked at. */
const SHARD_RUNS_MAX = 200;
const RUNS_MAX = 1_000;

/** Null where no server runs. Throws where there is one that does not answer in time. */
export async function swarmStatus(
  { redisUrl, dataDir, prefix }: { redisUrl: string | undefined; dataDir: string; prefix: string },
  sinceMs: number,
  timeoutMs: number,
): Promise<SwarmStatus | null> {
  const address = redisUrl === undefined ? await privateServer(dataDir) : await namedServer(redisUrl);
  if (address === null) return null;
  const asker = await openAsker(address, timeoutMs);
  try {
    return await told(asker, keysFor(prefix), sinceMs);
  } finally {
    asker.close();
  }
}

async function namedServer(redisUrl: string): Promise<AskAddress> {
  const { parseRedisUrl } = await import("./redis-url.ts");
  return parseRedisUrl(redisUrl).options as AskAddress;
}

async function privateServer(dataDir: string): Promise<AskAddress | null> {
  const { readRecord, worksIn } = await import("./server-record.ts");
  const record = await readRecord(dataDir);
  return record === undefined || !worksIn(record, dataDir) ? null : { path: record.socket };
}

async function told(asker: Asker, keys: Keys, sinceMs: number): Promise<SwarmStatus> {
  const lists = await asker.ask(
    keys.shards.map((shard) => ["ZREVRANGE", keys.shard(shard).runs, "0", String(SHARD_RUNS_MAX - 1), "WITHSCORES"]),
  );
  const known = lists.flatMap(scored).sort((one, other) => other.createdAtMs - one.createdAtMs);
  const newest = known.slice(0, RUNS_MAX);
  const rows = await asker.ask(newest.map(({ run }) => ["HMGET", keys.run(run).run, ...FIELDS]));
  const runs = newest.map((one, at) => toldRun(one, rows[at] ?? null));
  const goesOn = runs.filter(({ status }) => status === "running");
  const failed = runs.filter(({ status, endedAtMs }) => status === "failed" && endedAtMs >= sinceMs);
  const costs = runs.filter(({ status, createdAtMs }) => status === "running" || createdAtMs >= sinceMs);
  const all = [...new Set([...costs, ...failed])];
  return {
    running: goesOn.filter(({ held }) => !held).length,
    parked: goesOn.filter(({ held }) => held).length,
    failed: failed.length,
    approvals: goesOn.reduce((sum, { asking }) => sum + asking, 0),
    costUsd: costs.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0) / 1e9,
    costWhole: costs.every(({ unpriced }) => unpriced === 0),
    counted: all.length,
    simulated: await playedOf(asker, keys, all),
    runs: runs.length,
    cut: known.length > newest.length || lists.some((list) => scored(list).length === SHARD_RUNS_MAX),
  };
}

/** Runs whose log is looked into, and entries of each. */
const LOOKED_INTO_MAX = 20;
const ENTRIES_MAX = 40;
/** As a log has them; what a goal or a tool says stands in it with its quotes escaped. */
const ANSWERED = /"type":"model\.answered"/;
const SIMULATED = /"simulated":true/;

/**
 * Runs whose model is played by a server of ours: by their binding; or they asked a server that costs nothing, and its
 * first answers in the log say so. Nobody looks into the log of a run that costs money.
 */
async function playedOf(asker: Asker, keys: Keys, runs: readonly ToldRun[]): Promise<number> {
  const local = runs.filter(({ binding }) => binding === localBinding).length;
  const unsure = runs.filter(({ isFree, binding }) => isFree && binding !== localBinding).slice(0, LOOKED_INTO_MAX);
  if (unsure.length === 0) return local;
  const { unpacked } = await import("./packed.ts");
  const logs = await asker.ask(
    unsure.map(({ run }) => ["XRANGE", keys.run(run).log, "-", "+", "COUNT", String(ENTRIES_MAX)]),
    "latin1",
  );
  const isPlayed = (body: string): boolean => {
    const text = unpacked(Buffer.from(body, "latin1"));
    return ANSWERED.test(text) && SIMULATED.test(text);
  };
  return local + logs.filter((log) => bodiesIn(log).some(isPlayed)).length;
}

/** Of the answer to XRANGE: what stands in the field `b` of each entry. */
function bodiesIn(log: Reply): string[] {
  return (Array.isArray(log) ? log : []).flatMap((entry) => {
    const fields: readonly Reply[] = Array.isArray(entry) && Array.isArray(entry[1]) ? entry[1] : [];
    const at = fields.indexOf("b");
    return at < 0 || at % 2 === 1 ? [] : [String(fields[at + 1] ?? "")];
  });
}

function scored(list: Reply): KnownRun[] {
  const flat = Array.isArray(list) ? list.map(String) : [];
  return flat.flatMap((run, at) => (at % 2 === 0 ? [{ run, createdAtMs: numberOf(flat[at + 1]) }] : []));
}

const FIELDS = ["status", "hold", "asking", "endedAt", "m", "stub", "binding"] as const;

interface KnownRun {
  readonly run: string;
  readonly createdAtMs: number;
}

type ToldRun = ReturnType<typeof toldRun>;

function toldRun({ run, createdAtMs }: KnownRun, row: Reply) {
  const [status, hold, asking, endedAt, m, stub, binding] = Array.isArray(row) ? row : [];
  const money = stub == null ? budgetFrom({}, m == null ? {} : { m: String(m) }) : usageOf(String(stub));
  const [nanoUsd, unpriced] = [numberOf(money.nano), numberOf(money.unpriced)];
  return {
    ...{ run, createdAtMs, nanoUsd, unpriced },
    status: String(status ?? ""),
    held: hold != null,
    asking: Math.max(0, numberOf(asking)),
    endedAtMs: numberOf(endedAt),
    binding: String(binding ?? ""),
    /** It asked a model that costs nothing, and its log is still there. */
    isFree: stub == null && numberOf(money.calls) > 0 && nanoUsd === 0 && unpriced === 0,
  };
}

/** Of an archived run only its stub is left. One that cannot be read costs what nobody knows. */
function usageOf(stub: string): Readonly<Record<string, unknown>> {
  try {
    const { usage } = JSON.parse(stub) as { usage?: Readonly<Record<string, unknown>> };
    return usage ?? {};
  } catch {
    return { unpriced: 1 };
  }
}

/** 0 where it is none. */
const numberOf = (value: unknown): number => {
  const number = Number(value ?? 0);
  return Number.isFinite(number) ? number : 0;
};
