/** Where chaos gets its seed: from the one who repeats a failure; else tests take a fixed one, and long runs the day's. */
import { seedFrom, testSeed } from "../support/test-seed.ts";

/** `CHAOS_SEED`, else that of all tests. */
export const gateSeed = (): number => given() ?? testSeed();

/** `CHAOS_SEED`, else the days since the epoch. */
export const todaysSeed = (): number => given() ?? Math.floor(Date.now() / 86_400_000);

function given(): number | undefined {
  const text = process.env.CHAOS_SEED;
  return text === undefined || text === "" ? undefined : seedFrom(text);
}

/** A seed of its own for each part of one, the same every time. */
export function seedOf(seed: number, ...parts: readonly (string | number)[]): number {
  let mixed = seed >>> 0;
  for (const letter of parts.join("/")) mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return mixed;
}
