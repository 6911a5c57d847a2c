/**
 * The one place where everything is joined: store, queues, performers, delivery, supervision. What it starts it also
 * ends, in reverse.
 */
import type { Redis } from "ioredis";
import { newWorkerId } from "../../infra/ids.ts";
import type { Log } from "../../infra/log.ts";
import { bindingQueueName, type HostedQueue, hostQueue, openWakers, typeQueueName } from "../../infra/queue/queues.ts";
import type { Keys } from "../../infra/redis/keys.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { workerRows } from "../../infra/redis/workers.ts";
import { openBox } from "../../infra/sandbox/workspace-box.ts";
import type { Address, Store } from "../../infra/store.ts";
import type { Box } from "../../registry/box.ts";
import { actorTypes, machines } from "../types/index.ts";
import { type ActivationDeps, activate } from "./activation.ts";
import { bells } from "./bells.ts";
import { delivery } from "./delivery.ts";
import { type ModelAccess, modelCall } from "./effects/model-call.ts";
import { resultVerify } from "./effects/result-verify.ts";
import { sessionAssemble } from "./effects/session-assemble.ts";
import { toolRun } from "./effects/tool-run.ts";
import type { Performers } from "./performer.ts";
import { reserveFor } from "./reserve.ts";
import { runningEffects } from "./running-effects.ts";
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
  const { redis, keys, log, concurrency } = options;
  const types = options.types ?? actorTypes;
  const worker = newWorkerId();
  const parts = joined(options);
  const { store, wakers, post, effects } = parts;
  let active = 0;
  const watch = supervision({
    id: worker,
    types,
    bindings: [...options.accesses.keys()],
    rows: workerRows(redis, keys),
    wakers,
    active: () => active,
    log,
  });
  const listener = redis.duplicate();
  listener.on("error", (cause) => log.debug({ err: cause }, "redis connection"));
  let hosts: readonly HostedQueue[] = [];
  const look = async (address: Address): Promise<void> => {
    active += 1;
    try {
      const end = await activate(parts.activation, address);
      log.debug({ ...address, end }, "activation ended");
    } finally {
      active -= 1;
    }
  };
  const broke = (cause: unknown, address: Address | null): void =>
    log.error({ err: cause, ...address }, "an activation broke off; the sweep brings it back");

  return {
    worker,
    types,
    active: () => active,
    async start() {
      await watch.start();
      await listener.psubscribe(keys.bellPattern);
      listener.on("pmessage", (_pattern, _channel, name: string) => post.rang(name));
      const names = [...types.map(typeQueueName), ...[...options.accesses.keys()].map(bindingQueueName)];
      hosts = names.map((name) =>
        hostQueue({ prefix: keys.prefix, redis, name, worker, concurrency, activate: look, broke }),
      );
      for (const shard of keys.shards) await store.retrieve(shard);
      post.start();
    },
    async stop(graceMs = STOP_GRACE_MS) {
      const patience = setTimeout(parts.leave, graceMs);
      await Promise.all(hosts.map((host) => host.close()));
      clearTimeout(patience);
      await effects.close();
      await post.stop();
      await watch.stop();
      listener.disconnect();
      await wakers.close();
    },
  };
}

/** Everything an activation needs, joined once for the process. */
function joined(options: RuntimeOptions) {
  const { redis, keys, accesses, log } = options;
  const store = redisStore(redis, keys);
  const wakers = openWakers(actorTypes, { prefix: keys.prefix, redis });
  const doorbells = bells();
  const effects = runningEffects();
  const post = delivery({
    store,
    shards: keys.shards,
    bells: doorbells,
    wake: wakers.wake,
    shardOf: keys.shardOf,
    log,
  });
  const access = (binding: string): ModelAccess => {
    const found = accesses.get(binding);
    if (found === undefined) throw new Error(`this worker has no model access called ${binding}`);
    return found;
  };
  let leaving = false;
  const activation: ActivationDeps = {
    leaving: () => leaving,
    store,
    machines,
    served: { bindings: [...accesses.keys()], machines: [...machines.keys()] },
    performers: options.performers ?? worldPerformers(store, access),
    reserve: reserveFor({ access }),
    effects,
    bells: doorbells,
    delivered: post.delivered,
    async stranded(address, lacks, name) {
      log.warn({ ...address, lacks, name }, "stranded: this worker cannot serve the actor");
      if (lacks === "binding") await wakers.forward(address, name);
    },
    log,
  };
  const leave = (): void => {
    leaving = true;
    doorbells.ringAll();
  };
  return { store, wakers, post, effects, activation, leave };
}

function worldPerformers(store: Store, access: (binding: string) => ModelAccess): Performers {
  const box = openBoxes();
  return {
    "session.assemble": sessionAssemble(store),
    "model.call": modelCall({ access }),
    "tool.run": toolRun({ box, monotonicMs: () => performance.now() }),
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
