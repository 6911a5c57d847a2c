/**
 * Time as the runtime sees it: one that only goes forward, and alarms. Nothing here is ever stored or compared between
 * processes; what must agree everywhere is Redis time, taken inside the scripts.
 */
export interface Clock {
  /** Milliseconds since some moment of this process. */
  monotonicMs(): number;
  /** Calls `act` once, `delayMs` from now or a little later. The answer calls it off. */
  after(delayMs: number, act: () => void): () => void;
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  after(delayMs, act) {
    const timer = setTimeout(act, delayMs);
    return () => clearTimeout(timer);
  },
};
