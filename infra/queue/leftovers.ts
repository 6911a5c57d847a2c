/** Removes what the queues still hold of actors whose run is over: waiting jobs, and the keys that dedupe them. */
import { Queue } from "bullmq";
import type { Redis } from "ioredis";
import { addressFrom } from "../store.ts";
import { bindingQueueName, type QueueSettings, queuePrefix, typeQueueName } from "./queues.ts";

/**
 * `members` of one run, `run/actor/type` each; `forwarded`: the names of model accesses and machines under which its
 * actors may have been handed on. A job that a worker is at stays: it ends by itself within a claim, and
 * takes its keys along.
 */
export async function removeLeftovers(
  members: readonly string[],
  forwarded: readonly string[],
  { prefix, redis }: QueueSettings,
): Promise<number> {
  const queues = new Map<string, Queue>();
  const queueOf = (name: string): Queue => {
    const known = queues.get(name) ?? new Queue(name, { connection: redis, prefix: queuePrefix(prefix) });
    queues.set(name, known);
    return known;
  };
  let removed = 0;
  try {
    for (const { run, actor, type } of members.map(addressFrom)) {
      for (const name of [typeQueueName(type), ...forwarded.map(bindingQueueName)]) {
        removed += await removeOne(queueOf(name), `${run}/${actor}`, redis);
      }
    }
  } finally {
    await Promise.all([...queues.values()].map((queue) => queue.close()));
  }
  return removed;
}

async function removeOne(queue: Queue, deduplication: string, redis: Redis): Promise<number> {
  const job = await redis.get(queue.toKey(`de:${deduplication}`));
  if (job === null) return 0;
  if (await redis.exists(`${queue.toKey(job)}:lock`)) return 0;
  // Removing the job takes its keys along; where the job is gone already, they are what is left.
  const gone = await queue.remove(job);
  await redis.del(queue.toKey(`de:${deduplication}`), queue.toKey(`dn:${deduplication}`));
  return gone;
}
