/** What a call of a model came to, as the budget and the log are told of it. Pure. */
import type { Usage } from "../../infra/model/outcome.ts";
import { costNanoUsd, type TokenPrice } from "../../infra/model/prices.ts";
import type { Settlement } from "../../infra/store.ts";
import type { Usage as ToldUsage } from "../../machines/events/model.ts";

/** Nobody was asked, or nothing is known of it. */
export const NOTHING: ToldUsage = { inputTokens: 0, outputTokens: 0, cacheReadTokens: 0, cacheWriteTokens: 0 };
export const NO_COST: Settlement = {
  tokens: 0,
  nanoUsd: 0,
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  calls: 0,
  unpriced: 0,
};

export const promptTokens = (usage: Usage): number =>
  usage.inputTokens + (usage.cacheReadTokens ?? 0) + (usage.cacheWriteTokens ?? 0);

/** False where the server said nothing of a cache. */
export const isCacheTold = ({ cacheReadTokens, cacheWriteTokens }: Usage): boolean =>
  cacheReadTokens !== null || cacheWriteTokens !== null;

export function settlementOf(usage: Usage, price: TokenPrice | null, calls = 1): Settlement {
  const { inputTokens, outputTokens } = usage;
  return {
    tokens: promptTokens(usage) + outputTokens,
    nanoUsd: price === null ? 0 : costNanoUsd(usage, price),
    inputTokens,
    outputTokens,
    cacheReadTokens: usage.cacheReadTokens ?? 0,
    cacheWriteTokens: usage.cacheWriteTokens ?? 0,
    calls,
    unpriced: price === null ? calls : 0,
  };
}

export const toldUsage = (usage: Usage): ToldUsage => ({
  inputTokens: usage.inputTokens,
  outputTokens: usage.outputTokens,
  cacheReadTokens: usage.cacheReadTokens ?? 0,
  cacheWriteTokens: usage.cacheWriteTokens ?? 0,
  ...(usage.estimated ? { estimated: true } : {}),
});
