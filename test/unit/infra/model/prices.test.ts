import { describe, expect, test } from "vitest";
import { costNanoUsd, priceOf, priceRowSchema } from "../../../../infra/model/prices.ts";

const now = "2026-11-21T12:00:00Z";
const figures = (model: string, at = now, promptTokens = 1_000) => {
  const price = priceOf(model, at, promptTokens);
  return price && [price.input, price.output, price.write5m, price.write1h, price.read];
};

test.each([
  ["claude-fable-5-1", [10_000, 50_000, 12_500, 20_000, 250]],
  ["claude-opus-5-5", [4_000, 20_000, 5_000, 8_000, 200]],
  ["claude-opus-5", [5_000, 25_000, 6_250, 10_000, 500]],
  ["claude-opus-4-5", [5_000, 25_000, 6_250, 10_000, 500]],
  ["claude-sonnet-5-5", [2_000, 10_000, 2_500, 4_000, 100]],
  ["claude-sonnet-5", [2_000, 10_000, 2_500, 4_000, 200]],
  ["claude-haiku-5-5", [100, 500, 125, 200, 10]],
  ["claude-haiku-4-5", [1_000, 5_000, 1_250, 2_000, 100]],
  ["claude-haiku-4-5-20251001", [1_000, 5_000, 1_250, 2_000, 100]],
  ["local-analyst", [0, 0, 0, 0, 0]],
])("%s costs %j nano-USD a token", (model, expected) => {
  expect(figures(model)).toEqual(expected);
  expect(priceOf(model, now, 1_000)?.source).toMatch(/\w/);
});

test.each(["claude-fable-5-2", "claude-sonnet-4-5", "gpt-x", "", "claude-opus-5-5-preview"])(
  "%j has no known price, which is not zero",
  (model) => {
    expect(priceOf(model, now, 1)).toBeNull();
  },
);

test("a price holds from its date, to the second", () => {
  expect(figures("claude-sonnet-5-5", "2026-10-06T23:59:59Z")?.at(-1)).toBe(200);
  expect(figures("claude-sonnet-5-5", "2026-10-07T00:00:00Z")?.at(-1)).toBe(100);
});

test("a tier holds up to its size, cached tokens included", () => {
  expect(figures("claude-haiku-5-5", now, 100_000)?.[0]).toBe(100);
  expect(figures("claude-haiku-5-5", now, 100_001)?.[0]).toBe(500);
});

describe("rows of the configuration", () => {
  const row = priceRowSchema.parse({
    model: "claude-opus-5-5",
    input: 1,
    output: 2,
    write5m: 3,
    write1h: 4,
    read: 0.025,
  });

  test("replace those of their model and leave others alone", () => {
    expect(priceOf("claude-opus-5-5", now, 1, [row])).toEqual({
      input: 1_000,
      output: 2_000,
      write5m: 3_000,
      write1h: 4_000,
      read: 25,
      source: "configuration",
    });
    expect(priceOf("claude-haiku-4-5", now, 1, [row])?.input).toBe(1_000);
  });

  test("that do not hold yet leave the model without a price, not with the old one", () => {
    expect(priceOf("claude-opus-5-5", now, 1, [{ ...row, effectiveFrom: "2027-01-01" }])).toBeNull();
  });

  test.each([{ input: -1 }, { effectiveFrom: "soon" }, { promptTokensMax: 0 }, { extra: 1 }])(
    "with %j are refused",
    (bad) => {
      expect(priceRowSchema.safeParse({ ...row, ...bad }).success).toBe(false);
    },
  );
});

test("a cost is exact in whole nano-USD, and unreported cache figures cost nothing", () => {
  const price = priceOf("claude-opus-5-5", now, 1);
  if (price === null) throw new Error("no price");
  const usage = { inputTokens: 3, outputTokens: 5, cacheReadTokens: 7, cacheWriteTokens: 11, estimated: false };
  expect(costNanoUsd(usage, price)).toBe(3 * 4_000 + 5 * 20_000 + 7 * 200 + 11 * 5_000);
  expect(costNanoUsd({ ...usage, cacheReadTokens: null, cacheWriteTokens: null }, price)).toBe(3 * 4_000 + 5 * 20_000);
});
