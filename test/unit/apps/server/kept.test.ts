import { expect, test } from "vitest";
import { GOOD_TIMES, keptAnswers, QUICK_MS } from "../../../../apps/server/kept.ts";

/** A question that takes `tookMs` on a clock that the test moves. */
function asked(tookMs: () => number) {
  let clockMs = 0;
  let times = 0;
  const { of, forget } = keptAnswers(
    async () => {
      await Promise.resolve();
      clockMs += tookMs();
      times += 1;
      return times;
    },
    () => clockMs,
  );
  return { of, forget, times: () => times, pass: (ms: number) => (clockMs += ms) };
}

test("what was quick is asked anew each time; what was not is good for ten times as long as it took, and no longer", async () => {
  const quick = asked(() => QUICK_MS);
  expect([await quick.of("r"), await quick.of("r")]).toEqual([1, 2]);
  const slow = asked(() => 200);
  expect([await slow.of("r"), await slow.of("r")]).toEqual([1, 1]);
  slow.pass(200 * GOOD_TIMES - 1);
  expect(await slow.of("r")).toBe(1);
  slow.pass(1);
  expect(await slow.of("r")).toBe(2);
});

test("whoever asks while an answer is under way waits for that one", async () => {
  const { of, times } = asked(() => 1);
  expect(await Promise.all([of("r"), of("r"), of("other")])).toEqual([1, 1, 2]);
  expect(times()).toBe(2);
});

test("after an order nothing is told of before it, were it under way or kept", async () => {
  const { of, forget } = asked(() => 200);
  const before = of("r");
  forget("r");
  expect([await of("r"), await before]).toEqual([2, 1]);
  expect(await of("r")).toBe(2);
  forget("r");
  expect(await of("r")).toBe(3);
});

test("a failure is told to whoever waited for it and kept for nobody", async () => {
  let fails = true;
  const { of } = keptAnswers(async () => {
    if (fails) throw new Error("Redis is gone");
    return "there";
  });
  await expect(of("r")).rejects.toThrow("Redis is gone");
  fails = false;
  expect(await of("r")).toBe("there");
});
