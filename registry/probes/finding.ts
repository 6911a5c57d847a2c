/**
 * The vocabulary of the structural probes: the twelve primitives, what a finding is, and how strong it is. A hit is a
 * claim about one line that anyone can read again.
 */
export const primitiveIds = [
  "tool-registry",
  "permission-system",
  "session-persistence",
  "workflow-state",
  "token-budget",
  "streaming-events",
  "system-event-log",
  "two-level-verification",
  "tool-pool-assembly",
  "transcript-compaction",
  "permission-audit-trail",
  "agent-type-system",
] as const;

export type PrimitiveId = (typeof primitiveIds)[number];

/** Weakest first. Only `effect` says that the code does it; `test` says that a test asserts it. */
export const strengths = ["name", "declaration", "called", "effect", "test"] as const;
export type Strength = (typeof strengths)[number];

/** One condition of a primitive. Present means an effect for every required one. */
export interface Aspect {
  readonly id: string;
  readonly required: boolean;
  readonly text: string;
  /** So many effects at different lines are needed; one when absent. */
  readonly atLeast?: number;
  /** Means something only beside another aspect: alone it does not even make the primitive partial. */
  readonly supporting?: true;
}

/** Begins the name of a line that no probe fires on: whoever claims it has read it there, and says so. */
export const READ_MARK = "read:";

/** What a probe found in one file; `offset` is where, in UTF-16 units of the source. */
export interface Finding {
  readonly probe: string;
  readonly aspect: string;
  readonly strength: Strength;
  readonly offset: number;
  readonly note: string;
  /** How apt the line is as evidence, beside others of the same strength: 0 (as any) to 9. */
  readonly apt?: number;
}

/** The same, as others read it. `quote` is the whole source line, trimmed. */
export interface Hit {
  readonly probe: string;
  readonly aspect: string;
  readonly strength: Strength;
  readonly path: string;
  readonly line: number;
  readonly quote: string;
  readonly note: string;
}
