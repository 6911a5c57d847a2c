/** The form in which runs lie in Redis has a number, so that another version's runs are refused by name, never misread. */
import type { Redis } from "ioredis";
import { SwarmError } from "../errors.ts";
import type { Keys } from "./keys.ts";
import { describeConnection } from "./server-check.ts";

/** Raised with every change that makes stored runs unreadable to the other version. 1 had no number yet. */
export const LAYOUT = "4";

/**
 * For whoever only reads: workers and all who write compare it anyway, with each new connection, and write the number
 * with the first. Throws SwarmError `redis.layout`, exit 7.
 */
export async function checkLayout(redis: Redis, keys: Keys): Promise<void> {
  const { incarnation } = keys.shard(keys.shards[0] as string);
  const [server, layout] = (await redis.hmget(incarnation, "server", "layout")) as [string | null, string | null];
  if (server !== null && layout !== LAYOUT) throw otherLayout(describeConnection(redis), layout ?? "");
}

export const otherLayout = (where: string, found: string): SwarmError =>
  new SwarmError(
    "redis.layout",
    `${where} holds runs in ${found === "" ? "the form of an earlier version" : `form ${found}`}; this version reads form ${LAYOUT}.`,
    {
      exit: 7,
      hint: "Use the version that wrote them, or begin anew: another SWARM_DATA_DIR, or another prefix on that server.",
    },
  );
