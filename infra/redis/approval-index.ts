/**
 * Finds approvals over all runs. What is pending stands in the list of timers, because it expires; what was answered is
 * looked for run by run.
 */
import type { Redis } from "ioredis";
import { SwarmError } from "../errors.ts";
import { callsOn } from "./calls.ts";
import type { Keys } from "./keys.ts";

export interface ApprovalPlace {
  readonly run: string;
  readonly approval: string;
}

/** Timers that one scan step looks at, and runs that are asked in one go. */
const SCAN_COUNT = 500;
const RUNS_AT_ONCE = 500;

/** Of every run, those that end first in front. */
export async function pendingApprovals(redis: Redis, keys: Keys): Promise<ApprovalPlace[]> {
  const call = callsOn(redis);
  const found: (ApprovalPlace & { readonly expiresAtMs: number })[] = [];
  await Promise.all(
    keys.shards.map(async (tag) => {
      let cursor = "0";
      do {
        const [next, flat] = await call("approvals", () =>
          redis.zscan(keys.shard(tag).timers, cursor, "MATCH", "*|approval:*", "COUNT", SCAN_COUNT),
        );
        for (let index = 0; index + 1 < flat.length; index += 2) {
          const [, run, approval] = /^([^/]+)\/[^|]*\|approval:(p_[^|]+)\|\d+$/.exec(flat[index] as string) ?? [];
          if (run !== undefined && approval !== undefined) {
            found.push({ run, approval, expiresAtMs: Number(flat[index + 1]) });
          }
        }
        cursor = next;
      } while (cursor !== "0");
    }),
  );
  // A scan may name one twice.
  const once = new Map(found.map((one) => [one.approval, one]));
  return [...once.values()].sort((a, b) => a.expiresAtMs - b.expiresAtMs || (a.approval < b.approval ? -1 : 1));
}

/**
 * The approval that an id, or the beginning of one that waits, names. Of one that was answered the whole id has to be
 * given. Throws SwarmError `approval.unknown`, exit 2.
 */
export async function findApproval(redis: Redis, keys: Keys, id: string): Promise<ApprovalPlace> {
  if (!/^p_[0-9a-z]{1,32}$/.test(id)) throw unknownApproval(id, "that is no id of an approval");
  const pending = (await pendingApprovals(redis, keys)).filter(({ approval }) => approval.startsWith(id));
  const only = pending.find(({ approval }) => approval === id) ?? (pending.length === 1 ? pending[0] : undefined);
  if (only !== undefined) return only;
  if (pending.length > 1) {
    const some = pending.slice(0, 5).map(({ approval }) => approval);
    throw unknownApproval(id, `it fits ${pending.length} of those that wait: ${some.join(", ")}`);
  }
  for (const tag of keys.shards) {
    const runs = await redis.zrevrange(keys.shard(tag).runs, 0, -1);
    for (let from = 0; from < runs.length; from += RUNS_AT_ONCE) {
      const some = runs.slice(from, from + RUNS_AT_ONCE);
      const has = await Promise.all(some.map((run) => redis.hexists(keys.run(run).approvals, id)));
      const run = some[has.indexOf(1)];
      if (run !== undefined) return { run, approval: id };
    }
  }
  throw unknownApproval(id, "no run in Redis has an approval of that id");
}

export const unknownApproval = (id: string, why: string): SwarmError =>
  new SwarmError("approval.unknown", `approval "${id}": ${why}`, {
    exit: 2,
    hint: "`swarm approvals list` shows those that wait; `swarm approvals list --run ID` shows all of one run, an archived one too.",
  });
