/** Laws of how an evaluation that failed says why: in a few words, what failed by itself first. */
import { expect, test } from "vitest";
import { reasonsTold } from "../../../../apps/cli/evaluate/print-evaluation.ts";

const failed = (name: string): string => `explore-${name}: failed (model: 400)`;
const skipped = (name: string): string => `verify-${name}: skipped (stands on explore-${name})`;

test("of many reasons three are told, those that failed by themselves first, and how many there are besides", () => {
  const names = ["a", "b", "c", "d"];
  const told = reasonsTold(names.flatMap((name) => [failed(name), skipped(name)]));
  expect(told).toBe(`${failed("a")}; ${failed("b")}; ${failed("c")}; and 5 more`);
});

test("few reasons are all told", () => {
  expect(reasonsTold([skipped("a"), failed("a")])).toBe(`${failed("a")}; ${skipped("a")}`);
  expect(reasonsTold(["goal: exhausted"])).toBe("goal: exhausted");
});
