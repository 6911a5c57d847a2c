/**
 * Notices that the server is another process, or holds another history, than the one that acknowledged our writes.
 * Each shard then gets a new incarnation, which fences every claim made before. No script of the store is given to a
 * server process before this was settled, so that nothing can be committed there first.
 */
import type { Redis } from "ioredis";
import { connectOnce } from "./connect-once.ts";
import { syncsEveryWrite } from "./durability.ts";
import type { Keys } from "./keys.ts";
import { scriptText } from "./scripts.ts";
import { checkServer, describeConnection } from "./server-check.ts";
import { LAYOUT, otherLayout } from "./stored-layout.ts";

export interface ShardIncarnation {
  readonly shard: string;
  readonly number: number;
  /**
   * `first`: never seen before. `same`: nothing happened. `kept`: restarted without loss. `bumped`: by us, just now.
   */
  readonly change: "first" | "same" | "kept" | "bumped";
}

export interface Incarnations {
  /** False before the first look, and after each loss of the connection. */
  settled(): boolean;
  /**
   * Resolves once every shard's record names the present server process. Costs a connection of its own, so that all of
   * it is said to one process. Throws a SwarmError where the server cannot be had or must not hold runs.
   */
  settle(): Promise<void>;
}

export interface IncarnationOptions {
  /**
   * Shards whose number rose since this process last looked, whoever raised it: acknowledged steps of theirs may be
   * lost, so that the world (gates, journals) may know more than the log. Not called at the first look.
   */
  readonly bumped?: ((shards: readonly ShardIncarnation[]) => void) | undefined;
}

export function incarnations(redis: Redis, keys: Keys, { bumped }: IncarnationOptions = {}): Incarnations {
  const where = describeConnection(redis);
  const numbers = new Map<string, number>();
  /** The socket for which it was settled; another one may lead to another process. */
  let settledFor: unknown = null;
  let settling: Promise<void> | null = null;
  const settle = async (): Promise<void> => {
    const { stream } = redis;
    const found = await connectOnce(redis.options, where, (one) => lookAt(one, keys));
    settledFor = stream;
    const risen = found.filter(({ shard, number }) => number > (numbers.get(shard) ?? number));
    for (const { shard, number } of found) numbers.set(shard, number);
    if (risen.length > 0) bumped?.(risen);
  };
  return {
    settled: () => settledFor === redis.stream,
    settle() {
      settling ??= settle().finally(() => {
        settling = null;
      });
      return settling;
    },
  };
}

async function lookAt(redis: Redis, keys: Keys): Promise<ShardIncarnation[]> {
  const facts = await checkServer(redis);
  const { text } = scriptText("incarnation");
  const sha = (await redis.script("LOAD", text)) as string;
  return Promise.all(
    keys.shards.map(async (shard): Promise<ShardIncarnation> => {
      const answer = await redis.evalsha(
        sha,
        1,
        keys.shard(shard).incarnation,
        facts.runId,
        facts.replicationId,
        syncsEveryWrite(facts) ? "1" : "0",
        LAYOUT,
      );
      const [number, change, layout] = answer as [number, ShardIncarnation["change"] | "layout", string?];
      if (change === "layout") throw otherLayout(describeConnection(redis), layout ?? "");
      return { shard, number, change };
    }),
  );
}
