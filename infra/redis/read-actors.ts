/** Every actor of a run as it stands: its head, its mail, its effects that are out. */
import type { Redis } from "ioredis";
import type { Keys } from "./keys.ts";
import type { ActorReading } from "./reader.ts";
import { FENCED, HEAD, headFrom, pendingFrom } from "./stored-actor.ts";
import { LOST, lostSeq } from "./stored-death.ts";

/** Actors that are asked about in one go: whoever reads thousands lets others have their turn between. */
const AT_ONCE = 250;

export async function actorsOf(redis: Redis, keys: Keys, run: string): Promise<ActorReading[]> {
  const rows = Object.entries(await redis.hgetall(keys.run(run).actors));
  const read: ActorReading[] = [];
  for (let from = 0; from < rows.length; from += AT_ONCE) {
    const some = rows.slice(from, from + AT_ONCE);
    read.push(...(await Promise.all(some.map(([actor, json]) => readingOf(redis, keys, { run, actor }, json)))));
  }
  return read;
}

async function readingOf(
  redis: Redis,
  keys: Keys,
  { run, actor }: { readonly run: string; readonly actor: string },
  json: string,
): Promise<ActorReading> {
  const ofActor = keys.actor(run, actor);
  const [[head = null, fenced = null, lost = null, epoch = null], mail, pending] = await Promise.all([
    redis.hmget(ofActor.snapshot, HEAD, FENCED, LOST, "epoch"),
    redis.llen(ofActor.mailbox),
    redis.hgetall(ofActor.pending),
  ]);
  const { type, task = "" } = JSON.parse(json) as { type: string; task?: string };
  const stored = headFrom(head);
  return {
    actor,
    type,
    task,
    ...stored,
    mail,
    pending: pendingFrom({ run, actor }, pending),
    fenced,
    lost: fenced === null ? lostSeq(lost, epoch, stored.version) : null,
  };
}
