/**
 * The one place where everything is joined: store, queues, performers, delivery, supervision. What it starts it also
 * ends, in reverse.
 */
import type { Redis } from "ioredis";
import { newNonce, newWorkerId } from "../../infra/ids.ts";
import type { Log } from "../../infra/log.ts";
import {
  bindingQueueName,
  type HostedQueue,
  hostQueue,
  openWakers,
  typeQueueName,
  type Wakers,
} from "../../infra/queue/queues.ts";
import type { Keys } from "../../infra/redis/keys.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { workerRows } from "../../infra/redis/workers.ts";
import { openBox } from "../../infra/sandbox/workspace-box.ts";
import type { Address, Store } from "../../infra/store.ts";
import type { Box } from "../../registry/box.ts";
import { actorTypes, machines } from "../types/index.ts";
import { systemClock } from "./clock.ts";
import { type ModelAccess, modelCall } from "./effects/model-call.ts";
import { resultVerify } from "./effects/result-verify.ts";
import { sessionAssemble } from "./effects/session-assemble.ts";
import { toolReconcile } from "./effects/tool-reconcile.ts";
import { toolRun } from "./effects/tool-run.ts";
import { createHost, type Host } from "./host.ts";
import type { Performers } from "./performer.ts";
import { reserveFor } from "./reserve.ts";
import { supervision } from "./supervision.ts";

export interface RuntimeOptions {
  readonly redis: Redis;
  readonly keys: Keys;
  /** Model accesses by binding name. */
  readonly accesses: ReadonlyMap<string, ModelAccess>;
  /** Actor types to host; all where absent. */
  readonly types?: readonly string[];
  /** Activations of one type at once. Waiting actors need none. */
  readonly concurrency: number;
  readonly log: Log;
  /** Instead of the performers that reach the world: for benchmarks and tests of the core. */
  readonly performers?: Performers;
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
  const wakers = openWakers(actorTypes, { prefix: keys.prefix, redis });
  const host = hostOver(options, wakers);
  const watch = supervision({
    id: worker,
    types,
    bindings: [...accesses.keys()],
    rows: workerRows(redis, keys),
    wakers,
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
  const broke = (cause: unknown, address: Address | null): void =>
    log.error({ err: cause, ...address }, "an activation broke off; the sweep brings it back");

  return {
    worker,
    types,
    active: host.active,
    async start() {
      await watch.start();
      await listener.psubscribe(keys.bellPattern);
      listener.on("pmessage", (_pattern, _channel, name: string) => host.rang(name));
      const names = [...types.map(typeQueueName), ...[...accesses.keys()].map(bindingQueueName)];
      queues = names.map((name) =>
        hostQueue({ prefix: keys.prefix, redis, name, worker, concurrency, activate, broke }),
      );
      await host.start();
    },
    async stop(graceMs = STOP_GRACE_MS) {
      const patience = setTimeout(host.leave, graceMs);
      await Promise.all(queues.map((queue) => queue.close()));
      clearTimeout(patience);
      await host.stop();
      await watch.stop();
      listener.disconnect();
      await wakers.close();
    },
  };
}

/** The host over this Redis and its queues. */
function hostOver({ redis, keys, accesses, log, performers }: RuntimeOptions, wakers: Wakers): Host {
  const store = redisStore(redis, keys);
  const access = (binding: string): ModelAccess => {
    const found = accesses.get(binding);
    if (found === undefined) throw new Error(`this worker has no model access called ${binding}`);
    return found;
  };
  return createHost({
    store,
    shards: keys.shards,
    shardOf: keys.shardOf,
    machines,
    served: { bindings: [...accesses.keys()], machines: [...machines.keys()] },
    performers: performers ?? worldPerformers(store, access),
    reserve: reserveFor({ access }),
    clock: systemClock,
    place: "",
    nonce: newNonce,
    wake: wakers.wake,
    forward: wakers.forward,
    handOver: () => Promise.resolve(false),
    log,
  });
}

function worldPerformers(store: Store, access: (binding: string) => ModelAccess): Performers {
  const box = openBoxes();
  return {
    "session.assemble": sessionAssemble(store),
    "model.call": modelCall({ access }),
    "tool.run": toolRun({ box, monotonicMs: () => performance.now() }),
    "tool.reconcile": toolReconcile(),
    "result.verify": resultVerify({ box }),
  };
}

/** One box a workspace; a workspace that cannot be opened is tried anew each time. */
function openBoxes(): (workspace: string) => Promise<Box> {
  const boxes = new Map<string, Promise<Box>>();
  return (workspace) => {
    const known = boxes.get(workspace);
    if (known !== undefined) return known;
    const opening = openBox(workspace);
    boxes.set(workspace, opening);
    opening.catch(() => boxes.delete(workspace));
    return opening;
  };
}
