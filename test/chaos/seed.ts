/** Where chaos gets its seed: from the one who repeats a failure, else from the day, so that CI wanders. */

/** `CHAOS_SEED`, else the days since the epoch. */
export function todaysSeed(): number {
  const given = process.env.CHAOS_SEED;
  return given === undefined || given === "" ? Math.floor(Date.now() / 86_400_000) : seedFrom(given);
}

export function seedFrom(text: string): number {
  const seed = Number(text);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new Error(`a seed is a whole number from 0, not ${text}`);
  return seed;
}

/** A seed of its own for each part of one, the same every time. */
export function seedOf(seed: number, ...parts: readonly (string | number)[]): number {
  let mixed = seed >>> 0;
  for (const letter of parts.join("/")) mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return mixed;
}
