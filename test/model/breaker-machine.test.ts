// The circuit breaker, explored exhaustively. It has no end: every state must be able to close again instead.
import { describe, expect, it } from "vitest";
import type { AnyStateMachine } from "xstate";
import { type BreakerContext, breakerMachine } from "../../machines/breaker-machine.ts";
import { type ActorState, statePath } from "../../machines/fold.ts";
import { breakerLaws, LIMITS } from "../support/given-breaker-laws.ts";
import { caughtBy, type Edge, explore, guardMutants, restingPaths, type Space } from "./explore.ts";

const contextOf = ({ snapshot }: ActorState): BreakerContext => snapshot.context as unknown as BreakerContext;

/** The latest moment that the state knows of. */
const nowOf = ({ failedAtMs, coolsAtMs, coolingMs, probeUntilMs, probeMs, closedAtMs, wellAtMs }: BreakerContext) =>
  Math.max(1_000, failedAtMs, coolsAtMs - coolingMs, probeUntilMs - probeMs, closedAtMs, wellAtMs);

type Told = { readonly type: string; readonly by: string; readonly at: number; readonly begunAt: number };

function causes(state: ActorState): Told[] {
  const context = contextOf(state);
  const { coolsAtMs, probeUntilMs, memoryMs, closedAtMs, probe } = context;
  const now = nowOf(context);
  const moments = [now, coolsAtMs - 1, coolsAtMs, probeUntilMs - 1, probeUntilMs, now + memoryMs + 1];
  return [...new Set(moments)]
    .filter((at) => at >= now)
    .flatMap((at) =>
      [probe ?? "nobody", "p", "q"].flatMap((by) =>
        [at, closedAtMs - 1].flatMap((begunAt) =>
          ["call.asked", "call.succeeded", "call.failed", "call.gone"].map((type) => ({ type, by, at, begunAt })),
        ),
      ),
    );
}

/** What guards read, with times as they lie to each other. */
function key(state: ActorState): string {
  const context = contextOf(state);
  const { failures, failedAtMs, coolingMs, coolsAtMs, probe, probeUntilMs, closedAtMs, wellAtMs } = context;
  const now = nowOf(context);
  const path = statePath(state);
  const row = path === "closed" ? [failures, failures > 0 && now - failedAtMs > LIMITS.memoryMs] : [];
  const rest = path === "closed" ? [] : [coolingMs, Math.max(-1, coolsAtMs - now), probe, probeUntilMs - now];
  const past = [closedAtMs > 0, now - closedAtMs > 0, wellAtMs > 0, now - wellAtMs >= 60_000];
  return JSON.stringify([path, row, rest, past]);
}

function wrong({ before, cause, decision }: Edge): string | null {
  const [from, to] = [statePath(before), statePath(decision.state)];
  const [was, is] = [contextOf(before), contextOf(decision.state)];
  const { type, by, at, begunAt } = ("event" in cause ? cause.event : {}) as Told;
  if (decision.outside.length + decision.inside.length > 0) return "a breaker ordered something";
  if (is.failures > LIMITS.failuresMax) return "counted past a full row";
  if (from === "closed" && to === "open") {
    if (was.failures + 1 < LIMITS.failuresMax) return "opened before its row was full";
    if (begunAt < was.closedAtMs) return "opened for what began before it closed";
    if (at - was.failedAtMs > LIMITS.memoryMs) return "opened for failures long past";
  }
  if (from === "open" && to !== "open" && !(type === "call.asked" && at >= was.coolsAtMs && to === "halfOpen"))
    return "left its rest otherwise than for a probe after it";
  if (to === "closed" && from !== "closed" && !(type === "call.succeeded" && by === was.probe))
    return "closed by something else than its probe's success";
  if (from === "halfOpen" && to === "open" && !(type === "call.failed" && by === was.probe))
    return "opened again by something else than its probe's failure";
  if (from === "halfOpen" && to === "halfOpen" && was.probe !== is.probe) {
    const isFreed = type === "call.gone" && by === was.probe && is.probe === null;
    const isTaken = type === "call.asked" && by === is.probe && (was.probe === null || at >= was.probeUntilMs);
    if (!isFreed && !isTaken) return "two probes at once";
  }
  if (to === "open" && from !== "open") {
    const wanted = from === "closed" ? LIMITS.coolingFirstMs : Math.min(LIMITS.coolingLastMs, was.coolingMs * 2);
    if (is.coolsAtMs - at !== wanted) return `rests ${is.coolsAtMs - at} ms instead of ${wanted}`;
  }
  if (to === "closed" && (is.probe !== null || is.troubledAtMs !== 0 || is.coolingMs !== 0)) return "closed in trouble";
  if (to !== "closed" && is.troubledAtMs === 0) return "in trouble since never";
  if (to === "closed" && from === "closed" && is.failures >= LIMITS.failuresMax) return "closed with a full row";
  return null;
}

const space = (machine: AnyStateMachine): Space => ({
  machine,
  input: LIMITS,
  causes,
  key,
  wrong,
  gratuitous: new Set(),
  statesMax: 2_000,
});

describe("the circuit breaker", () => {
  it("keeps every law on every step; it has no end, so none is in reach, and nothing else is found", () => {
    const walk = explore(space(breakerMachine));
    expect(walk.findings.filter((finding) => !finding.startsWith("no end in reach"))).toEqual([]);
    expect([...walk.paths].toSorted()).toEqual(restingPaths(breakerMachine).toSorted());
    expect(walk.states).toBeGreaterThan(20);
  });

  for (const { name, mutant } of guardMutants(breakerMachine)) {
    it(`with a broken guard is caught: ${name}`, () => {
      expect(caughtBy(mutant, breakerLaws, [])).not.toBeNull();
    });
  }
});
