/** What the provider's prompt cache did to the price of one call: saved, and lost where it was not read. Pure. */
import type { TokenPrice } from "./prices.ts";

/** How long a five-minute entry is kept, in milliseconds from the start of the request that wrote or read it last. */
export const CACHE_TTL_MS = 5 * 60_000;

/** Tokens of one call; what the server did not tell has no place here. */
export interface CallTokens {
  readonly read: number;
  readonly write: number;
  /** Neither read nor written. */
  readonly fresh: number;
  readonly output: number;
}

/** In nano-USD. */
export interface CallCost {
  readonly cost: number;
  /** The same call, had there been no cache. */
  readonly withoutCache: number;
  /** What was paid beyond a read for tokens that the cache held and that were not read from it. */
  readonly lost: number;
}

/** Tokens that the last request left in the cache and that this one did not read. */
export const missedTokens = ({ read }: Pick<CallTokens, "read">, cachedBefore: number): number =>
  Math.max(0, cachedBefore - read);

/** `cachedBefore`: read plus written tokens of the agent's last request; 0 for its first. */
export function callCost(tokens: CallTokens, cachedBefore: number, price: TokenPrice): CallCost {
  const { read, write, fresh, output } = tokens;
  const missed = missedTokens(tokens, cachedBefore);
  const writtenAgain = Math.min(missed, write);
  const sentAgain = Math.min(missed - writtenAgain, fresh);
  return {
    cost: read * price.read + write * price.write5m + fresh * price.input + output * price.output,
    withoutCache: (read + write + fresh) * price.input + output * price.output,
    lost: writtenAgain * (price.write5m - price.read) + sentAgain * (price.input - price.read),
  };
}
