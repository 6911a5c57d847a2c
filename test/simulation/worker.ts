/**
 * One worker process: the real host over a network that fails, on a clock of its own, with its life at risk at every
 * step. What dies takes its memory along; what freezes comes back believing that no time has gone by.
 */
import type { Clock } from "../../actors/runtime/clock.ts";
import { createHost, type Host } from "../../actors/runtime/host.ts";
import type { Performers } from "../../actors/runtime/performer.ts";
import type { Reserve } from "../../actors/runtime/step.ts";
import { machines } from "../../actors/types/index.ts";
import type { Log } from "../../infra/log.ts";
import { type SteadyOptions, steadyStore } from "../../infra/steady-store.ts";
import { type Address, memberOf, type Store } from "../../infra/store.ts";
import { StoreError } from "../../infra/store-error.ts";
import { faultyStore, type Network } from "./faulty-store.ts";
import type { Hints } from "./hints.ts";
import { noticedAfterMs } from "./hints.ts";
import type { Owner } from "./scheduler.ts";

export const BINDING = "sim";

export interface SimWorker extends Owner {
  readonly name: string;
  readonly place: string;
  readonly store: Store;
  readonly clock: Clock;
  /** Activations of the queue under way here. */
  busy: number;
  /** Unsafe effects that are being carried out in this very process. */
  readonly underWay: Set<string>;
  awake(): boolean;
  serves(queue: string): boolean;
  activate(address: Address, done: () => void): void;
  rang(name: string): void;
  start(): void;
  crash(): void;
  /** An await of whatever runs in this process. */
  step(delayMs?: number, weight?: number): Promise<void>;
}

export interface WorkerParts {
  readonly name: string;
  readonly place: string;
  /** False: it has another model access than the runs. */
  readonly able: boolean;
  readonly store: Store;
  readonly network: Network;
  readonly hints: () => Hints;
  readonly shards: readonly string[];
  readonly shardOf: (run: string) => string;
  readonly performers: (worker: SimWorker) => Performers;
  readonly isGone: (place: string) => boolean;
  readonly crashed: (worker: SimWorker) => void;
  readonly problem: (what: string, cause: unknown, address: Address) => void;
  readonly trace: (line: () => string) => void;
}

const SILENT = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log;

/** A prompt of a hundred tokens, an answer of up to a thousand. */
const reserve: Reserve = () => ({
  inTokens: 100,
  outTokensWanted: 1_000,
  outTokensLeast: 200,
  inNanoUsd: 3,
  outNanoUsd: 15,
});

export function startWorker(parts: WorkerParts): SimWorker {
  const { name, place, network, trace } = parts;
  const { scheduler, random, faults } = network;
  const skewMs = random.below(1_000_000);
  let claims = 0;
  const clock: Clock = {
    monotonicMs: () => scheduler.nowMs() - skewMs,
    after: (delayMs, act) => scheduler.at(delayMs, act, worker, 0.1),
  };
  const freeze = (ms: number, what: string): void => {
    trace(() => `${name} ${what} for ${ms} ms`);
    worker.frozenUntilMs = scheduler.nowMs() + ms;
  };
  const worker: SimWorker = {
    name,
    place,
    alive: true,
    frozenUntilMs: 0,
    busy: 0,
    underWay: new Set(),
    clock,
    store: undefined as unknown as Store,
    awake: () => worker.alive && worker.frozenUntilMs <= scheduler.nowMs(),
    serves: (queue) => queue === "types" || queue === `at ${place}` || queue === (parts.able ? `for ${BINDING}` : ""),
    struck(weight) {
      if (faults.strikes("crash", weight)) worker.crash();
      else if (faults.strikes("pause", weight)) freeze(random.between(20, 2_000), "pauses");
      else if (faults.strikes("zombie", weight)) {
        freeze(random.between(6_000, 18_000), "freezes");
        parts.hints().silent(worker, noticedAfterMs(random));
      } else return false;
      return true;
    },
    crash() {
      trace(() => `${name} dies`);
      worker.alive = false;
      parts.hints().silent(worker, random.chance(0.5) ? 20 : noticedAfterMs(random));
      parts.crashed(worker);
    },
    step: (delayMs = random.below(3), weight = 1) =>
      new Promise((resolve) => scheduler.at(delayMs, resolve, worker, weight)),
    activate(address, done) {
      const ended = (how: string): void => {
        trace(() => `${name} ended ${memberOf(address)}: ${how}`);
        scheduler.at(random.below(3), done, worker);
      };
      trace(() => `${name} activates ${memberOf(address)}`);
      host.activate(address).then(ended, (cause: unknown) => {
        if (!(cause instanceof StoreError)) parts.problem("an activation broke off", cause, address);
        ended(String(cause));
      });
    },
    rang: (who) => host.rang(who),
    start() {
      host.start().catch((cause: unknown) => {
        // A process that cannot start ends, and whoever watches it starts it again.
        trace(() => `${name} cannot start: ${String(cause)}`);
        worker.crash();
      });
    },
  };
  const steady: SteadyOptions = {
    log: SILENT,
    monotonicMs: clock.monotonicMs,
    random: random.next,
    after: (delayMs, act) => scheduler.at(delayMs, act, worker),
  };
  Object.assign(worker, { store: steadyStore(faultyStore(parts.store, name, worker, network), steady) });
  const host = hostOf(parts, worker, () => {
    claims += 1;
    return `${name}n${claims}`;
  });
  return worker;
}

function hostOf(parts: WorkerParts, worker: SimWorker, nonce: () => string): Host {
  const { network, hints } = parts;
  const hint = async (queue: string, address: Address): Promise<void> => {
    await worker.step();
    if (network.faults.strikes("lost wake-up")) {
      if (network.random.chance(0.5)) throw new StoreError("unreachable", "the queue does not answer");
      return;
    }
    hints().add(queue, address);
    await worker.step();
  };
  return createHost({
    store: worker.store,
    shards: parts.shards,
    shardOf: parts.shardOf,
    machines,
    served: { bindings: [parts.able ? BINDING : "else"], machines: [...machines.keys()] },
    performers: parts.performers(worker),
    reserve,
    clock: worker.clock,
    place: parts.place,
    nonce,
    wake: (address) => hint("types", address),
    forward: (address, binding) => hint(`for ${binding}`, address),
    async handOver(address, place) {
      if (parts.isGone(place)) return false;
      await hint(`at ${place}`, address);
      return true;
    },
    log: SILENT,
  });
}
