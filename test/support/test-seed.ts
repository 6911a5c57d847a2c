/**
 * The seed of whatever tests draw: the same in every run, so that a gate never fails by what it happened to draw.
 * `npm run fuzz` takes a new one.
 */

const FIXED = 1;

/** `SWARM_TEST_SEED`, a whole number of 32 bits; else always the same one. @throws where it is something else. */
export function testSeed(): number {
  const given = process.env.SWARM_TEST_SEED;
  return given === undefined || given === "" ? FIXED : seedFrom(given);
}

export function seedFrom(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/.test(text) || seed >= 2 ** 32)
    throw new Error(`a seed is a whole number from 0 to 2^32 - 1, not ${text}`);
  return seed;
}
