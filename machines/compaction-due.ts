/**
 * When an agent makes its conversation shorter, and when it stops trying: a breaker of its own, so that a summariser that
 * always fails costs three calls and not one a turn. Pure.
 */

/** What an agent remembers of it. */
export interface Compaction {
  /** `full`: past its limits. `overflow`: the model was asked, and could not take it. Null: short enough. */
  readonly due: "full" | "overflow" | null;
  /** Failures in a row. */
  readonly failures: number;
  /** Model answers there were when it was last tried; -1: never. */
  readonly triedAt: number;
}

/** An agent whose conversation was never compacted. */
export const UNCOMPACTED: Compaction = { due: null, failures: 0, triedAt: -1 };

/** Failures in a row after which nothing is tried for a while. */
export const COMPACTION_FAILURES_MAX = 3;
/** Model answers after which one try decides whether it works again. */
export const COMPACTION_COOL_TURNS = 10;

/** Once a turn, and not while the breaker is open. */
export const mayCompact = ({ failures, triedAt }: Compaction, turn: number): boolean =>
  triedAt !== turn && (failures < COMPACTION_FAILURES_MAX || turn - triedAt >= COMPACTION_COOL_TURNS);
