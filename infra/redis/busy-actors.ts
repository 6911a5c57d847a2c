/**
 * Who of a run has something before it: mail, or effects that are out. It costs what is going on and not what was: whoever
 * sleeps or has ended is not even looked at.
 */
import type { Redis } from "ioredis";
import { addressFrom } from "../store.ts";
import { type ActorDepth, actorDepths } from "./actor-depths.ts";
import type { Keys } from "./keys.ts";

export interface BusyActors {
  /** By their ids. */
  readonly actors: readonly (Pick<ActorDepth, "mail" | "pending"> & { readonly id: string })[];
  /** There were more than are told. */
  readonly more: boolean;
}

/** Actors that are told of. */
const BUSY_MAX = 2_000;
/** Members of a list that one scan step looks at. */
const SCAN_COUNT = 1_000;
/** Actors that are asked about in one go. */
const AT_ONCE = 250;

/** Of a run that is erased, nobody. */
export async function busyActors(redis: Redis, keys: Keys, run: string): Promise<BusyActors> {
  const { ready, stranded } = keys.shard(keys.shardOf(run));
  const listed = (await Promise.all([ready, stranded].map((list) => membersOf(redis, list, run)))).flat();
  const ids = [...new Set(listed.map((member) => addressFrom(member).actor))].sort();
  const actors: BusyActors["actors"][number][] = [];
  const told = ids.slice(0, BUSY_MAX);
  for (let from = 0; from < told.length; from += AT_ONCE) {
    const some = told.slice(from, from + AT_ONCE);
    (await actorDepths(redis, keys, run, some)).forEach(({ mail, pending }, index) => {
      if (mail > 0 || pending > 0) actors.push({ id: some[index] as string, mail, pending });
    });
  }
  return { actors, more: ids.length > told.length };
}

async function membersOf(redis: Redis, list: string, run: string): Promise<string[]> {
  const members: string[] = [];
  let cursor = "0";
  do {
    const [next, flat] = await redis.zscan(list, cursor, "MATCH", `${run}/*`, "COUNT", SCAN_COUNT);
    for (let index = 0; index < flat.length; index += 2) members.push(flat[index] as string);
    cursor = next;
  } while (cursor !== "0");
  return members;
}
