/** The laws of the circuit breaker, as stories. */
import { expect } from "vitest";
import type { AnyStateMachine } from "xstate";
import { given, type Story } from "./given.ts";
import type { Law } from "./given-agent-laws.ts";

const failed = { type: "call.failed" };
const succeeded = { type: "call.succeeded" };
const cooled = { type: "breaker.cooled" };

const breaker = (machine: AnyStateMachine, failuresMax = 3): Story => given(machine, { failuresMax });
const law = (title: string, holds: Law["holds"]): Law => ({ title, holds });

export const breakerLaws: readonly Law[] = [
  law("opens at the failure that makes the row full, not before", (machine) => {
    const almost = breaker(machine).whenAll(failed, failed);
    expect(almost.path).toBe("closed");
    expect(almost.when(failed).path).toBe("open");
    expect(breaker(machine, 1).when(failed).path).toBe("open");
  }),
  law("a success begins the row anew", (machine) => {
    expect(breaker(machine).whenAll(failed, failed, succeeded, failed, failed).path).toBe("closed");
  }),
  law("open, it counts no failures and waits for the cooling", (machine) => {
    const open = breaker(machine, 1).when(failed);
    expect(open.when(failed).decision.changed).toBe(false);
    expect(open.when(cooled).path).toBe("halfOpen");
  }),
  law("the probe's failure opens it again, its success closes it with a clean row", (machine) => {
    const half = breaker(machine, 2).whenAll(failed, failed, cooled);
    expect(half.when(failed).path).toBe("open");
    const closed = half.when(succeeded);
    expect(closed.path).toBe("closed");
    expect(closed.when(failed).path).toBe("closed");
    expect(closed.whenAll(failed, failed).path).toBe("open");
  }),
  law("a success that comes late, while it is open, closes it: the other side is well", (machine) => {
    const closed = breaker(machine, 2).whenAll(failed, failed, succeeded);
    expect(closed.path).toBe("closed");
    expect(closed.when(failed).path).toBe("closed");
  }),
  law("a cooling that comes when it is not open changes nothing", (machine) => {
    expect(breaker(machine).when(cooled).decision.changed).toBe(false);
    expect(breaker(machine, 1).whenAll(failed, cooled).when(cooled).decision.changed).toBe(false);
  }),
];
