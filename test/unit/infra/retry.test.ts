// The one door of trying again: bounded by rounds, time, signal and breaker, on a clock that only moves by its pauses.
import { describe, expect, it } from "vitest";
import { breaker } from "../../../infra/breaker/breaker.ts";
import { reconnectMs } from "../../../infra/redis/connect.ts";
import { type RetryOptions, retry, seeded } from "../../../infra/retry.ts";
import { steadyStore } from "../../../infra/steady-store.ts";
import type { Store } from "../../../infra/store.ts";
import { StoreError } from "../../../infra/store-error.ts";
import { agentOf } from "../../support/given-commit.ts";

const HOUR_MS = 3_600_000;
const passing = new Error("passing");

function world() {
  const pauses: number[] = [];
  const clock = {
    nowMs: 0,
    monotonicMs: () => clock.nowMs,
    after(delayMs: number, act: () => void) {
      pauses.push(delayMs);
      clock.nowMs += delayMs;
      queueMicrotask(act);
    },
  };
  const options = (over: Partial<RetryOptions<string>> = {}): RetryOptions<string> => ({
    ...{ attemptsMax: 5, patienceMs: 60_000, firstPauseMs: 100, lastPauseMs: 1_000 },
    ...{ unit: () => 1, again: (cause: unknown) => cause === passing, clock },
    ...over,
  });
  return { clock, pauses, options };
}

/** Fails so often, then answers; counts. */
function failing(times: number, cause: Error = passing) {
  const attempt = async (): Promise<string> => {
    attempt.made += 1;
    if (attempt.made <= times) throw cause;
    return "done";
  };
  attempt.made = 0;
  return attempt;
}

describe("trying again", () => {
  it("ends with the first answer, with pauses that double up to the last", async () => {
    const { options, pauses } = world();
    const attempt = failing(7);
    expect(await retry(options({ attemptsMax: 20 }), attempt)).toBe("done");
    expect(pauses).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000]);
  });

  it("is bounded by rounds, and throws what the last one threw", async () => {
    const { options } = world();
    const attempt = failing(100);
    await expect(retry(options(), attempt)).rejects.toBe(passing);
    expect(attempt.made).toBe(5);
  });

  it("is bounded by time: after its patience nothing is begun", async () => {
    const { options, clock } = world();
    const attempt = failing(1_000);
    await expect(retry(options({ attemptsMax: 1_000, patienceMs: 3_000 }), attempt)).rejects.toBe(passing);
    expect(clock.nowMs).toBeLessThan(3_000 + 1_000);
    expect(attempt.made).toBeGreaterThan(4);
  });

  it("does not begin again for what cannot pass", async () => {
    const { options } = world();
    const attempt = failing(9, new TypeError("a bug"));
    await expect(retry(options(), attempt)).rejects.toThrow(TypeError);
    expect(attempt.made).toBe(1);
  });

  it("asks again for an answer that does not satisfy, and gives the last one whatever it is", async () => {
    const { options } = world();
    let made = 0;
    const unsatisfied = (value: string): boolean => value !== "4";
    const count = async (): Promise<string> => String(++made);
    expect(await retry(options({ unsatisfied }), count)).toBe("4");
    made = 10;
    expect(await retry(options({ unsatisfied }), count)).toBe("15");
  });

  it("is over with the signal, before an attempt and in the middle of a pause", async () => {
    const { options } = world();
    const attempt = failing(9);
    await expect(retry(options({ signal: AbortSignal.abort("off") }), attempt)).rejects.toBe("off");
    expect(attempt.made).toBe(0);
    const calledOff = new AbortController();
    const never = { monotonicMs: () => 0, after: () => queueMicrotask(() => calledOff.abort("off")) };
    await expect(retry(options({ signal: calledOff.signal, clock: never }), attempt)).rejects.toBe("off");
    expect(attempt.made).toBe(1);
  });

  it("spreads by the seed: the same one waits the same, others differently, none less than half", async () => {
    const pausesOf = async (seed: string): Promise<number[]> => {
      const { options, pauses } = world();
      await retry(options({ unit: seeded(seed) }), failing(4));
      return pauses;
    };
    expect(await pausesOf("a")).toEqual(await pausesOf("a"));
    expect(await pausesOf("a")).not.toEqual(await pausesOf("b"));
    for (const seed of "abcdefgh") expect((await pausesOf(seed))[0]).toBeGreaterThanOrEqual(50);
  });

  it("makes no attempt behind an open breaker, and says so where it never made one", async () => {
    const { options, clock } = world();
    const shut = breaker({ name: "it", failuresMax: 1, coolingMs: HOUR_MS, monotonicMs: clock.monotonicMs });
    const attempt = failing(9);
    await expect(retry(options({ breaker: shut }), attempt)).rejects.toBe(passing);
    expect(attempt.made).toBe(1);
    const closed = (): Error => new Error("shut");
    await expect(retry(options({ breaker: shut, shut: closed }), attempt)).rejects.toThrow("shut");
    expect(attempt.made).toBe(1);
  });

  it("tells its breaker well of what cannot pass: the other side is there", async () => {
    const { options, clock } = world();
    const one = breaker({ name: "it", failuresMax: 1, monotonicMs: clock.monotonicMs });
    for (let at = 0; at < 9; at += 1)
      await retry(options({ breaker: one }), failing(1, new TypeError("a bug"))).catch(() => {});
    expect(one.ask()).toEqual({ open: false });
  });
});

