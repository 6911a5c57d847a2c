/** The laws of the circuit breaker, as stories. Times are milliseconds of a clock that begins at 1,000. */
import { expect } from "vitest";
import type { AnyStateMachine } from "xstate";
import type { BreakerContext, BreakerInput } from "../../machines/breaker-machine.ts";
import { given, type Story } from "./given.ts";
import type { Law } from "./given-agent-laws.ts";

export const LIMITS: BreakerInput = {
  failuresMax: 3,
  coolingFirstMs: 100,
  coolingLastMs: 400,
  probeMs: 60,
  memoryMs: 10_000,
};

const failed = (at = 1_000, by = "other", begunAt = at) => ({ type: "call.failed", by, at, begunAt });
const succeeded = (at = 1_000, by = "other") => ({ type: "call.succeeded", by, at });
const asked = (at: number, by = "probe") => ({ type: "call.asked", by, at });
const gone = (by: string) => ({ type: "call.gone", by });

const breaker = (machine: AnyStateMachine, limits: Partial<BreakerInput> = {}): Story =>
  given(machine, { ...LIMITS, ...limits });
const law = (title: string, holds: Law["holds"]): Law => ({ title, holds });
const contextOf = ({ state }: Story): BreakerContext => state.snapshot.context as unknown as BreakerContext;
/** Opened at 1,000, cools at 1,100. */
const opened = (machine: AnyStateMachine): Story => breaker(machine).whenAll(failed(), failed(), failed());

export const breakerLaws: readonly Law[] = [
  law("opens at the failure that makes the row full, not before", (machine) => {
    const almost = breaker(machine).whenAll(failed(), failed());
    expect(almost.path).toBe("closed");
    expect(almost.when(failed()).path).toBe("open");
    expect(breaker(machine, { failuresMax: 1 }).when(failed()).path).toBe("open");
  }),
  law("a success begins the row anew", (machine) => {
    expect(breaker(machine).whenAll(failed(), failed(), succeeded(), failed(), failed()).path).toBe("closed");
  }),
  law("a failure that is long past is no part of a row", (machine) => {
    const late = breaker(machine).whenAll(failed(1_000), failed(1_000), failed(12_000), failed(12_000));
    expect(late.path).toBe("closed");
    expect(late.when(failed(12_000)).path).toBe("open");
  }),
  law("open, it counts no failures, believes no success of before, and waits for the cooling", (machine) => {
    const open = opened(machine);
    expect(open.when(failed(1_050)).decision.changed).toBe(false);
    expect(open.when(succeeded(1_050)).decision.changed).toBe(false);
    expect(open.when(asked(1_099)).decision.changed).toBe(false);
    expect(open.when(asked(1_100)).path).toBe("halfOpen");
  }),
  law("exactly one call probes: others that ask meanwhile take nothing from it", (machine) => {
    const half = opened(machine).when(asked(1_100));
    const more = half.when(asked(1_159, "second"));
    expect(more.decision.changed).toBe(false);
    expect(contextOf(half).probe).toBe("probe");
  }),
  law("only the probe's end decides", (machine) => {
    const half = opened(machine).when(asked(1_100));
    expect(half.when(succeeded(1_110)).decision.changed).toBe(false);
    expect(half.when(failed(1_110)).decision.changed).toBe(false);
    expect(half.when(gone("other")).decision.changed).toBe(false);
    expect(half.when(succeeded(1_110, "probe")).path).toBe("closed");
    expect(half.when(failed(1_110, "probe")).path).toBe("open");
  }),
  law("a probe that was called off, or is not heard of any more, gives its place to the next that asks", (machine) => {
    const half = opened(machine).when(asked(1_100));
    const freed = half.when(gone("probe")).when(asked(1_101, "second"));
    expect([freed.path, contextOf(freed).probe]).toEqual(["halfOpen", "second"]);
    const lapsed = half.when(asked(1_160, "second"));
    expect([lapsed.path, contextOf(lapsed).probe]).toEqual(["halfOpen", "second"]);
    expect(lapsed.when(succeeded(1_170, "probe")).decision.changed).toBe(false);
    expect(lapsed.when(succeeded(1_170, "second")).path).toBe("closed");
  }),
  law("each failed probe doubles the rest, up to the longest; a success makes it short again", (machine) => {
    let story = opened(machine);
    const rests: number[] = [];
    for (let at = 1_100; rests.length < 4; ) {
      story = story.whenAll(asked(at), failed(at, "probe"));
      rests.push(contextOf(story).coolsAtMs - at);
      at = contextOf(story).coolsAtMs;
    }
    expect(rests).toEqual([200, 400, 400, 400]);
    const at = contextOf(story).coolsAtMs;
    const again = story.whenAll(asked(at), succeeded(at, "probe"), failed(at), failed(at), failed(at));
    expect(contextOf(again).coolsAtMs - at).toBe(100);
  }),
  law("closed again, its row is clean, and what began before it closed begins no new one", (machine) => {
    const closed = opened(machine).whenAll(asked(1_100), succeeded(1_200, "probe"));
    const late = failed(1_300, "other", 1_199);
    expect(closed.whenAll(late, late, late).decision.changed).toBe(false);
    expect(closed.whenAll(failed(1_300), failed(1_300), late).path).toBe("closed");
    expect(closed.whenAll(failed(1_300), failed(1_300)).path).toBe("closed");
    expect(closed.whenAll(failed(1_300), failed(1_300), failed(1_300)).path).toBe("open");
  }),
  law("it says since when it is in trouble, over all its probes, and that it was well", (machine) => {
    const again = breaker(machine).whenAll(succeeded(900), failed(), failed(), failed(), asked(1_100));
    expect(contextOf(again.when(failed(1_110, "probe")))).toMatchObject({ troubledAtMs: 1_000, wellAtMs: 900 });
    expect(contextOf(again.when(succeeded(1_110, "probe")))).toMatchObject({ troubledAtMs: 0, wellAtMs: 1_110 });
  }),
  law("a success that tells nothing new changes nothing, within a minute", (machine) => {
    const well = breaker(machine).when(succeeded(1_000));
    expect(contextOf(well).wellAtMs).toBe(1_000);
    expect(well.when(succeeded(60_999)).decision.changed).toBe(false);
    expect(contextOf(well.when(succeeded(61_000))).wellAtMs).toBe(61_000);
  }),
  law("asked while it is closed, nothing changes", (machine) => {
    expect(breaker(machine).when(asked(1_000)).decision.changed).toBe(false);
  }),
];
