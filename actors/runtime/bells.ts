/** Doorbells of the actors that are active in this process: who rings wakes whoever waits, and a ring is never lost. */
import type { Clock } from "./clock.ts";

export interface Bells {
  /** A bell for one actor; the latest one hung is the one that rings. */
  hang(address: string): Bell;
  /** True where somebody hears it. `address` is `run/actor`. */
  ring(address: string): boolean;
  ringAll(): void;
}

export interface Bell {
  ring(): void;
  /** Resolves at the next ring, at once if it rang since the last wait, or after `timeoutMs`. */
  heard(timeoutMs: number): Promise<void>;
  takeDown(): void;
}

export function bells(clock: Pick<Clock, "after">): Bells {
  const hanging = new Map<string, Bell>();
  return {
    hang(address) {
      let rang = false;
      let wake: (() => void) | null = null;
      const bell: Bell = {
        ring() {
          rang = true;
          wake?.();
        },
        heard(timeoutMs) {
          if (rang) {
            rang = false;
            return Promise.resolve();
          }
          return new Promise((resolve) => {
            const callOff = clock.after(timeoutMs, done);
            function done(): void {
              callOff();
              wake = null;
              rang = false;
              resolve();
            }
            wake = done;
          });
        },
        takeDown() {
          if (hanging.get(address) === bell) hanging.delete(address);
        },
      };
      hanging.set(address, bell);
      return bell;
    },
    ringAll() {
      for (const bell of hanging.values()) bell.ring();
    },
    ring(address) {
      const bell = hanging.get(address);
      bell?.ring();
      return bell !== undefined;
    },
  };
}
