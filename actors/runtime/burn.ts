/** How fast a run spends, and when its budget ends if it goes on so. Pure. */

export interface Spent {
  readonly atMs: number;
  readonly tokens: number;
  readonly nanoUsd: number;
}

export interface Burn {
  readonly tokensPerMinute: number;
  readonly usdPerMinute: number;
  /** Until the first of its limits; null where it has none, or spends nothing. */
  readonly minutesLeft: number | null;
}

export interface LeftOver {
  /** Null: no limit, or nobody knows. */
  readonly tokens: number | null;
  readonly usd: number | null;
}

/** What is looked at, in milliseconds before now: an hour ago it was another run. */
export const BURN_WINDOW_MS = 300_000;
/** Less than this is no rate yet. */
const WINDOW_LEAST_MS = 10_000;

/** `sinceMs`: when the run began. Null where there is too little to tell. */
export function burnOf(
  spent: readonly Spent[],
  { nowMs, sinceMs, left }: { readonly nowMs: number; readonly sinceMs: number; readonly left: LeftOver },
): Burn | null {
  const fromMs = Math.max(sinceMs, nowMs - BURN_WINDOW_MS);
  const recent = spent.filter(({ atMs }) => atMs >= fromMs && atMs <= nowMs);
  const minutes = (nowMs - fromMs) / 60_000;
  if (recent.length === 0 || nowMs - fromMs < WINDOW_LEAST_MS) return null;
  const tokensPerMinute = recent.reduce((sum, { tokens }) => sum + tokens, 0) / minutes;
  const usdPerMinute = recent.reduce((sum, { nanoUsd }) => sum + nanoUsd, 0) / minutes / 1e9;
  const ends = [ofLeft(left.tokens, tokensPerMinute), ofLeft(left.usd, usdPerMinute)].filter((one) => one !== null);
  return { tokensPerMinute, usdPerMinute, minutesLeft: ends.length === 0 ? null : Math.min(...ends) };
}

const ofLeft = (left: number | null, perMinute: number): number | null =>
  left === null || perMinute <= 0 ? null : left / perMinute;
