// No text makes the analysis throw or linger, and what it calls read-only is, word by word, what a real bash runs. SEEDS=n
// takes n times as many inputs, `npm run fuzz` others; a failure prints the seed that repeats it.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { analyse } from "../../registry/shell/analyse.ts";
import { shellCorpus } from "../corpus-shell/corpus.ts";
import { holdAgainstBash } from "../corpus-shell/differential.ts";
import { damaged, TOKENS } from "../corpus-shell/mutate.ts";
import { testSeed } from "../support/test-seed.ts";

const times = Number(process.env.SEEDS ?? 1);
const place = { cwd: "/workspace", workspace: "/workspace" };
const texts = shellCorpus()
  .map(({ text }) => text)
  .filter((text) => text.length < 300);
const readOnly = shellCorpus()
  .filter(({ label }) => label === "read-only")
  .map(({ text }) => text);

const damage = fc.record({
  at: fc.nat({ max: 400 }),
  cut: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: 6 }) }),
  put: fc.oneof(fc.constantFrom(...TOKENS), fc.constantFrom(...texts)),
});
const lineOf = (lines: readonly string[], most: number) =>
  fc
    .tuple(fc.constantFrom(...lines), fc.array(damage, { minLength: 1, maxLength: most }))
    .map(([text, damages]) => damaged(text, damages));

/** A generous limit that only a hang exceeds: speed is the benchmark's matter. */
const LINGER_MS = 10_000;

function lingers(text: string): boolean {
  const fromMs = performance.now();
  const { risk } = analyse(text, place);
  expect(["read-only", "mutating", "destructive", "unknown"]).toContain(risk);
  return performance.now() - fromMs > LINGER_MS;
}

describe("any text", () => {
  it("gets a verdict: damaged lines", { timeout: 60_000 * times }, () => {
    fc.assert(
      fc.property(lineOf(texts, 6), (text) => !lingers(text)),
      { numRuns: 3_000 * times },
    );
  });

  it("gets a verdict: anything at all", { timeout: 60_000 * times }, () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) => !lingers(text)),
      { numRuns: 1_000 * times },
    );
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...TOKENS), { maxLength: 60 }), (tokens) => !lingers(tokens.join(""))),
      { numRuns: 2_000 * times },
    );
  });

  it("gets a verdict at the length limit, whatever it is made of", { timeout: 60_000 }, () => {
    for (const token of [
      ...TOKENS,
      "a",
      "a ",
      "a;",
      "a|",
      "a&&",
      "{a,",
      "$(",
      "${",
      "[[",
      "((",
      "\\",
      "<<A\n",
      "find ",
    ]) {
      for (const length of [10_000, 10_001]) expect(lingers(token.repeat(length).slice(0, length))).toBe(false);
    }
  });

  it("gets the same verdict each time", () => {
    fc.assert(
      fc.property(lineOf(texts, 3), (text) => {
        expect(analyse(text, place)).toEqual(analyse(text, place));
      }),
      { numRuns: 300 },
    );
  });
});

describe("a read-only verdict", () => {
  it("names all that a real bash runs, which runs the same of what is written back", {
    timeout: 120_000 * times,
  }, () => {
    const answers = [
      { exit: 0, print: "" },
      { exit: 1, print: "" },
      { exit: 0, print: "o1 o2\n" },
    ] as const;
    let called = 0;
    for (let round = 0; round < times; round += 1) {
      const seed = (testSeed() + round) % 2 ** 32;
      const sample = fc.sample(lineOf(readOnly, 3), { numRuns: 2_000, seed });
      for (const answer of answers) {
        const share = sample.filter((_, index) => answers[index % answers.length] === answer);
        const result = holdAgainstBash(share, answer, ({ risk }) => risk === "read-only");
        called += result.called;
        expect({ seed, mismatches: result.mismatches }).toEqual({ seed, mismatches: [] });
      }
    }
    expect(called).toBeGreaterThan(100);
  });
});
