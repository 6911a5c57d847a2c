/**
 * The one place where everything is joined: store, queues, performers, delivery, supervision. What it starts it also
 * ends, in reverse.
 */
import { newNonce, newWorkerId } from "../../infra/ids.ts";
import type { Log } from "../../infra/log.ts";
import {
  bindingQueueName,
  type HostedQueue,
  hostQueue,
  openWakers,
  placeQueueName,
  typeQueueName,
  type Wakers,
} from "../../infra/queue/queues.ts";
import { hostsOf } from "../../infra/redis/hosts.ts";
import type { ShardIncarnation } from "../../infra/redis/incarnation.ts";
import { openReader } from "../../infra/redis/reader.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { workerRows } from "../../infra/redis/workers.ts";
import { steadyStore } from "../../infra/steady-store.ts";
import type { Address } from "../../infra/store.ts";
import { StoreError } from "../../infra/store-error.ts";
import type { Tracing } from "../../infra/telemetry/tracing.ts";
import { actorTypes, machines } from "../types/index.ts";
import { budgetView } from "./budget-view.ts";
import { systemClock } from "./clock.ts";
import type { ModelAccess } from "./effects/model-call.ts";
import { type Gates, gates as openGates } from "./gates.ts";
import { createHost, type Host } from "./host.ts";
import type { Performers } from "./performer.ts";
import { pricing as pricingOver } from "./reserve.ts";
import { runSpans } from "./run-spans.ts";
import { supervision } from "./supervision.ts";
import { type WorldOptions, worldPerformers } from "./world-performers.ts";

export interface RuntimeOptions extends WorldOptions {
  /** Model accesses by binding name. */
  readonly accesses: ReadonlyMap<string, ModelAccess>;
  /** Actor types to host; all where absent. */
  readonly types?: readonly string[];
  /** Activations of one type at once. Waiting actors need none. */
  readonly concurrency: number;
  readonly log: Log;
  /** Instead of the performers that reach the world: for benchmarks and tests of the core. */
  readonly performers?: Performers;
  readonly tracing?: Tracing | undefined;
}

export interface Runtime {
  readonly worker: string;
  readonly types: readonly string[];
  /** Activations under way. */
  active(): number;
  start(): Promise<void>;
  /**
   * Takes no new work, lets running effects end for `graceMs` (default 20 s) and calls off the rest, closes what it
   * opened. The given connection stays open.
   */
  stop(graceMs?: number): Promise<void>;
}

/** Less than what the worker command gives a stop as a whole. */
const STOP_GRACE_MS = 20_000;

export function createRuntime(options: RuntimeOptions): Runtime {
  const { redis, keys, accesses, log, concurrency } = options;
  const types = options.types ?? actorTypes;
  const worker = newWorkerId();
  const telemetry = options.tracing?.queues;
  const wakers = openWakers(actorTypes, { prefix: keys.prefix, redis, telemetry });
  const hosts = hostsOf(redis, keys);
  const gates = openGates({ journal: options.journal ?? null, hosts, wakers, log });
  const host = hostOver(options, wakers, gates, worker);
  const place = options.journal?.place;
  const watch = supervision({
    id: worker,
    types,
    bindings: [...accesses.keys()],
    machines: [...machines.keys()],
    rows: workerRows(redis, keys),
    wakers,
    hosts,
    place,
    active: host.active,
    log,
  });
  const listener = redis.duplicate();
  listener.on("error", (cause) => log.debug({ err: cause }, "redis connection"));
  let queues: readonly HostedQueue[] = [];
  const activate = async (address: Address): Promise<void> => {
    const end = await host.activate(address);
    log.debug({ ...address, end }, "activation ended");
  };
  const broke = (cause: unknown, address: Address | null): void => {
    // What ails the store is told once, by the store; a hundred activations that end of it have nothing to add.
    const level = cause instanceof StoreError ? "debug" : "error";
    log[level]({ err: cause, ...address }, "an activation broke off; the sweep brings it back");
  };

  return {
    worker,
    types,
    active: host.active,
    async start() {
      await watch.start();
      await listener.psubscribe(keys.bellPattern);
      listener.on("pmessage", (_pattern, _channel, name: string) => host.rang(name));
      // A queue of the type is shared by workers of several builds: who lacks a machine hands its actors on to who has it.
      const names = [...types.map(typeQueueName), ...[...accesses.keys(), ...machines.keys()].map(bindingQueueName)];
      if (place !== undefined) names.push(placeQueueName(place));
      queues = names.map((name) =>
        hostQueue({ prefix: keys.prefix, redis, name, worker, concurrency, activate, broke, telemetry }),
      );
      await host.start();
      await gates.keepTidy(async (run) => {
        const [row, stub] = await redis.hmget(keys.run(run).run, "status", "stub");
        return row != null && stub == null;
      });
    },
    async stop(graceMs = STOP_GRACE_MS) {
      const patience = setTimeout(host.leave, graceMs);
      await Promise.all(queues.map((queue) => queue.close()));
      clearTimeout(patience);
      await host.stop();
      await gates.close();
      await watch.stop();
      listener.disconnect();
      await wakers.close();
    },
  };
}

/** The host over this Redis and its queues. */
function hostOver(options: RuntimeOptions, wakers: Wakers, gates: Gates, worker: string): Host {
  const { redis, keys, accesses, log, performers } = options;
  const bumped = (shards: readonly ShardIncarnation[]): void =>
    log.warn(
      { shards: shards.length },
      "Redis came back and may have lost what it acknowledged; older claims are over",
    );
  const store = steadyStore(redisStore(redis, keys, { bumped }), { log });
  const access = (binding: string): ModelAccess => {
    const found = accesses.get(binding);
    if (found === undefined) throw new Error(`this worker has no model access called ${binding}`);
    return found;
  };
  const { budget } = openReader(redis, keys);
  const pricing = pricingOver({ access, view: budgetView(budget) });
  const spans = options.tracing === undefined ? undefined : runSpans(options.tracing);
  return createHost({
    ...(spans === undefined ? {} : { spans }),
    store,
    shards: keys.shards,
    shardOf: keys.shardOf,
    machines,
    served: { bindings: [...accesses.keys()], machines: [...machines.keys()] },
    performers: performers ?? worldPerformers(options, store, access),
    reserve: pricing.reserve,
    pricing,
    clock: systemClock,
    worker,
    place: options.journal?.place ?? "",
    gates: gates.here,
    nonce: newNonce,
    wake: (address) => (spans === undefined ? wakers.wake(address) : spans.waking(address, () => wakers.wake(address))),
    forward: wakers.forward,
    handOver: gates.handOver,
    strangers: gates.strangers,
    calledOff: gates.calledOff,
    log,
  });
}
