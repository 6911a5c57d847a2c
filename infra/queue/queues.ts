/**
 * BullMQ, one queue per actor type. A job says "look after this actor" and nothing more: the store is the truth, a
 * job is a hint, so that a lost, doubled or late one costs time and never correctness.
 */
import { type Job, Queue, type QueueBaseOptions, Worker } from "bullmq";
import type { Redis } from "ioredis";
import { z } from "zod";
import { SwarmError } from "../errors.ts";
import { type Address, addressFrom, memberOf } from "../store.ts";

/** Milliseconds a job's lock lives without renewal, and how often stalled ones are looked for (docs/decisions/0070). */
const LOCK_MS = 5_000;
const STALLED_CHECK_MS = 1_000;
/**
 * Seconds after which an idle worker looks for jobs itself. The word that there is one goes to whoever has waited longest,
 * and that may be a worker that died an instant ago, whose connection Redis still takes for open.
 */
const DRAIN_DELAY_S = 1;
/** A job may lose its worker that often; what kills its handler is counted by the claims, not here. */
const STALLS_MAX = 1_000_000;

/** Entries of the stream in which BullMQ tells of each job, about: nobody here reads it, and its own limit is 10,000 a queue. */
const TOLD_MAX = 100;

const payload = z.strictObject({ member: z.string().max(300) });

export interface QueueSettings {
  /** Prefix of every key; BullMQ's keys get a hash tag of their own. */
  readonly prefix: string;
  readonly redis: Redis;
  /** BullMQ's own spans. */
  readonly telemetry?: QueueBaseOptions["telemetry"] | undefined;
}

export const typeQueueName = (type: string): string => `swarm-${type}`;
/**
 * Workers listen on one queue more for each model access and each machine they have: what another worker could not serve
 * for the lack of it comes here.
 */
export const bindingQueueName = (binding: string): string => `swarm-for-${binding}`;
/** And on one for the gates of their host: what was begun there, only its workers can find out about. */
export const placeQueueName = (place: string): string => `swarm-at-${place}`;
/** BullMQ's keys lie under a hash tag of their own. */
export const queuePrefix = (prefix: string): string => `{${prefix}}`;

export interface Wakers {
  /** Asks for an activation. While one runs, the request is kept and served right after it. */
  wake(address: Address): Promise<void>;
  /** Hands an actor on to the workers that have this model access or machine; waits for one where none lives. */
  forward(address: Address, binding: string): Promise<void>;
  /** Hands an actor on to the workers of the host of that name; waits for one where none lives. */
  handOver(address: Address, place: string): Promise<void>;
  /** Hands back what a dead worker process was at, in its types' queues, its bindings' and its host's. Resolves with how many jobs. */
  handBack(deadWorker: string, bindings: readonly string[], place?: string): Promise<number>;
  close(): Promise<void>;
}

export function openWakers(types: readonly string[], settings: QueueSettings): Wakers {
  const { prefix, redis } = settings;
  const queues = new Map(types.map((type) => [type, openQueue(typeQueueName(type), settings)]));
  const queueOf = (name: string): Queue => {
    const known = [...queues.values()].find((queue) => queue.name === name);
    if (known !== undefined) return known;
    const queue = openQueue(name, settings);
    queues.set(name, queue);
    return queue;
  };
  return {
    async wake(address) {
      const queue = queues.get(address.type);
      if (queue === undefined)
        throw new SwarmError("queue.unknown_type", `there is no queue for agents of type ${address.type}`);
      await add(queue, address);
    },
    async forward(address, binding) {
      await add(queueOf(bindingQueueName(binding)), address);
    },
    async handOver(address, place) {
      await add(queueOf(placeQueueName(place)), address);
    },
    async handBack(deadWorker, bindings, place) {
      const known = [...queues.values()].map(({ name }) => name);
      const here = place === undefined ? [] : [placeQueueName(place)];
      const names = [...new Set([...known, ...bindings.map(bindingQueueName), ...here])];
      const active = await activeJobs(redis, queuePrefix(prefix), names);
      const handed = await Promise.all(
        active.map(({ name, ids }) => handBackFrom(queueOf(name), ids, deadWorker, redis)),
      );
      return handed.reduce((sum, count) => sum + count, 0);
    },
    async close() {
      await Promise.all([...queues.values()].map((queue) => queue.close()));
    },
  };
}

