/** Runs that go on and have anything to do, with who of them has it: read from the lists of those that need looking after. */
import type { Redis } from "ioredis";
import { type Address, addressFrom } from "../store.ts";
import type { Keys } from "./keys.ts";

export interface BusyRun {
  readonly run: string;
  /** The model access that a worker needs for it. */
  readonly binding: string;
  /** Those with mail or unanswered effects. */
  readonly actors: readonly Address[];
}

/** Members of one list of one shard that are read: the rest is seen once these have been looked after. */
const LISTED_MAX = 500;

/** One round trip where there is nothing to do, and one more where there is. Runs that somebody parked are left out. */
export async function busyRuns(redis: Redis, keys: Keys): Promise<BusyRun[]> {
  const lists = keys.shards.flatMap((tag) => [keys.shard(tag).ready, keys.shard(tag).stranded]);
  const members = await inOneGo(
    redis,
    lists.map((key) => ["zrange", key, "0", String(LISTED_MAX - 1)]),
  );
  const byRun = new Map<string, Map<string, Address>>();
  for (const member of (members as string[][]).flat()) {
    const address = addressFrom(member);
    const known = byRun.get(address.run) ?? new Map<string, Address>();
    byRun.set(address.run, known.set(address.actor, address));
  }
  const runs = [...byRun.keys()].sort();
  const rows = await inOneGo(
    redis,
    runs.map((run) => ["hmget", keys.run(run).run, "status", "hold", "stub", "binding"]),
  );
  return (rows as (string | null)[][]).flatMap(([status, hold, stub, binding], at) => {
    if (status !== "running" || hold != null || stub != null) return [];
    const run = runs[at] as string;
    return [{ run, binding: binding ?? "", actors: [...(byRun.get(run)?.values() ?? [])] }];
  });
}

async function inOneGo(redis: Redis, commands: readonly string[][]): Promise<unknown[]> {
  if (commands.length === 0) return [];
  const answers = (await redis.pipeline(commands.map((command) => [...command])).exec()) ?? [];
  return answers.map(([failed, answer]) => {
    if (failed !== null) throw failed;
    return answer;
  });
}
