/**
 * Virtual time. Everything that happens in a simulation is an entry here; one is taken at a time, by its time and then by
 * lot, and the next only once all promises that it settled have run dry.
 */
import type { Random } from "./random.ts";

/** Whoever an entry belongs to: of the dead nothing happens any more, of the frozen everything happens later. */
export interface Owner {
  alive: boolean;
  frozenUntilMs: number;
  /** Called before each of its entries; true where it was struck, and must be looked at again. */
  struck(weight: number): boolean;
}

export interface Scheduler {
  nowMs(): number;
  /** `weight` says how likely a fault is to strike here. The answer calls it off. */
  at(delayMs: number, act: () => void, owner?: Owner | null, weight?: number): () => void;
  /** Time leaps: everything that becomes due by it happens at once. */
  jump(ms: number): void;
  /** Ends when `done` says so, when nothing is left to happen, or past one of the limits. */
  run(done: () => boolean, limits: Limits): Promise<"done" | "idle" | "late">;
  /** Entries that happened. */
  readonly steps: () => number;
}

export interface Limits {
  readonly untilMs: number;
  readonly stepsMax: number;
}

interface Entry {
  dueMs: number;
  readonly tie: number;
  readonly act: () => void;
  readonly owner: Owner | null;
  readonly weight: number;
  off: boolean;
}

/** 2026-11-01, in milliseconds: what Redis says the time is when a simulation begins. */
const START_MS = 1_793_491_200_000;

export function scheduler(random: Random): Scheduler {
  const heap: Entry[] = [];
  let now = START_MS;
  let steps = 0;

  const push = (entry: Entry): void => {
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent] as Entry;
      if (!isBefore(entry, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = entry;
  };

  const pop = (): Entry | undefined => {
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && isBefore(heap[right] as Entry, heap[left] as Entry) ? right : left;
      if (!isBefore(heap[child] as Entry, last)) break;
      heap[index] = heap[child] as Entry;
      index = child;
    }
    heap[index] = last;
    return first;
  };

  /** The next thing that really happens; null where nothing is left. */
  const take = (): Entry | null => {
    for (let entry = pop(); entry !== undefined; entry = pop()) {
      if (entry.off || entry.owner?.alive === false) continue;
      if (entry.dueMs > now) now = entry.dueMs;
      const { owner } = entry;
      if (owner === null) return entry;
      if (owner.frozenUntilMs <= now && !owner.struck(entry.weight)) return entry;
      if (owner.alive) push({ ...entry, dueMs: Math.max(owner.frozenUntilMs, now), off: false });
    }
    return null;
  };

  return {
    nowMs: () => now,
    steps: () => steps,
    at(delayMs, act, owner = null, weight = 1) {
      const entry: Entry = { dueMs: now + delayMs, tie: random.next(), act, owner, weight, off: false };
      push(entry);
      return () => {
        entry.off = true;
      };
    },
    jump(ms) {
      now += ms;
    },
    run: (done, limits) =>
      new Promise((resolve, reject) => {
        /** How it ended; null where it goes on. */
        const next = (): "done" | "idle" | "late" | null => {
          if (done()) return "done";
          if (now > limits.untilMs || steps > limits.stepsMax) return "late";
          const entry = take();
          if (entry === null) return "idle";
          steps += 1;
          entry.act();
          return null;
        };
        const turn = (): void => {
          try {
            const end = next();
            if (end !== null) resolve(end);
            // A tick that a microtask asks for comes after all microtasks, and after those that these bring about.
            else queueMicrotask(() => process.nextTick(turn));
          } catch (cause) {
            reject(cause as Error);
          }
        };
        process.nextTick(turn);
      }),
  };
}

const isBefore = (a: Entry, b: Entry): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.tie < b.tie);
