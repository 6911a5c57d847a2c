/**
 * The queue as BullMQ keeps it for us: one request per actor while it waits, one more kept while it is served, handed to
 * somebody else when whoever serves it is silent for longer than a lock lives. All of it is a hint that may be lost.
 */
import { type Address, memberOf } from "../../infra/store.ts";
import type { Faults } from "./faults.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SimWorker } from "./worker.ts";

/** Milliseconds a lock lives, and how long after that somebody notices. */
const LOCK_MS = 5_000;
const STALLED_CHECK_MS = 1_000;
const CONCURRENCY = 6;

interface Job {
  readonly queue: string;
  readonly address: Address;
  state: "waiting" | "active" | "gone";
  /** Changes hands with the lock: who comes with an old one has lost the job. */
  token: number;
  server: SimWorker | null;
  /** Asked for again while it was served. */
  again: boolean;
}

export interface Hints {
  add(queue: string, address: Address): void;
  /** Its locks run out, or its supervisor hands its jobs back at once. */
  silent(worker: SimWorker, afterMs: number): void;
}

export interface HintsParts {
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly faults: Faults;
  readonly workers: readonly SimWorker[];
  readonly trace: (line: () => string) => void;
}

export function hints({ scheduler, random, faults, workers, trace }: HintsParts): Hints {
  const jobs = new Map<string, Job>();
  const keyOf = (queue: string, address: Address): string => `${queue} ${address.run}/${address.actor}`;

  const offer = (job: Job): void => {
    job.state = "waiting";
    job.server = null;
    scheduler.at(random.between(0, 4), () => {
      if (job.state !== "waiting") return;
      if (faults.strikes("removed job")) return remove(job);
      const able = workers.filter((worker) => worker.serves(job.queue) && worker.busy < CONCURRENCY && worker.awake());
      if (able.length === 0) {
        scheduler.at(500, () => {
          if (job.state === "waiting") offer(job);
        });
        return;
      }
      serve(job, random.pick(able));
    });
  };

  const remove = (job: Job): void => {
    trace(() => `job of ${memberOf(job.address)} in ${job.queue} is removed`);
    job.state = "gone";
    job.token += 1;
    jobs.delete(keyOf(job.queue, job.address));
  };

  const serve = (job: Job, worker: SimWorker): void => {
    job.state = "active";
    job.server = worker;
    job.token += 1;
    const { token } = job;
    worker.busy += 1;
    worker.activate(job.address, () => {
      worker.busy -= 1;
      if (job.token === token) finish(job);
    });
    if (faults.strikes("double job")) {
      const other = random.pick(workers);
      if (other.awake()) other.activate(job.address, () => {});
    }
    const lost = (): void => {
      if (job.token !== token || job.state !== "active") return;
      if (faults.strikes("removed job")) remove(job);
      else if (faults.strikes("stalled job")) takeBack(job);
    };
    scheduler.at(random.between(1, 3_000), lost);
  };

  const finish = (job: Job): void => {
    job.state = "gone";
    job.token += 1;
    if (jobs.get(keyOf(job.queue, job.address)) === job) jobs.delete(keyOf(job.queue, job.address));
    if (job.again) add(job.queue, job.address);
  };

  const takeBack = (job: Job): void => {
    trace(() => `job of ${memberOf(job.address)} is taken from ${job.server?.name}`);
    job.token += 1;
    offer(job);
  };

  const add = (queue: string, address: Address): void => {
    const known = jobs.get(keyOf(queue, address));
    if (known !== undefined) {
      if (known.state === "active") known.again = true;
      return;
    }
    const job: Job = { queue, address, state: "waiting", token: 0, server: null, again: false };
    jobs.set(keyOf(queue, address), job);
    offer(job);
  };

  return {
    add,
    silent(worker, afterMs) {
      for (const job of jobs.values()) {
        if (job.server !== worker || job.state !== "active") continue;
        const { token } = job;
        scheduler.at(afterMs, () => {
          if (job.token === token && job.state === "active") takeBack(job);
        });
      }
    },
  };
}

/** When somebody notices that whoever held a lock is silent. */
export const noticedAfterMs = (random: Random): number => LOCK_MS / 2 + random.below(LOCK_MS / 2 + STALLED_CHECK_MS);
