/**
 * The one door through which anything is tried again in one process: a bounded number of attempts, ever longer pauses
 * that are partly chance, an end by time, by signal and by breaker. What an agent tries again is the charts' business.
 */
import { fnv1a } from "../machines/fnv1a.ts";
import type { Breaker } from "./breaker/breaker.ts";

/** Time as a loop sees it; a test gives it one of its own. */
export interface RetryClock {
  monotonicMs(): number;
  after(delayMs: number, act: () => void): unknown;
}

/** All times in milliseconds. */
export interface RetryOptions<Value> {
  /** Rounds in all, those included in which a breaker let nobody through. */
  readonly attemptsMax: number;
  /** After so long nothing is begun any more; the last attempt may last longer. */
  readonly patienceMs: number;
  /** The first pause; each is twice the one before, up to the last. */
  readonly firstPauseMs: number;
  readonly lastPauseMs: number;
  /** From 0 to 1, for one round: who was cut off together does not come back together. {@link seeded} makes one. */
  readonly unit: (round: number) => number;
  /** Whether another attempt can help after this was thrown. */
  readonly again: (cause: unknown) => boolean;
  /** Whether another attempt can help although this was answered; the last answer is given whatever it is. */
  readonly unsatisfied?: (value: Value) => boolean;
  /** Its failures are those that may pass; anything else tells that the other side is there. */
  readonly breaker?: Breaker;
  /** What is thrown where the breaker let nobody through, and nothing was tried. */
  readonly shut?: () => Error;
  readonly signal?: AbortSignal;
  readonly clock?: RetryClock;
}

const SYSTEM: RetryClock = {
  monotonicMs: () => performance.now(),
  after: (delayMs, act) => setTimeout(act, delayMs),
};

/** The same seed waits the same each time, two seeds differently. */
export const seeded =
  (seed: string) =>
  (round: number): number =>
    fnv1a(`${seed}:${round}`) / 0x1_0000_0000;

/** The pause after a round, from 0: half of it is chance. */
export const pauseMsOf = (
  { firstPauseMs, lastPauseMs, unit }: Pick<RetryOptions<unknown>, "firstPauseMs" | "lastPauseMs" | "unit">,
  round: number,
): number => Math.min(lastPauseMs, firstPauseMs * 2 ** Math.min(round, 30)) * (0.5 + unit(round) / 2);

/** Throws what the last attempt threw, what `shut` makes, or the signal's reason. */
export async function retry<Value>(options: RetryOptions<Value>, attempt: () => Promise<Value>): Promise<Value> {
  const { attemptsMax, patienceMs, again, unsatisfied, breaker, signal, clock = SYSTEM } = options;
  let sinceMs: number | null = null;
  let met: { readonly cause: unknown } | null = null;
  for (let round = 0; ; round += 1) {
    signal?.throwIfAborted();
    const gate = breaker?.ask() ?? { open: false };
    const isLast = (): boolean => {
      sinceMs ??= clock.monotonicMs();
      return round + 1 >= attemptsMax || clock.monotonicMs() - sinceMs >= patienceMs;
    };
    if (!gate.open) {
      try {
        const value = await attempt();
        const isBad = unsatisfied?.(value) === true;
        breaker?.tell(!isBad);
        if (!isBad || isLast()) return value;
      } catch (cause) {
        const mayPass = again(cause);
        breaker?.tell(!mayPass);
        if (!mayPass || isLast()) throw cause;
        met = { cause };
      }
    } else if (isLast())
      throw met === null ? (options.shut?.() ?? new Error(`breaker ${gate.name} is open`)) : met.cause;
    const ownMs = pauseMsOf(options, round);
    await pause(gate.open ? Math.max(ownMs, Math.min(gate.waitMs, options.lastPauseMs)) : ownMs, clock, signal);
  }
}

/** Over at once where the signal says so: the next round throws. */
function pause(delayMs: number, clock: RetryClock, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      signal?.removeEventListener("abort", done);
      resolve();
    };
    signal?.addEventListener("abort", done, { once: true });
    clock.after(delayMs, done);
  });
}