describe("a dependency that fails for ever is tried at most so often an hour:", () => {
  it("Redis, 800 times by each worker process, however many of its actors want it", async () => {
    let nowMs = 0;
    let asked = 0;
    const alarms: { atMs: number; act: () => void }[] = [];
    const look = async (): Promise<never> => {
      asked += 1;
      throw new StoreError("timeout", "no");
    };
    const store = steadyStore({ look } as unknown as Store, {
      log: { warn: () => {}, info: () => {} },
      monotonicMs: () => nowMs,
      after: (delayMs, act) => void alarms.push({ atMs: nowMs + delayMs, act }),
    });
    let over = false;
    const actor = async (name: string): Promise<void> => {
      while (!over) await store.look(agentOf(name)).catch(() => {});
    };
    const actors = Array.from({ length: 20 }, (_, at) => actor(`r${at}`));
    while (nowMs < HOUR_MS) {
      await new Promise(setImmediate);
      alarms.sort((one, other) => one.atMs - other.atMs);
      const next = alarms.shift();
      if (next === undefined) throw new Error("nobody waits");
      nowMs = Math.max(nowMs, next.atMs);
      next.act();
    }
    over = true;
    expect(asked).toBeGreaterThan(20);
    expect(asked).toBeLessThanOrEqual(800);
    for (let round = 0; round < 1_000 && alarms.length > 0; round += 1) {
      for (const { act } of alarms.splice(0)) act();
      nowMs += 60_000;
      await new Promise(setImmediate);
    }
    await Promise.all(actors);
  });

  it("a connection to Redis, 800 times, and every few seconds to the end", () => {
    let nowMs = 0;
    let made = 0;
    for (; nowMs < HOUR_MS; made += 1) nowMs += reconnectMs(made, 0);
    expect(made).toBeLessThanOrEqual(800);
    expect(Math.max(...Array.from({ length: 2_000 }, (_, attempt) => reconnectMs(attempt, 1)))).toBe(10_000);
    expect(Math.max(...Array.from({ length: 59 }, (_, attempt) => reconnectMs(attempt, 1)))).toBe(1_000);
  });

  it.each([
    ["a plugin server of this worker", { failuresMax: 3, coolingMs: 30_000, coolingLastMs: 300_000 }, 20],
    ["a server that is asked to count a prompt", { failuresMax: 3, coolingMs: 60_000 }, 10],
  ])("%s", (_, limits, most) => {
    let nowMs = 0;
    let made = 0;
    const one = breaker({ name: "it", ...limits, monotonicMs: () => nowMs });
    for (; nowMs < HOUR_MS; nowMs += 100) {
      if (one.ask().open) continue;
      made += 1;
      one.tell(false);
    }
    expect(made).toBeGreaterThan(5);
    expect(made).toBeLessThanOrEqual(most);
  });
});
