/**
 * What runs have left of their budgets, as of a moment ago: enough to tell a guess that matters from one that does not.
 * Whether a budget reaches is never decided here; the commit alone knows.
 */
import { shownBudget } from "./spending.ts";

export interface Left {
  /** Null: no limit. */
  readonly tokens: number | null;
  readonly nanoUsd: number | null;
}

export interface BudgetView {
  /** As last seen; undefined where this process has not looked. */
  known(run: string): Left | undefined;
  /** Null where the store does not say at this moment. */
  look(run: string): Promise<Left | null>;
  /** Looks again, sometime; nobody waits for it. */
  refresh(run: string): void;
}

/** Runs that are remembered, at most. */
const RUNS_MAX = 1_000;

/** `budget`: the amounts of a run as the reader tells them. */
export function budgetView(budget: (run: string) => Promise<Readonly<Record<string, string>>>): BudgetView {
  const seen = new Map<string, Left>();
  const looking = new Set<string>();
  const look = async (run: string): Promise<Left | null> => {
    try {
      const { tokens, usd } = shownBudget(await budget(run));
      const left = { tokens: tokens.left, nanoUsd: usd.left === null ? null : usd.left * 1e9 };
      if (!seen.has(run) && seen.size >= RUNS_MAX) seen.clear();
      seen.set(run, left);
      return left;
    } catch {
      // A hint that is not to be had: the call goes out on what was guessed, and the commit decides.
      return null;
    }
  };
  return {
    known: (run) => seen.get(run),
    look,
    refresh(run) {
      if (looking.has(run)) return;
      looking.add(run);
      const over = (): boolean => looking.delete(run);
      look(run).then(over, over);
    },
  };
}
