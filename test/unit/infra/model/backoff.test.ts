import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffMs } from "../../../../infra/model/backoff.ts";

const seeds = Array.from({ length: 2_000 }, (_, index) => `r/a/1.${index}:0`);

test("the same seed and attempt wait the same, and seeds differ", () => {
  expect(backoffMs({ attempt: 5, seed: "a" })).toBe(backoffMs({ attempt: 5, seed: "a" }));
  expect(new Set(seeds.map((seed) => backoffMs({ attempt: 5, seed }))).size).toBeGreaterThan(1_500);
});

test("a wait is a whole number within the ceiling of its attempt, for any attempt", () => {
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: -5, max: 100_000 }), (seed, attempt) => {
      const ms = backoffMs({ attempt, seed });
      expect(Number.isInteger(ms)).toBe(true);
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThan(Math.min(60_000, 500 * 2 ** (Math.max(attempt, 1) - 1)));
    }),
  );
});

test.each([
  [1, 500],
  [2, 1_000],
  [4, 4_000],
  [8, 60_000],
  [50, 60_000],
])("attempt %i uses the whole range below %i ms", (attempt, ceiling) => {
  const waits = seeds.map((seed) => backoffMs({ attempt, seed }));
  expect(Math.min(...waits)).toBeLessThan(ceiling * 0.02);
  expect(Math.max(...waits)).toBeGreaterThan(ceiling * 0.98);
  expect(waits.reduce((sum, wait) => sum + wait, 0) / waits.length).toBeGreaterThan(ceiling * 0.45);
  expect(waits.reduce((sum, wait) => sum + wait, 0) / waits.length).toBeLessThan(ceiling * 0.55);
});

test("a server's wish is never undercut, and overshot by at most a tenth", () => {
  const waits = seeds.map((seed) => backoffMs({ attempt: 1, retryAfterMs: 10_000, seed }));
  expect(Math.min(...waits)).toBeGreaterThanOrEqual(10_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(11_000);
  expect(new Set(waits).size).toBeGreaterThan(500);
});

test("a wish of no wait at all falls back to the own schedule", () => {
  expect(backoffMs({ attempt: 3, retryAfterMs: 0, seed: "a" })).toBe(backoffMs({ attempt: 3, seed: "a" }));
});
