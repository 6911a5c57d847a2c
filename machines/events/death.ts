/** The black box: what an event that tells of a death says was known of who died. */
import { z } from "zod";

/**
 * `intended`: it was not begun, and is by nobody unless it is ordered anew. `started`: a process is still at it. `done`: it is
 * known how it came out, only its actor was not told. `unknown`: it may or may not have happened.
 */
const LEFT_STATES = ["intended", "started", "done", "unknown"] as const;

const leftEffect = z.object({
  effect: z.string(),
  kind: z.string(),
  tool: z.string().optional(),
  call: z.string().optional(),
  status: z.enum(LEFT_STATES),
  /** In words: how anybody knows. */
  said: z.string(),
});

export type LeftEffect = z.infer<typeof leftEffect>;

/** Unanswered effects that one event names, at most. */
export const LEFT_MAX = 50;

const blackBox = z.object({
  /** Path of the state it was in; "" before its first step. Of a run: its coordinator's. */
  state: z.string(),
  /** Log position: last event of the run when this was read. */
  lastSeq: z.int(),
  /** First event of the actor's last step, 0 where it took none. */
  stepSeq: z.int(),
  /** What it had out and nobody had answered, at most {@link LEFT_MAX}. */
  effects: z.array(leftEffect),
  /** Those beyond. Absent: none. */
  effectsMore: z.int().optional(),
  /** Of its run, as it stood then: used, held for calls that are out, and its limits, in tokens and billionths of a US dollar. */
  budget: z.object({
    tokens: z.int(),
    nanoUsd: z.int(),
    heldTokens: z.int(),
    heldNanoUsd: z.int(),
    tokensMax: z.int().nullable(),
    nanoUsdMax: z.int().nullable(),
    /** Calls whose price nobody knows: `nanoUsd` is without them. Absent: none. */
    unpriced: z.int().optional(),
  }),
});

export type BlackBox = z.infer<typeof blackBox>;

/** Of an event that is never told without it. */
export const box = blackBox.shape;
/** Of one that older logs tell without it. */
export const boxIfKnown = blackBox.partial().shape;
