/** What tests draw is the same in every run, unless somebody wants it otherwise. */
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { seedFrom, testSeed } from "../support/test-seed.ts";

const before = process.env.SWARM_TEST_SEED;
afterEach(() => {
  if (before === undefined) delete process.env.SWARM_TEST_SEED;
  else process.env.SWARM_TEST_SEED = before;
});

describe("the seed of this run", () => {
  it("is what every property draws from that names none itself", () => {
    const drawn = (): number[][] => {
      const inputs: number[] = [];
      const details = fc.check(fc.property(fc.integer(), (input) => void inputs.push(input)));
      return [[details.seed], inputs];
    };
    const [first, again] = [drawn(), drawn()];
    expect(first[0]).toEqual([testSeed()]);
    expect(first[1]).toHaveLength(100);
    expect(again).toEqual(first);
  });

  it("is always the same, and another where SWARM_TEST_SEED names one", () => {
    delete process.env.SWARM_TEST_SEED;
    expect([testSeed(), testSeed()]).toEqual([1, 1]);
    process.env.SWARM_TEST_SEED = "77";
    expect(testSeed()).toBe(77);
  });

  it.each(["-1", "1.5", "x", " 7", "4294967296"])("is refused where it is no number of 32 bits: %s", (text) => {
    expect(() => seedFrom(text)).toThrow(/a whole number/);
  });
});
