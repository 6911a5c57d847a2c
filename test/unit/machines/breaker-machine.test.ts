// A circuit breaker: nothing is tried after enough failures in a row, and one probe decides.
import { expect, it } from "vitest";
import { breakerMachine } from "../../../machines/breaker-machine.ts";
import { given } from "../../support/given.ts";
import { breakerLaws, LIMITS } from "../../support/given-breaker-laws.ts";

for (const { title, holds } of breakerLaws) it(title, () => holds(breakerMachine));

const events = [
  { type: "call.failed", by: "a", at: 1_000, begunAt: 1_000 },
  { type: "call.asked", by: "b", at: 2_000 },
  { type: "call.succeeded", by: "b", at: 2_001 },
];

it("asks for no effects: whoever holds it acts on its state", () => {
  const story = given(breakerMachine, { ...LIMITS, failuresMax: 1 }).whenAll(...events);
  expect([story.path, story.told, story.state.timers]).toEqual(["closed", [], {}]);
});
