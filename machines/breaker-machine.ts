/**
 * A circuit breaker: after enough failures in a row nothing is tried for a while, then one probe decides.
 *
 *   closed ─(failures in a row)─▶ open ─(cooled)─▶ halfOpen ─(success)─▶ closed
 *      ▲                            ▲───────────────(failure)┘
 */
import { assign, setup } from "xstate";
import { STEPS_MAX } from "./fold.ts";

export interface BreakerInput {
  /** Failures in a row that open it. */
  readonly failuresMax: number;
}

export type BreakerEvent =
  | { readonly type: "call.succeeded" }
  | { readonly type: "call.failed" }
  | { readonly type: "breaker.cooled" };

export const breakerMachine = setup({
  types: {} as { context: BreakerInput & { failures: number }; events: BreakerEvent; input: BreakerInput },
  actions: {
    count: assign(({ context }) => ({ failures: context.failures + 1 })),
    reset: assign({ failures: 0 }),
  },
  guards: { lastStraw: ({ context }) => context.failures + 1 >= context.failuresMax },
}).createMachine({
  id: "breaker",
  version: "1",
  context: ({ input }) => ({ failuresMax: input?.failuresMax ?? 1, failures: 0 }),
  options: { maxIterations: STEPS_MAX },
  initial: "closed",
  states: {
    closed: {
      on: {
        "call.succeeded": { actions: "reset" },
        "call.failed": [{ guard: "lastStraw", target: "open", actions: "count" }, { actions: "count" }],
      },
    },
    open: { on: { "breaker.cooled": "halfOpen", "call.succeeded": { target: "closed", actions: "reset" } } },
    halfOpen: {
      description: "One probe is out; its end decides.",
      on: { "call.succeeded": { target: "closed", actions: "reset" }, "call.failed": "open" },
    },
  },
});
