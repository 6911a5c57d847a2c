/**
 * A circuit breaker: after enough failures in a row nothing is tried for a while, then one probe decides. A probe that
 * fails makes the next rest twice as long; one that is never heard of again gives its place up. Times come in events.
 *
 *   closed ─(failures in a row)─▶ open ─(asked, cooled)─▶ halfOpen ─(the probe succeeds)─▶ closed
 *      ▲                            ▲─────────────────(the probe fails)┘
 */
import { assign, setup } from "xstate";
import { STEPS_MAX } from "./fold.ts";

/** All times in milliseconds. */
export interface BreakerInput {
  /** Failures in a row that open it. */
  readonly failuresMax: number;
  /** Its first rest, and the longest: each failed probe doubles it. */
  readonly coolingFirstMs: number;
  readonly coolingLastMs: number;
  /** A probe that was not heard of for so long gives way to another. */
  readonly probeMs: number;
  /** A failure that is older than this begins no row with a new one. */
  readonly memoryMs: number;
}

/** `at` and `begunAt` are milliseconds of one clock, whichever; `by` names a call, and no two calls have one name. */
export type BreakerEvent =
  | { readonly type: "call.asked"; readonly by: string; readonly at: number }
  | { readonly type: "call.succeeded"; readonly by: string; readonly at: number }
  | { readonly type: "call.failed"; readonly by: string; readonly at: number; readonly begunAt: number }
  /** It ended without telling anything of the other side: called off. */
  | { readonly type: "call.gone"; readonly by: string };

export interface BreakerContext extends BreakerInput {
  readonly failures: number;
  readonly failedAtMs: number;
  /** Length of the present rest, or of the last one; 0 where none was since it last closed. */
  readonly coolingMs: number;
  readonly coolsAtMs: number;
  /** The call that decides; null where nobody probes. */
  readonly probe: string | null;
  readonly probeUntilMs: number;
  /** Since when it is not closed, and since when it is; 0: never was. */
  readonly troubledAtMs: number;
  readonly closedAtMs: number;
  /** When a call last went well, to a minute; 0: none ever did. */
  readonly wellAtMs: number;
}

/** A success that tells nothing new is not worth a write. */
const WELL_EVERY_MS = 60_000;

const newBreaker = (input: BreakerInput | undefined): BreakerContext => ({
  // XState builds a throwaway actor without input once per machine; that one is never stepped.
  failuresMax: input?.failuresMax ?? 1,
  coolingFirstMs: input?.coolingFirstMs ?? 0,
  coolingLastMs: input?.coolingLastMs ?? 0,
  probeMs: input?.probeMs ?? 0,
  memoryMs: input?.memoryMs ?? 0,
  failures: 0,
  failedAtMs: 0,
  coolingMs: 0,
  coolsAtMs: 0,
  probe: null,
  probeUntilMs: 0,
  troubledAtMs: 0,
  closedAtMs: 0,
  wellAtMs: 0,
});

/** Failures of the row that one more at this moment would follow. */
const rowAt = ({ failures, failedAtMs, memoryMs }: BreakerContext, at: number): number =>
  at - failedAtMs > memoryMs ? 0 : failures;

/** What began before it last closed tells of the time before. */
const isFresh = ({ closedAtMs }: BreakerContext, event: BreakerEvent): boolean =>
  event.type === "call.failed" && event.begunAt >= closedAtMs;

export const breakerMachine = setup({
  types: {} as { context: BreakerContext; events: BreakerEvent; input: BreakerInput },
  actions: {
    count: assign(({ context, event }) =>
      event.type === "call.failed"
        ? { failures: Math.min(context.failuresMax, rowAt(context, event.at) + 1), failedAtMs: event.at }
        : {},
    ),
    rest: assign(({ context, event }) => {
      if (event.type !== "call.failed") return {};
      const { coolingFirstMs, coolingLastMs, coolingMs, troubledAtMs } = context;
      const restMs = coolingMs === 0 ? coolingFirstMs : Math.min(coolingLastMs, coolingMs * 2);
      return {
        coolingMs: restMs,
        coolsAtMs: event.at + restMs,
        probe: null,
        troubledAtMs: troubledAtMs === 0 ? event.at : troubledAtMs,
      };
    }),
    letProbe: assign(({ context, event }) =>
      event.type === "call.asked" ? { probe: event.by, probeUntilMs: event.at + context.probeMs } : {},
    ),
    freeProbe: assign({ probe: null }),
    wasWell: assign(({ event }) => (event.type === "call.succeeded" ? { failures: 0, wellAtMs: event.at } : {})),
    recover: assign(({ event }) =>
      event.type === "call.succeeded" ? { coolingMs: 0, probe: null, troubledAtMs: 0, closedAtMs: event.at } : {},
    ),
  },
  guards: {
    lastStraw: ({ context, event }) =>
      event.type === "call.failed" && isFresh(context, event) && rowAt(context, event.at) + 1 >= context.failuresMax,
    fresh: ({ context, event }) => isFresh(context, event),
    tellsNews: ({ context, event }) =>
      event.type === "call.succeeded" &&
      (context.failures > 0 || context.wellAtMs === 0 || event.at - context.wellAtMs >= WELL_EVERY_MS),
    cooled: ({ context, event }) => event.type === "call.asked" && event.at >= context.coolsAtMs,
    nobodyProbes: ({ context, event }) =>
      event.type === "call.asked" && (context.probe === null || event.at >= context.probeUntilMs),
    isProbe: ({ context, event }) => event.by === context.probe,
  },
}).createMachine({
  id: "breaker",
  version: "2",
  context: ({ input }) => newBreaker(input),
  options: { maxIterations: STEPS_MAX },
  initial: "closed",
  states: {
    closed: {
      on: {
        "call.succeeded": { guard: "tellsNews", actions: "wasWell" },
        "call.failed": [
          { guard: "lastStraw", target: "open", actions: ["count", "rest"] },
          { guard: "fresh", actions: "count" },
        ],
      },
    },
    open: {
      description: "Nothing is tried before it has cooled; what comes back late tells of the time before.",
      on: { "call.asked": { guard: "cooled", target: "halfOpen", actions: "letProbe" } },
    },
    halfOpen: {
      description: "One probe is out; its end decides.",
      on: {
        "call.asked": { guard: "nobodyProbes", actions: "letProbe" },
        "call.succeeded": { guard: "isProbe", target: "closed", actions: ["wasWell", "recover"] },
        "call.failed": { guard: "isProbe", target: "open", actions: ["count", "rest"] },
        "call.gone": { guard: "isProbe", actions: "freeProbe" },
      },
    },
  },
});
