/**
 * Lets other work in between: the worker renews its locks on this thread, so no pass may hold it for long.
 */
import { setImmediate as nextTick } from "node:timers/promises";

/** Longest stretch without a break, in milliseconds, but for a single file. */
const stretchMs = 15;

/** A function to await between pieces of work; it gives way only when the stretch is over. */
export function createBreath(signal?: AbortSignal): () => Promise<void> {
  let since = performance.now();
  return async () => {
    signal?.throwIfAborted();
    if (performance.now() - since < stretchMs) return;
    await nextTick();
    since = performance.now();
  };
}
