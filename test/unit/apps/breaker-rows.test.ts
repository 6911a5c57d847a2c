// Breakers and rate limits as people see them: what is well takes no line, what is not says until when, and why.
import { expect, it } from "vitest";
import { breakerLines, breakerRows, limitRows } from "../../../apps/cli/breaker-rows.ts";
import type { BreakerView, SwarmBreakers } from "../../../infra/breaker/views.ts";

const view = (over: Partial<BreakerView>): BreakerView => ({
  ...{ name: "model:api/m", state: "closed", failures: 0, sinceAt: null, waitMs: 0, reason: null },
  ...over,
});
const known = (...breakers: BreakerView[]): SwarmBreakers => ({ breakers, limits: [] });

it("what is well takes no line, and what has begun to fail does", () => {
  expect(breakerRows(known(view({})))).toEqual([]);
  expect(breakerRows(known(view({ failures: 2, reason: "overloaded" })))).toEqual([
    ["model:api/m", "closed", "2", "at once", "overloaded"],
  ]);
});

it("what is open says when it is tried again, and what is half open that it is", () => {
  const open = view({ state: "open", failures: 5, waitMs: 12_300, reason: "overloaded" });
  expect(breakerRows(known(open, view({ state: "halfOpen", failures: 5 })))).toEqual([
    ["model:api/m", "open", "5", "in 13 s", "overloaded"],
    ["model:api/m", "half open", "5", "now, by one probe", "-"],
  ]);
  expect(breakerRows(known({ ...open, waitMs: 0 }))[0]?.[3]).toBe("by whoever asks next");
  expect(breakerLines(known(open))).toEqual([
    "breaker model:api/m is open after 5 failures in a row (overloaded); it is tried again in 13 s",
  ]);
});

it("a limit says for how long it pauses, who waits, and what is left", () => {
  const requests = { limit: 50, remaining: 3, resetInMs: 20_000 };
  const limits = [{ name: "model:api/m", pausedMs: 4_001, waiting: 7, requests }];
  expect(limitRows({ breakers: [], limits })).toEqual([["model:api/m", "5 s", "7", "3 of 50 requests, whole in 20 s"]]);
  expect(breakerLines({ breakers: [], limits })).toEqual([
    "calls to model:api/m are paced: paused for 5 s, 7 wait; left: 3 of 50 requests, whole in 20 s",
  ]);
});
