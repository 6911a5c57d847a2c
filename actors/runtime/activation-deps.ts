/** What an activation needs from the process it runs in, and how it may come to its end. */
import type { Log } from "../../infra/log.ts";
import type { Address, Fence, Served, Store } from "../../infra/store.ts";
import type { Machines } from "../../machines/catalogue.ts";
import type { Bells } from "./bells.ts";
import type { GatesHere } from "./black-box.ts";
import type { Clock } from "./clock.ts";
import type { Ordered } from "./ordered.ts";
import type { Performers } from "./performer.ts";
import type { Pricing } from "./reserve.ts";
import type { RunSpans } from "./run-spans.ts";
import type { RunningEffects } from "./running-effects.ts";
import type { Reserve } from "./step.ts";

export interface ActivationDeps {
  readonly store: Store;
  readonly machines: Machines;
  readonly served: Served;
  readonly performers: Performers;
  readonly reserve: Reserve;
  readonly pricing?: Pick<Pricing, "ready" | "sharpen">;
  readonly effects: RunningEffects;
  readonly bells: Bells;
  readonly clock: Clock;
  /** Names this host's gate folder. */
  readonly place: string;
  /** Names this worker. */
  readonly worker: string;
  /** Where to look what became of an effect; null where this process has no gates. */
  readonly gates: GatesHere | null;
  /** Random, one per claim. */
  nonce(): string;
  /** True once this process must go and waits for nothing any more; what is out is called off. */
  leaving(): boolean;
  /** This worker cannot serve the actor: whoever can is told. */
  stranded(address: Address, lacks: "binding" | "machine", name: string): Promise<void>;
  /** Hands the actor on to the host where one of its effects was begun; false where that host is gone for good. */
  handOver(address: Address, place: string): Promise<boolean>;
  /**
   * Effects of this actor that were begun on this host and stand in no log: acknowledged steps were lost. Told once, by
   * `tell`; what it was told of is never a stranger again.
   */
  strangers(
    address: Address,
    fence: Fence,
    version: number,
    tell: (ids: readonly string[]) => Promise<void>,
  ): Promise<boolean>;
  /**
   * An effect that was ordered is not wanted any more, and does not run in this process. True once nothing of it goes on
   * on this host, or ever will; never rejects.
   */
  calledOff(order: Ordered, id: string): Promise<boolean>;
  /** Called after a commit with those it sent mail to, and with the delays of the timers it armed. */
  delivered(recipients: readonly Address[], run: string, timersMs: readonly number[]): void;
  /** Absent: nobody is told of spans. */
  readonly spans?: RunSpans;
  readonly log: Log;
}

/** How an activation came to its end. */
export type ActivationEnd =
  | "idle"
  | "fenced"
  | "stranded"
  | "no_run"
  | "parked"
  | "run_ended"
  /** The actor was fenced for good. */
  | "over"
  | "poisoned"
  | "left"
  | "elsewhere";
