/**
 * What hosts actors: activations, the effects they have out, bells, wake-ups and the sweep, joined over a store and a
 * way to wake. It knows neither Redis nor queues nor the wall clock: the same host runs in production and, on virtual
 * time over a store in memory, in the simulation.
 */
import type { Log } from "../../infra/log.ts";
import type { Address, Served, Store } from "../../infra/store.ts";
import type { Machines } from "../../machines/catalogue.ts";
import { activate } from "./activation.ts";
import type { ActivationDeps, ActivationEnd } from "./activation-deps.ts";
import { bells } from "./bells.ts";
import type { GatesHere } from "./black-box.ts";
import type { Clock } from "./clock.ts";
import { delivery } from "./delivery.ts";
import type { Performers } from "./performer.ts";
import type { Pricing } from "./reserve.ts";
import type { RunSpans } from "./run-spans.ts";
import { runningEffects } from "./running-effects.ts";
import type { Reserve } from "./step.ts";

export interface HostParts {
  readonly store: Store;
  readonly shards: readonly string[];
  readonly shardOf: (run: string) => string;
  readonly machines: Machines;
  readonly served: Served;
  readonly performers: Performers;
  readonly reserve: Reserve;
  /** Absent: what `reserve` says is taken as it is. */
  readonly pricing?: Pick<Pricing, "ready" | "sharpen">;
  readonly clock: Clock;
  /** Names this host's gate folder: what it began, only it can look into. */
  readonly place: string;
  /** Names this worker in what it tells; absent where nobody asks. */
  readonly worker?: string;
  /** Where to look what became of an effect; absent: nowhere. */
  readonly gates?: GatesHere | null;
  /** Random, one per claim. */
  readonly nonce: () => string;
  /** Asks whoever hosts this type for an activation. */
  readonly wake: (address: Address) => Promise<void>;
  /** Hands an actor on to those who have this model access, or this machine. */
  readonly forward: (address: Address, lacking: string) => Promise<void>;
  /** Hands an actor on to the host of that name; false where it has not been seen for too long. */
  readonly handOver: (address: Address, place: string) => Promise<boolean>;
  /** Ends what an effect that is not wanted any more may have left running in the world. */
  readonly calledOff?: ActivationDeps["calledOff"];
  /** Without it no effect is ever a stranger: there is no gate folder. */
  readonly strangers?: ActivationDeps["strangers"];
  readonly spans?: RunSpans;
  readonly log: Log;
}

export interface Host {
  /** Activations under way. */
  active(): number;
  activate(address: Address): Promise<ActivationEnd>;
  /** A ring from elsewhere. */
  rang(name: string): void;
  /** Retrieves what it can serve and begins to sweep. */
  start(): Promise<void>;
  /** From here on activations wait for nothing: what is out is called off. */
  leave(): void;
  /** Ends effects and sweeping. Call it once no activation is under way. */
  stop(): Promise<void>;
}

export function createHost(parts: HostParts): Host {
  const { store, shards, shardOf, clock, wake, log } = parts;
  const doorbells = bells(clock);
  const effects = runningEffects();
  const post = delivery({ store, shards, bells: doorbells, wake, shardOf, clock, log });
  let leaving = false;
  let active = 0;
  const deps: ActivationDeps = {
    store,
    machines: parts.machines,
    served: parts.served,
    performers: parts.performers,
    reserve: parts.reserve,
    ...(parts.pricing === undefined ? {} : { pricing: parts.pricing }),
    clock,
    place: parts.place,
    worker: parts.worker ?? "a worker",
    gates: parts.gates ?? null,
    nonce: parts.nonce,
    effects,
    bells: doorbells,
    delivered: post.delivered,
    leaving: () => leaving,
    handOver: parts.handOver,
    strangers: parts.strangers ?? (() => Promise.resolve(false)),
    calledOff: parts.calledOff ?? (() => Promise.resolve(true)),
    async stranded(address, lacks, name) {
      log.warn({ ...address, lacks, name }, "stranded: this worker cannot serve the actor");
      await parts.forward(address, name);
    },
    ...(parts.spans === undefined ? {} : { spans: parts.spans }),
    log,
  };
  return {
    active: () => active,
    async activate(address) {
      active += 1;
      try {
        return await activate(deps, address);
      } finally {
        active -= 1;
      }
    },
    rang: post.rang,
    async start() {
      for (const shard of shards) await store.retrieve(shard);
      post.start();
    },
    leave() {
      leaving = true;
      doorbells.ringAll();
    },
    async stop() {
      await effects.close();
      await post.stop();
    },
  };
}
