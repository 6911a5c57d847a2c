/**
 * The dead first: each command that opens the hive looks whether somebody died with work in hand, and takes it down before it
 * does what it was called for. What goes wrong with that is said, and never stands in the way.
 */
import type { Redis } from "ioredis";
import type { Config } from "../../infra/config.ts";
import { openHostState } from "../../infra/journal/host-state.ts";
import type { Log } from "../../infra/log.ts";
import { busyRuns } from "../../infra/redis/busy-runs.ts";
import type { Keys } from "../../infra/redis/keys.ts";
import { redisStore } from "../../infra/redis/store.ts";
import type { WorkerRows } from "../../infra/redis/workers.ts";
import { livingOf } from "./living-workers.ts";

export interface Watch {
  readonly config: Config;
  readonly redis: Redis;
  readonly keys: Keys;
  readonly workers: WorkerRows;
  readonly log: Log;
}

/** A command waits for this no longer, in milliseconds: a Redis that takes no writes still answers what it is asked. */
const LOOK_MS = 3_000;

export async function bodiesAtStart(watch: Watch): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it took longer than ${LOOK_MS} ms`)), LOOK_MS);
  });
  try {
    await Promise.race([look(watch), late]);
  } catch (cause) {
    watch.log.warn({ err: cause }, "whether an agent died could not be found out, or not be taken down");
  } finally {
    clearTimeout(timer);
  }
}

/** Between two looks of a process that stays, in milliseconds. */
const EVERY_MS = 30_000;

/** For a process that lives on: what dies under it and is served by nobody here is found without anybody's command. */
export function keepLooking(watch: Watch): { stop(): void } {
  const timer = setInterval(() => void bodiesAtStart(watch), EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

async function look({ config, redis, keys, workers, log }: Watch): Promise<void> {
  const busy = await busyRuns(redis, keys);
  if (busy.length === 0) return;
  const signedIn = await workers.all();
  const living = livingOf(signedIn);
  const unserved = busy.filter(({ binding }) => !living.some(({ bindings }) => bindings.includes(binding)));
  if (unserved.length === 0) return;
  // Loaded only where nobody lives who could be at work.
  const { findBodies } = await import("../../actors/runtime/find-bodies.ts");
  // Asked once: nobody who came to read waits until a server takes writes again.
  const store = redisStore(redis, keys, { attemptMs: LOOK_MS });
  const taken = await findBodies({ store, signedIn, gates: await gatesHere(config, log) }, unserved);
  if (taken > 0) log.info({ bodies: taken }, "actors were found dead; their runs' logs tell what was known");
}

async function gatesHere(config: Config, log: Log) {
  try {
    const { openJournal } = await import("../../infra/journal/journal.ts");
    const { gatesOf } = await import("../../actors/runtime/black-box.ts");
    return gatesOf(openJournal({ state: await openHostState(config.stateDirs), env: {} }));
  } catch (cause) {
    log.warn({ err: cause }, "the gates of this host cannot be read; what was begun stays unknown");
    return null;
  }
}
