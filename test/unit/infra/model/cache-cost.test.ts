import { describe, expect, test } from "vitest";
import { type CallTokens, callCost, missedTokens } from "../../../../infra/model/cache-cost.ts";
import { priceOf, type TokenPrice } from "../../../../infra/model/prices.ts";

const price = priceOf("claude-opus-5-5", "2026-11-21T12:00:00Z", 20_000) as TokenPrice;

/** 30 turns on 15k tokens of system and tools; each adds 2.5k of results and, from the second on, the 400 of the last answer. */
const TURNS = 30;
const OUTPUT = 400;
const promptOf = (turn: number): number => (turn === 0 ? 0 : 15_000 + 2_500 * turn + OUTPUT * (turn - 1));

/** A loop of which these turns find nothing in the cache. In US dollars. */
function loop(broken: (turn: number) => boolean): { cost: number; withoutCache: number; lost: number } {
  const total = { cost: 0, withoutCache: 0, lost: 0 };
  for (let turn = 1; turn <= TURNS; turn += 1) {
    const cachedBefore = promptOf(turn - 1);
    const read = broken(turn) ? 0 : cachedBefore;
    const one = callCost({ read, write: promptOf(turn) - read, fresh: 0, output: OUTPUT }, cachedBefore, price);
    total.cost += one.cost / 1e9;
    total.withoutCache += one.withoutCache / 1e9;
    total.lost += one.lost / 1e9;
  }
  return total;
}

describe("a loop of 30 turns with Opus 5.5", () => {
  const whole = loop(() => false);

  test("costs 1.08 USD where its prefix holds, 7.39 without a cache, and loses nothing", () => {
    expect(whole.cost.toFixed(2)).toBe("1.08");
    expect(whole.withoutCache.toFixed(2)).toBe("7.39");
    expect(whole.lost).toBe(0);
  });

  test.each([
    ["three breaks", [10, 20, 30], "2.09"],
    ["a break at every turn", Array.from({ length: TURNS }, (_, index) => index + 1), "9.17"],
  ])("with %s, costs what was paid beyond a read more", (_, turns, expected) => {
    const broken = loop((turn) => turns.includes(turn));
    expect(broken.cost.toFixed(2)).toBe(expected);
    expect(broken.lost).toBeGreaterThan(0.9);
    expect(broken.lost).toBeCloseTo(broken.cost - whole.cost, 9);
    expect(broken.withoutCache).toBeCloseTo(whole.withoutCache, 9);
  });
});

describe("tokens that were cached and not read", () => {
  const call = (over: Partial<CallTokens>): CallTokens => ({ read: 0, write: 0, fresh: 0, output: 0, ...over });

  test("are never fewer than none: an agent may read what a sibling wrote", () => {
    expect(missedTokens({ read: 900 }, 400)).toBe(0);
    expect(callCost(call({ read: 900 }), 400, price).lost).toBe(0);
  });

  test("cost the difference to a write where they were written again, and to plain input where they were not", () => {
    expect(callCost(call({ read: 100, write: 900 }), 1_000, price).lost).toBe(900 * (5_000 - 200));
    expect(callCost(call({ fresh: 1_000 }), 1_000, price).lost).toBe(1_000 * (4_000 - 200));
    expect(callCost(call({ write: 300, fresh: 5_000 }), 1_000, price).lost).toBe(
      300 * (5_000 - 200) + 700 * (4_000 - 200),
    );
  });

  test("that are no longer in the prompt at all cost nothing", () => {
    expect(callCost(call({ fresh: 10 }), 1_000, price).lost).toBe(10 * (4_000 - 200));
  });
});
