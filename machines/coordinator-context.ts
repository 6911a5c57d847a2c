/** What a coordinator is born with and what it remembers; how its run came out is read off that. */
import type { RunEnd } from "./effect.ts";
import { type PlannedTask, verdict } from "./task-graph.ts";
import { FRESH_LEDGER, type Ledger, type LedgerInput, type RunPolicy, type SupervisionPolicy } from "./task-ledger.ts";

export interface CoordinatorInput {
  readonly actor: string;
  readonly graph: readonly PlannedTask[];
  /** Agents of this run that work at once. */
  readonly parallelMax: number;
  /** Whether verified tasks count although others ended badly. */
  readonly tolerateFailures: boolean;
  /** The run's own: what chance there is in its waits is drawn from it. */
  readonly seed?: string;
  /** Branch of the working tree that is the run's own; null where its agents work in the folder itself. */
  readonly branch?: string | null;
  /** Absent: each for itself, `RESTARTS_MAX` restarts in the whole run, and what is given up does not end the rest. */
  readonly supervision?: SupervisionPolicy;
  /** New plans that may be asked for where a task is given up, at most; 0 where absent. */
  readonly replansMax?: number;
  /** Whether an agent puts the verified results together at the end. */
  readonly synthesis?: boolean;
}

export interface CoordinatorContext extends Ledger {
  readonly problems: readonly string[];
  /** Commit that holds the run's work, once it was collected. */
  readonly commit: string | null;
  /** True once all the work is where it was meant for; at once where there was none. */
  readonly home: boolean;
  /** Why the work lies in its branch and not where it was meant for. */
  readonly left: string | null;
  /** Actors whose time runs, and restarts that are to be forgotten, by the names of their timers. */
  readonly clocks: readonly string[];
}

/** Null for a run that was asked for no more than its graph. */
const policyOf = ({ supervision, replansMax, synthesis }: Partial<CoordinatorInput> = {}): RunPolicy | null =>
  supervision === undefined && (replansMax ?? 0) === 0 && synthesis !== true
    ? null
    : { supervision: supervision ?? null, replansMax: replansMax ?? 0, synthesis: synthesis ?? false };

export const bornWith = (input: CoordinatorInput | undefined): LedgerInput => ({
  // XState builds a throwaway actor without input once; that one is never stepped.
  actor: input?.actor ?? "",
  seed: input?.seed ?? "",
  parallelMax: input?.parallelMax ?? 0,
  tolerateFailures: input?.tolerateFailures ?? false,
  branch: input?.branch ?? null,
  policy: policyOf(input),
});

/** What holds until something happens; not stored while it does. */
export const FRESH = { ...FRESH_LEDGER, problems: [], commit: null, home: false, left: null, clocks: [] };

/** What did not come out well, or is not wanted any more, goes nowhere: nobody is asked either. */
export const mayGo = (context: CoordinatorContext): boolean =>
  context.cancelReason === null && cameOut(context) === "completed";

/** What else keeps it from being whole, in words: also work in the tree that was taken back when it was too late. */
export const shortOf = ({ shortfall, stale }: CoordinatorContext): readonly string[] => [
  ...(shortfall === null ? [] : [shortfall]),
  ...(stale ? ["the run's work holds what was revoked"] : []),
];

export const cameOut = (context: CoordinatorContext): RunEnd =>
  shortOf(context).length > 0 ? "failed" : verdict(context.tasks, context.input.tolerateFailures).status;
