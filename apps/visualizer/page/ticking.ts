/** The clock of the page, once a second, and only while somebody looks. */
import { signal } from "@preact/signals";

export const nowMs = signal(Date.now());

const TICK_MS = 1_000;

export function startTicking(): void {
  setInterval(() => {
    if (document.visibilityState === "visible") nowMs.value = Date.now();
  }, TICK_MS);
}
