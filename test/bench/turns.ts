/**
 * Holds all agents of a run at the door of their first turn, lets them go at once, and catches them at the end of
 * their last: what lies between is turns and nothing else, with every agent at work all the time.
 */
import type { Watcher } from "./mocked-work.ts";

export interface Turns {
  readonly watcher: Watcher;
  /** Expects so many agents. Resolves when all are at the door; then `go` lets them through. */
  gather(agents: number): Promise<void>;
  /** Resolves with the milliseconds that each turn took, once all are through; they wait again until `leave`. */
  go(): Promise<readonly number[]>;
  /** Nobody is held any more; also where the measurement failed, or the runtime could never close. */
  leave(): void;
}

/** A meeting of so many; it opens by hand. */
interface Gate {
  readonly full: Promise<void>;
  readonly opened: Promise<void>;
  arrive(): void;
  open(): void;
}

function gate(size: number): Gate {
  let here = 0;
  let filled = (): void => {};
  let open = (): void => {};
  const full = new Promise<void>((resolve) => {
    filled = resolve;
  });
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return {
    full,
    opened,
    open: () => open(),
    arrive() {
      here += 1;
      if (here === size) filled();
    },
  };
}

export function turnsOf(turns: number): Turns {
  let first = gate(0);
  let last = gate(0);
  let timesMs: number[] = [];
  let goneMs = 0;
  const sinceMs = new Map<string, number>();
  // Nobody is held before the first `gather`: that run is the one which is recorded.
  first.open();
  last.open();
  return {
    watcher({ run, actor }, turn) {
      if (turn === 0) {
        first.arrive();
        return first.opened;
      }
      const nowMs = performance.now();
      const name = `${run}/${actor}`;
      timesMs.push(nowMs - (sinceMs.get(name) ?? goneMs));
      sinceMs.set(name, nowMs);
      if (turn < turns) return;
      last.arrive();
      return last.opened;
    },
    gather(agents) {
      first = gate(agents);
      last = gate(agents);
      return first.full;
    },
    async go() {
      sinceMs.clear();
      timesMs = [];
      goneMs = performance.now();
      first.open();
      await last.full;
      return timesMs;
    },
    leave() {
      first.open();
      last.open();
    },
  };
}
