/**
 * A store that is asked again where asking again can help: under the same ids, so that what was done is not done twice,
 * ever more slowly, and not for ever. What cannot help, or has not helped for long, is thrown as it came.
 */
import type { Log } from "./log.ts";
import type { Store } from "./store.ts";
import { StoreError, type StoreTrouble } from "./store-error.ts";

export interface SteadyOptions {
  readonly log: Pick<Log, "warn" | "info">;
  /** Milliseconds after which a call is not begun again. Its last attempt may last longer. */
  readonly patienceMs?: number;
  /** Milliseconds since some moment of this process. */
  readonly monotonicMs?: () => number;
  /** From 0 to 1. */
  readonly random?: () => number;
  /** Calls back after so many milliseconds. */
  readonly after?: (delayMs: number, act: () => void) => unknown;
}

const PATIENCE_MS = 30_000;
const FIRST_PAUSE_MS = 50;
const LAST_PAUSE_MS = 2_000;
/** Whatever the clock says. With the pauses above, patience ends earlier. */
const ATTEMPTS_MAX = 60;
/** Milliseconds after which trouble that lasts is told again. */
const TELL_EVERY_MS = 30_000;

/** Half of it is chance: workers that were cut off together do not come back together. */
export const pauseMs = (attempt: number, random: number): number =>
  Math.min(LAST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 30)) * (0.5 + random / 2);

/** Throws StoreError where `store` does. Trouble is logged once when it begins and then now and then. */
export function steadyStore(store: Store, options: SteadyOptions): Store {
  const { patienceMs = PATIENCE_MS, monotonicMs = () => performance.now(), random = Math.random } = options;
  const after = options.after ?? ((delayMs, act) => setTimeout(act, delayMs));
  const trouble = troubles(options.log, monotonicMs);
  const again = async <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    let firstMs: number | null = null;
    for (let attempt = 0; ; attempt += 1) {
      try {
        const answer = await ask();
        trouble.over();
        return answer;
      } catch (cause) {
        if (!(cause instanceof StoreError)) throw cause;
        trouble.met(cause);
        const nowMs = monotonicMs();
        firstMs ??= nowMs;
        if (!cause.retry || attempt + 1 >= ATTEMPTS_MAX || nowMs - firstMs >= patienceMs) throw cause;
      }
      await new Promise<void>((resolve) => after(pauseMs(attempt, random()), resolve));
    }
  };
  return {
    create: (run) => again(() => store.create(run)),
    claim: (address, nonce, served) => again(() => store.claim(address, nonce, served)),
    commit: (commit) => again(() => store.commit(commit)),
    reattached: (address, fence) => again(() => store.reattached(address, fence)),
    look: (address) => again(() => store.look(address)),
    isWanted: (address) => again(() => store.isWanted(address)),
    unwound: (address, effects) => again(() => store.unwound(address, effects)),
    send: (address, mail) => again(() => store.send(address, mail)),
    hold: (run, order, reason) => again(() => store.hold(run, order, reason)),
    sweep: (shard, idleMs) => again(() => store.sweep(shard, idleMs)),
    answer: (answer) => again(() => store.answer(answer)),
    grants: (run) => again(() => store.grants(run)),
    revoke: (run, grant, by, reason) => again(() => store.revoke(run, grant, by, reason)),
    forget: (address) => again(() => store.forget(address)),
    quarantine: (address, reason, fence) => again(() => store.quarantine(address, reason, fence)),
    briefs: (run, ids) => again(() => store.briefs(run, ids)),
    results: (run, ids) => again(() => store.results(run, ids)),
    retrieve: (shard) => again(() => store.retrieve(shard)),
  };
}

/** A hundred actors that meet the same trouble are one trouble. */
function troubles(log: SteadyOptions["log"], monotonicMs: () => number) {
  const toldMs = new Map<StoreTrouble, number>();
  let passing: StoreTrouble | null = null;
  return {
    met(error: StoreError): void {
      const nowMs = monotonicMs();
      if (nowMs - (toldMs.get(error.trouble) ?? Number.NEGATIVE_INFINITY) < TELL_EVERY_MS) return;
      toldMs.set(error.trouble, nowMs);
      if (error.retry) passing = error.trouble;
      log.warn({ err: error, hint: error.hint, retry: error.retry }, "the store cannot answer");
    },
    /** A full memory refuses writes and answers reads: only what passes by itself is over with an answer. */
    over(): void {
      if (passing === null) return;
      log.info({ was: passing }, "the store answers again");
      passing = null;
    },
  };
}
