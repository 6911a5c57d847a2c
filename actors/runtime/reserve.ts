/** Prices the next model call before it is ordered: what its prompt will come to, and what its answer may cost. */
import { promptGrowth } from "./conversation.ts";
import type { ModelCallDeps } from "./effects/model-call.ts";
import type { Reserve } from "./step.ts";

/**
 * Bytes per token for what was added since the last answer: rather too many tokens than too few, because the
 * budget must hold and source maps have 1.4 (bytes per token, an old tokenizer on real source files). A calibrated
 * estimate is still to come (docs/decisions/0074).
 */
const NEW_BYTES_PER_TOKEN = 1.6;
/** For the first prompt, which nothing is known of. */
const FIRST_BYTES_PER_TOKEN = 2.5;

export function reserveFor({ access }: ModelCallDeps): Reserve {
  return (run, session, entries) => {
    const { knownTokens, newBytes } = promptGrowth(entries);
    const fixed = knownTokens > 0 ? 0 : Buffer.byteLength(JSON.stringify([session.system, session.tools]));
    const perToken = knownTokens > 0 ? NEW_BYTES_PER_TOKEN : FIRST_BYTES_PER_TOKEN;
    const inTokens = knownTokens + Math.ceil((newBytes + fixed) / perToken);
    const price = access(run.binding).price(session.model, inTokens);
    return {
      inTokens,
      outTokensWanted: session.outTokens.wanted,
      outTokensLeast: session.outTokens.least,
      // A prompt that misses the cache is written to it: the dearest way it can come.
      inNanoUsd: price === null ? 0 : Math.max(price.input, price.write5m),
      outNanoUsd: price?.output ?? 0,
    };
  };
}
