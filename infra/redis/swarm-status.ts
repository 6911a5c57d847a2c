/**
 * What a swarm is doing now, in a few counts: two round trips, whatever the number of runs, and no step of any run is
 * held up by it. It starts nothing: where no server runs, there is nothing to tell.
 */
import { type AskAddress, type Asker, openAsker, type Reply } from "./ask.ts";
import { keysFor } from "./keys.ts";
import { parseRedisUrl } from "./redis-url.ts";
import { readRecord, worksIn } from "./server-record.ts";
import { budgetFrom } from "./stored-actor.ts";

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
  const address = redisUrl === undefined ? await privateServer(dataDir) : parseRedisUrl(redisUrl).options;
  if (address === null) return null;
  const asker = await openAsker(address as AskAddress, timeoutMs);
  try {
    return await counted(asker, prefix, sinceMs);
  } finally {
    asker.close();
  }
}

async function privateServer(dataDir: string): Promise<AskAddress | null> {
  const record = await readRecord(dataDir);
  return record === undefined || !worksIn(record, dataDir) ? null : { path: record.socket };
}

async function counted(asker: Asker, prefix: string, sinceMs: number): Promise<SwarmStatus> {
  const keys = keysFor(prefix);
  const lists = await asker.ask(
    keys.shards.map((shard) => ["ZREVRANGE", keys.shard(shard).runs, "0", String(SHARD_RUNS_MAX - 1), "WITHSCORES"]),
  );
  const known = lists.flatMap(scored).sort((one, other) => other.createdAtMs - one.createdAtMs);
  const newest = known.slice(0, RUNS_MAX);
  const rows = await asker.ask(newest.map(({ run }) => ["HMGET", keys.run(run).run, ...FIELDS]));
  const told = rows.map((row, at) => toldRun(row, newest[at]?.createdAtMs ?? 0));
  const goesOn = told.filter(({ status }) => status === "running");
  const counts = told.filter(({ status, createdAtMs }) => status === "running" || createdAtMs >= sinceMs);
  return {
    running: goesOn.filter(({ held }) => !held).length,
    parked: goesOn.filter(({ held }) => held).length,
    failed: told.filter(({ status, endedAtMs }) => status === "failed" && endedAtMs >= sinceMs).length,
    approvals: goesOn.reduce((sum, { asking }) => sum + asking, 0),
    costUsd: counts.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0) / 1e9,
    costWhole: counts.every(({ unpriced }) => unpriced === 0),
    runs: told.length,
    cut: known.length > newest.length || lists.some((list) => scored(list).length === SHARD_RUNS_MAX),
  };
}

function scored(list: Reply): { run: string; createdAtMs: number }[] {
  const flat = Array.isArray(list) ? list.map(String) : [];
  return flat.flatMap((run, at) => (at % 2 === 0 ? [{ run, createdAtMs: numberOf(flat[at + 1]) }] : []));
}

const FIELDS = ["status", "hold", "asking", "endedAt", "m", "stub"] as const;

function toldRun(row: Reply, createdAtMs: number) {
  const [status, hold, asking, endedAt, m, stub] = Array.isArray(row) ? row : [];
  const money = stub == null ? budgetFrom({}, m == null ? {} : { m: String(m) }) : usageOf(String(stub));
  return {
    status: String(status ?? ""),
    held: hold != null,
    asking: Math.max(0, numberOf(asking)),
    createdAtMs,
    endedAtMs: numberOf(endedAt),
    nanoUsd: numberOf(money.nano),
    unpriced: numberOf(money.unpriced),
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
