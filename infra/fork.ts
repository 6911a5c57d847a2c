/** What a forked run is made of: everything its actors had at the moment of the fork, ready to be written. */
import type { BudgetLimits, Mail } from "./store.ts";

export interface ForkedActor {
  readonly actor: string;
  readonly type: string;
  /** JSON of its row. */
  readonly row: string;
  /** Null before its first step, like `core`. */
  readonly machine: string | null;
  readonly version: number;
  readonly core: string | null;
  readonly rows: ReadonlyMap<string, string>;
  readonly transcript: readonly string[];
  readonly session: string | null;
  readonly mail: readonly Mail[];
  /** Effects to begin, as if they had been ordered and never begun. */
  readonly pending: readonly { readonly id: string; readonly json: string }[];
  readonly timers: readonly { readonly id: string; readonly armedBy: number; readonly delayMs: number }[];
  /** Why it is over for good; null where it is not. */
  readonly fenced: string | null;
  /** Its own share of the budget, which it has anew; null where it has none. */
  readonly budget: BudgetLimits | null;
}

export interface ForkedRun {
  readonly run: string;
  /** Fields of its row; status, times and numbering are the store's. */
  readonly fields: Readonly<Record<string, string>>;
  readonly budget: BudgetLimits;
  readonly briefs: Readonly<Record<string, string>>;
  readonly results: Readonly<Record<string, string>>;
  readonly actors: readonly ForkedActor[];
  /** First entries of its log: `run/actor/type`, body (JSON), events in it. */
  readonly log: readonly { readonly member: string; readonly body: string; readonly events: number }[];
}
