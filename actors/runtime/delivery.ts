/**
 * Gets actors looked after: wakes those that were sent mail, sweeps for those that nobody woke, fires timers. A wake-up
 * that is lost costs a sweep's time; the list of who needs one is in the store, written by the commit itself.
 */
import type { Log } from "../../infra/log.ts";
import { type Address, addressFrom, type Store } from "../../infra/store.ts";
import type { Bells } from "./bells.ts";
import type { Clock } from "./clock.ts";

export interface DeliveryDeps {
  readonly store: Store;
  readonly shards: readonly string[];
  readonly bells: Bells;
  readonly wake: (address: Address) => Promise<void>;
  readonly shardOf: (run: string) => string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface Delivery {
  /** Wakes recipients and sets punctual alarms for timers; never throws, the sweep makes up for what fails. */
  delivered(recipients: readonly Address[], run: string, timersMs: readonly number[]): void;
  /** A ring from elsewhere: `run/actor` where the sender wakes it, `run/actor/type` where nobody else does. */
  rang(name: string): void;
  start(): void;
  stop(): Promise<void>;
}

/** Milliseconds between sweeps while there is work, and when there has been none for long. */
const SWEEP_MIN_MS = 1_500;
const SWEEP_MAX_MS = 30_000;
/** An actor touched more recently than this is being looked after. */
const IDLE_MS = 1_500;
/**
 * Milliseconds between looks at those that are stranded. Whoever stranded an actor hands it on to who can serve it; where
 * that word was lost, or its sender died over it, nobody else would think of the actor again.
 */
const RETRIEVE_MS = 60_000;
/** Timers further away than this are left to the sweep, which keeps its slow pace for them. */
const ALARM_MAX_MS = 60_000;

export function delivery({ store, shards, bells, wake, shardOf, clock, log }: DeliveryDeps): Delivery {
  let paceMs = SWEEP_MIN_MS;
  let callOff: (() => void) | null = null;
  let stopped = false;
  let retrievedMs = clock.monotonicMs();
  let sweeping: Promise<void> = Promise.resolve();
  const alarms = new Set<() => void>();

  const wakeAll = async (addresses: readonly Address[]): Promise<void> => {
    await Promise.all(
      addresses.map(async (address) => {
        bells.ring(`${address.run}/${address.actor}`);
        await wake(address);
      }),
    );
  };
  const lateIsFine = (cause: unknown): void => {
    if (!stopped) log.warn({ err: cause }, "a wake-up failed; the sweep makes up for it");
  };

  const sweepShard = async (shard: string, idleMs = IDLE_MS): Promise<number> => {
    const swept = await store.sweep(shard, idleMs);
    await wakeAll(swept.wake);
    if (swept.nextTimerMs !== null) alarm(shard, swept.nextTimerMs);
    // What is due much later (somebody was asked, and has a day) is no reason to look every moment.
    const soon = swept.nextTimerMs !== null && swept.nextTimerMs <= ALARM_MAX_MS;
    return swept.wake.length + (soon ? 1 : 0);
  };

  const alarm = (shard: string, delayMs: number): void => {
    if (stopped || delayMs > ALARM_MAX_MS) return;
    const one = clock.after(delayMs + 1, () => {
      alarms.delete(one);
      sweepShard(shard).catch(lateIsFine);
    });
    alarms.add(one);
  };

  const sweepAll = async (idleMs = IDLE_MS): Promise<void> => {
    try {
      if (clock.monotonicMs() - retrievedMs >= RETRIEVE_MS) {
        retrievedMs = clock.monotonicMs();
        for (const shard of shards) await store.retrieve(shard);
      }
      const found = await Promise.all(shards.map((shard) => sweepShard(shard, idleMs)));
      const busy = found.some((count) => count > 0);
      paceMs = busy ? SWEEP_MIN_MS : Math.min(SWEEP_MAX_MS, paceMs * 2);
    } catch (cause) {
      lateIsFine(cause);
    }
  };

  const schedule = (): void => {
    if (stopped) return;
    callOff = clock.after(paceMs, () => {
      sweeping = sweepAll().finally(schedule);
    });
  };

  return {
    delivered(recipients, run, timersMs) {
      if (recipients.length > 0) wakeAll(recipients).catch(lateIsFine);
      for (const delayMs of timersMs) alarm(shardOf(run), delayMs);
    },
    rang(name) {
      const [run, actor, type] = name.split("/");
      bells.ring(`${run}/${actor}`);
      if (type !== undefined) wake(addressFrom(name)).catch(lateIsFine);
      if (paceMs === SWEEP_MIN_MS) return;
      paceMs = SWEEP_MIN_MS;
      callOff?.();
      schedule();
    },
    start() {
      // A worker that has just started looks after everybody who waits, however recently touched.
      sweeping = sweepAll(0).finally(schedule);
    },
    async stop() {
      stopped = true;
      callOff?.();
      for (const one of alarms) one();
      await sweeping;
    },
  };
}
