/** Lines on what is kept for later runs, and on what is not true any more. What is told again is read where it matters. Pure. */
import type { Handlers } from "./on-event.ts";
import { printable } from "./printable.ts";

export const memoryNews: Handlers<string | null> = {
  "memory.kept": ({ actor, tier, topic, fact }) =>
    printable(`${actor} keeps ${tier === "run" ? "a fact" : "for later runs"} (${topic}): ${fact}`),
  "memory.forgotten": ({ tier, item, topic, reason, why }) =>
    tier === "run" ? null : printable(`forgotten (${reason}): ${item}, ${topic}: ${why}`),
};
