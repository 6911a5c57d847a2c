// A circuit breaker: nothing is tried after enough failures in a row, and one probe decides.
import { expect, it } from "vitest";
import { breakerMachine } from "../../../machines/breaker-machine.ts";
import { given } from "../../support/given.ts";
import { breakerLaws } from "../../support/given-breaker-laws.ts";

for (const { title, holds } of breakerLaws) it(title, () => holds(breakerMachine));

it("asks for no effects: whoever holds it acts on its state", () => {
  const story = given(breakerMachine, { failuresMax: 1 }).whenAll(
    { type: "call.failed" },
    { type: "breaker.cooled" },
    { type: "call.succeeded" },
  );
  expect([story.path, story.told, story.state.timers]).toEqual(["closed", [], {}]);
});