const openQueue = (name: string, { redis, prefix, telemetry }: QueueSettings): Queue =>
  new Queue(name, {
    connection: redis,
    prefix: queuePrefix(prefix),
    streams: { events: { maxLen: TOLD_MAX } },
    ...(telemetry === undefined ? {} : { telemetry }),
  });

/** Never a constant job id, and one request kept while one runs: anything else loses wake-ups (docs/decisions/0070). */
async function add(queue: Queue, address: Address): Promise<void> {
  const id = `${address.run}/${address.actor}`;
  await queue.add(
    "activate",
    { member: memberOf(address) },
    {
      deduplication: { id, keepLastIfActive: true, reschedule: true } as { id: string },
      removeOnComplete: true,
      removeOnFail: true,
      attempts: 1,
    },
  );
}

interface ActiveJobs {
  readonly name: string;
  readonly ids: readonly string[];
}

/** Those queues that anybody is at something of. One question for all of them: a dead worker's run stands still meanwhile. */
async function activeJobs(redis: Redis, prefix: string, names: readonly string[]): Promise<ActiveJobs[]> {
  const lists = await Promise.all(names.map((name) => redis.lrange(`${prefix}:${name}:active`, 0, -1)));
  return names.map((name, at) => ({ name, ids: lists[at] ?? [] })).filter(({ ids }) => ids.length > 0);
}

async function handBackFrom(queue: Queue, ids: readonly string[], deadWorker: string, redis: Redis): Promise<number> {
  let handed = 0;
  for (const job of await Promise.all(ids.map((id) => queue.getJob(id)))) {
    if (job?.id === undefined || job.processedBy !== deadWorker) continue;
    const token = await redis.get(`${queue.toKey(job.id)}:lock`);
    // Without its lock the stalled check has it already, or will within a second.
    if (token === null) continue;
    if (await handBackOne(job, token)) handed += 1;
  }
  return handed;
}

/** What BullMQ says of a job that somebody else has handed back or taken meanwhile: gone, not locked, not active, locked anew. */
const ELSEWHERE = /Missing (key|lock) for job|is not in the (active|state)|Lock mismatch/;

/** False where another worker was faster: several may bury the same one. Throws whatever else Redis cannot do. */
async function handBackOne(job: Job, token: string): Promise<boolean> {
  try {
    await job.moveToWait(token);
    return true;
  } catch (cause) {
    if (cause instanceof Error && ELSEWHERE.test(cause.message)) return false;
    throw cause;
  }
}

export interface HostedQueue {
  close(): Promise<void>;
}

export interface HostOptions extends QueueSettings {
  /** Of the queue. */
  readonly name: string;
  /** Name of this process; what it is at can be handed back by that name. */
  readonly worker: string;
  readonly concurrency: number;
  readonly activate: (address: Address) => Promise<void>;
  /** Breakage of one activation or of the connection; the job is gone, the sweeper brings the actor back. */
  readonly broke: (cause: unknown, address: Address | null) => void;
}

export function hostQueue(options: HostOptions): HostedQueue {
  const { name, prefix, redis, worker, concurrency, activate, broke, telemetry } = options;
  const addressOf = (job: Job | undefined): Address | null => {
    const parsed = payload.safeParse(job?.data);
    return parsed.success ? addressFrom(parsed.data.member) : null;
  };
  // BullMQ leaves connections that it was given open; this one is ours to end.
  const connection = redis.duplicate({ maxRetriesPerRequest: null });
  connection.on("error", (cause) => broke(cause, null));
  const host = new Worker(
    name,
    async (job) => {
      const address = addressOf(job);
      if (address === null) throw new SwarmError("queue.bad_payload", `a job in ${name} names no actor`);
      await activate(address);
    },
    {
      connection,
      prefix: queuePrefix(prefix),
      name: worker,
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      maxStalledCount: STALLS_MAX,
      drainDelay: DRAIN_DELAY_S,
      ...(telemetry === undefined ? {} : { telemetry }),
    },
  );
  host.on("failed", (job, cause) => broke(cause, addressOf(job)));
  host.on("error", (cause) => broke(cause, null));
  return {
    async close() {
      await host.close();
      connection.disconnect();
    },
  };
}
