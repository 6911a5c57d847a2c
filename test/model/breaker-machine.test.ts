// The circuit breaker, explored exhaustively. It has no end: every state must be able to close again instead.
import { describe, expect, it } from "vitest";
import type { AnyStateMachine } from "xstate";
import { breakerMachine } from "../../machines/breaker-machine.ts";
import { type ActorState, statePath } from "../../machines/fold.ts";
import { breakerLaws } from "../support/given-breaker-laws.ts";
import { caughtBy, type Edge, explore, guardMutants, restingPaths, type Space } from "./explore.ts";

const failuresOf = ({ snapshot }: ActorState): number => (snapshot.context as { failures: number }).failures;

function wrong({ before, cause, decision }: Edge): string | null {
  const [from, to] = [statePath(before), statePath(decision.state)];
  const type = "event" in cause ? cause.event.type : "timer";
  if (decision.outside.length + decision.inside.length > 0) return "a breaker ordered something";
  if (from === "closed" && to === "open" && failuresOf(before) + 1 < 3) return "opened before its row was full";
  if (to === "closed" && failuresOf(decision.state) >= 3) return "stayed closed with a full row";
  if (from === "open" && to === "halfOpen" && type !== "breaker.cooled") return "probed before it had cooled";
  if (type === "call.succeeded" && to !== "closed") return "a success left it open";
  if (from === "halfOpen" && type === "call.failed" && to !== "open") return "a failed probe left it unopened";
  return null;
}

const space = (machine: AnyStateMachine): Space => ({
  machine,
  input: { failuresMax: 3 },
  causes: () => [{ type: "call.succeeded" }, { type: "call.failed" }, { type: "breaker.cooled" }],
  key: (state) => `${statePath(state)} ${failuresOf(state)}`,
  wrong,
  gratuitous: new Set(),
  statesMax: 100,
});

describe("the circuit breaker", () => {
  it("keeps every law on every step; it has no end, so none is in reach, and nothing else is found", () => {
    const walk = explore(space(breakerMachine));
    expect(walk.findings.filter((finding) => !finding.startsWith("no end in reach"))).toEqual([]);
    expect([...walk.paths].toSorted()).toEqual(restingPaths(breakerMachine).toSorted());
    expect(walk.states).toBe(5);
  });

  for (const { name, mutant } of guardMutants(breakerMachine)) {
    it(`with a broken guard is caught: ${name}`, () => {
      expect(caughtBy(mutant, breakerLaws, [])).not.toBeNull();
    });
  }
});
