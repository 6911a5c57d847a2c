/**
 * A store that is asked again where asking again can help: under the same ids, so that what was done is not done twice,
 * ever more slowly, and not for ever. What cannot help, or has not helped for long, is thrown as it came.
 */
import { breaker } from "./breaker/breaker.ts";
import type { Log } from "./log.ts";
import { type RetryOptions, retry } from "./retry.ts";
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
/**
 * Of all calls of this process together: more failures in a row than one call alone can meet within its patience. What
 * waits behind it is short beside what a server needs to start.
 */
const BREAKER = { failuresMax: 20, coolingMs: 250, coolingLastMs: 5_000, probeMs: 15_000 };
/** Milliseconds after which trouble that lasts is told again. */
const TELL_EVERY_MS = 30_000;

/** Throws StoreError where `store` does. Trouble is logged once when it begins and then now and then. */
export function steadyStore(store: Store, options: SteadyOptions): Store {
  const { patienceMs = PATIENCE_MS, monotonicMs = () => performance.now(), random = Math.random } = options;
  const after = options.after ?? ((delayMs: number, act: () => void) => setTimeout(act, delayMs));
  const trouble = troubles(options.log, monotonicMs);
  const retrying: RetryOptions<unknown> = {
    attemptsMax: ATTEMPTS_MAX,
    patienceMs,
    firstPauseMs: FIRST_PAUSE_MS,
    lastPauseMs: LAST_PAUSE_MS,
    unit: random,
    again: (cause) => cause instanceof StoreError && cause.retry,
    breaker: breaker({ name: "redis", ...BREAKER, monotonicMs }),
    shut: () => new StoreError("unreachable", "Redis has not answered for a while; it is asked again in a moment."),
    clock: { monotonicMs, after },
  };
  const again = <Answer>(ask: () => Promise<Answer>): Promise<Answer> => {
    const told = async (): Promise<Answer> => {
      try {
        const answer = await ask();
        trouble.over();
        return answer;
      } catch (cause) {
        if (cause instanceof StoreError) trouble.met(cause);
        throw cause;
      }
    };
    return retry(retrying as RetryOptions<Answer>, told);
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
    quarantine: (address, ...why) => again(() => store.quarantine(address, ...why)),
    remains: (run, actors) => again(() => store.remains(run, actors)),
    noteDeath: (death) => again(() => store.noteDeath(death)),
    briefs: (run, ids) => again(() => store.briefs(run, ids)),
    results: (run, ids) => again(() => store.results(run, ids)),
    facts: (run) => again(() => store.facts(run)),
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
