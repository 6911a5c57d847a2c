/**
 * What somebody approved, and what became of it. Only an approval of exactly what was shown leads back: neither time nor
 * a definition that looks right again does. A capability that nobody has approved has no pin at all.
 *
 *   active ─(found otherwise)─▶ drifted ─(taken out)─▶ quarantined
 *      ▲                           │                        │
 *      └──────────(what was found is approved)──────────────┘
 */
import { assign, setup } from "xstate";
import { STEPS_MAX } from "./fold.ts";

/** What is approved when a capability is: by its hash, and by what its examples came to where it has some. */
export interface PinnedDefinition {
  /** SHA-256, in hexadecimal. */
  readonly hash: string;
  /** For people, to be compared line by line. */
  readonly text: string;
  /** Digest of what its examples came to; null where nobody looked. */
  readonly behaviour: string | null;
}

export interface PinApproval {
  readonly definition: PinnedDefinition;
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

export interface PinMoment {
  readonly what: "approved" | "drifted" | "quarantined";
  readonly hash: string;
  readonly by: string;
  readonly atMs: number;
  readonly reasons: readonly string[];
}

export type PinEvent =
  | {
      readonly type: "drift.found";
      readonly definition: PinnedDefinition;
      /** Why it is not what was approved, or not as it says; none where it is back as it was. */
      readonly reasons: readonly string[];
      readonly by: string;
      readonly atMs: number;
    }
  | { readonly type: "pin.quarantined"; readonly by: string; readonly atMs: number }
  | {
      readonly type: "approval.given";
      readonly hash: string;
      readonly behaviour: string | null;
      readonly by: string;
      readonly atMs: number;
    };

export interface PinContext {
  readonly approved: PinApproval;
  /** What stands in its place now; null while that is what was approved. */
  readonly found: { readonly definition: PinnedDefinition; readonly reasons: readonly string[] } | null;
  /** The newest last. */
  readonly history: readonly PinMoment[];
}

/** Moments of a pin that are kept. */
export const PIN_HISTORY_MAX = 20;
/** Reasons of one finding that are kept, and characters of each. */
const PIN_REASONS_MAX = 20;
const REASON_CHARS_MAX = 1_000;

type Found = Extract<PinEvent, { type: "drift.found" }>;
type Approved = Extract<PinEvent, { type: "approval.given" }>;

const kept = (reasons: readonly string[]): readonly string[] =>
  reasons.slice(0, PIN_REASONS_MAX).map((reason) => reason.slice(0, REASON_CHARS_MAX));

const remembered = (context: PinContext, moment: PinMoment): readonly PinMoment[] =>
  [...context.history, moment].slice(-PIN_HISTORY_MAX);

export const pinMachine = setup({
  types: {} as { context: PinContext; events: PinEvent; input: PinApproval },
  actions: {
    noteFound: assign(({ context, event }) => {
      const { definition, reasons, by, atMs } = event as Found;
      const moment: PinMoment = { what: "drifted", hash: definition.hash, by, atMs, reasons: kept(reasons) };
      return { found: { definition, reasons: kept(reasons) }, history: remembered(context, moment) };
    }),
    noteAgain: assign(({ event }) => {
      const { definition, reasons } = event as Found;
      return { found: { definition, reasons: kept(reasons) } };
    }),
    noteQuarantine: assign(({ context, event }) => {
      const { by, atMs } = event as Extract<PinEvent, { type: "pin.quarantined" }>;
      const { hash } = (context.found ?? context.approved).definition;
      const reasons = context.found?.reasons ?? [];
      return { history: remembered(context, { what: "quarantined", hash, by, atMs, reasons }) };
    }),
    noteApproval: assign(({ context, event }) => {
      const { by, atMs } = event as Approved;
      const { definition } = context.found ?? context.approved;
      const moment: PinMoment = { what: "approved", hash: definition.hash, by, atMs, reasons: [] };
      return { approved: { definition, by, atMs }, found: null, history: remembered(context, moment) };
    }),
  },
  guards: {
    differs: ({ context, event }) => {
      const { definition, reasons } = event as Found;
      return reasons.length > 0 || !isSame(context.approved.definition, definition);
    },
    isNews: ({ context, event }) => {
      const { definition, reasons } = event as Found;
      const { found } = context;
      return (
        found === null || !isSame(found.definition, definition) || found.reasons.join("\n") !== kept(reasons).join("\n")
      );
    },
    wasShown: ({ context, event }) => {
      const { hash, behaviour } = event as Approved;
      const shown = context.found?.definition;
      return shown !== undefined && shown.hash === hash && shown.behaviour === behaviour;
    },
  },
}).createMachine({
  id: "pin",
  version: "1",
  context: ({ input }) => {
    const approved = input ?? { definition: { hash: "", text: "", behaviour: null }, by: "", atMs: 0 };
    const { definition, by, atMs } = approved;
    return { approved, found: null, history: [{ what: "approved", hash: definition.hash, by, atMs, reasons: [] }] };
  },
  options: { maxIterations: STEPS_MAX },
  initial: "active",
  states: {
    active: {
      on: { "drift.found": { guard: "differs", target: "drifted", actions: "noteFound" } },
    },
    drifted: {
      description: "Nobody is offered it any more; agents that have it keep it until it is taken out.",
      on: {
        "drift.found": { guard: "isNews", actions: "noteAgain" },
        "pin.quarantined": { target: "quarantined", actions: "noteQuarantine" },
        "approval.given": { guard: "wasShown", target: "active", actions: "noteApproval" },
      },
    },
    quarantined: {
      description: "The gate refuses it.",
      on: {
        "drift.found": { guard: "isNews", actions: "noteAgain" },
        "approval.given": { guard: "wasShown", target: "active", actions: "noteApproval" },
      },
    },
  },
});

/** Of two looks, one may not have gone as far: where only one of them tried the examples, the definition decides. */
function isSame(approved: PinnedDefinition, found: PinnedDefinition): boolean {
  if (approved.hash !== found.hash) return false;
  return approved.behaviour === null || found.behaviour === null || approved.behaviour === found.behaviour;
}
