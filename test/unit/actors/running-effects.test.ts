// Effects that run in this process, and whose they are.
import { expect, it } from "vitest";
import type { Answer } from "../../../actors/runtime/performer.ts";
import { type Outcome, runningEffects } from "../../../actors/runtime/running-effects.ts";

const claim = (epoch: number, incarnation = 0) => ({ epoch, incarnation });
const answer: Answer = { event: { type: "result.verified" }, told: [] };

function begun(claimed = claim(1)) {
  const effects = runningEffects();
  const told = { first: [] as Outcome[], second: [] as Outcome[], third: [] as Outcome[] };
  const owners = { first: Symbol("first"), second: Symbol("second"), third: Symbol("third") };
  let end: () => void = () => {};
  const deed = new Promise<Answer>((resolve) => {
    end = () => resolve(answer);
  });
  let stopped = false;
  effects.begin(
    "e",
    owners.first,
    claimed,
    (outcome) => told.first.push(outcome),
    (signal) => {
      signal.addEventListener("abort", () => {
        stopped = true;
      });
      return deed;
    },
  );
  return { effects, told, owners, end: () => end(), stopped: () => stopped };
}

it("a newer claim takes over what runs, and the older one is told so", async () => {
  const { effects, told, owners, end } = begun();
  expect(effects.adopt("e", owners.second, claim(2), (outcome) => told.second.push(outcome))).toBe(true);
  expect(told.first).toEqual([{ id: "e", taken: true }]);
  end();
  await expect.poll(() => told.second).toEqual([{ id: "e", answer }]);
});

it("an older claim that is answered late takes nothing, and its end calls nothing off", async () => {
  const { effects, told, owners, end, stopped } = begun(claim(2));
  expect(effects.adopt("e", owners.second, claim(1), (outcome) => told.second.push(outcome))).toBe(true);
  expect(told).toMatchObject({ first: [], second: [{ id: "e", taken: true }] });
  effects.abort(owners.second, "left");
  expect(stopped()).toBe(false);
  effects.adopt("e", owners.third, claim(1, 1), (outcome) => told.third.push(outcome));
  expect(told.first).toEqual([{ id: "e", taken: true }]);
  end();
  await expect.poll(() => told.third).toEqual([{ id: "e", answer }]);
});
