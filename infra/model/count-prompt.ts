/**
 * Asks a server what a prompt comes to: free, but a round trip. Servers that do not know the question are not asked it
 * again, and one that does not answer is left alone for a while; whoever asks goes on with a guess.
 */
import type Anthropic from "@anthropic-ai/sdk";
import { APIError } from "@anthropic-ai/sdk";
import { z } from "zod";
import type { Breaker } from "../breaker/breaker.ts";
import { betasOf, type ModelRequest, requestBody } from "./request.ts";

/** Tokens of the whole prompt; null where nobody can say. Never rejects for what a server or a network does. */
export type CountPrompt = (request: ModelRequest) => Promise<number | null>;

/** Longest wait, in milliseconds: a call that waits for its price has not begun yet. */
const TIMEOUT_MS = 2_000;
/** What a server that knows nothing of counting says. */
const UNKNOWN_HERE: readonly (number | undefined)[] = [404, 405, 501];

const answerSchema = z.object({ input_tokens: z.int().min(0) });

export function promptCounter(sdk: Anthropic, breaker: Breaker): CountPrompt {
  let isKnown = true;
  return async (request) => {
    if (!isKnown || breaker.ask().open) return null;
    const { max_tokens: _, stream: _s, metadata: _m, diagnostics: _d, ...prompt } = requestBody(request);
    try {
      // The body is canonical and wider than the SDK's types, as with a call.
      const params = prompt as unknown as Anthropic.MessageCountTokensParams;
      const betas = betasOf(request);
      const answer = await sdk.messages.countTokens(params, {
        ...(betas.length === 0 ? {} : { headers: { "anthropic-beta": betas.join() } }),
        timeout: TIMEOUT_MS,
        // The SDK's own limit ends at the headers.
        signal: AbortSignal.timeout(TIMEOUT_MS),
        maxRetries: 0,
      });
      const told = answerSchema.safeParse(answer);
      isKnown = told.success;
      breaker.tell(true);
      return told.data?.input_tokens ?? null;
    } catch (cause) {
      isKnown = !(cause instanceof APIError && UNKNOWN_HERE.includes(cause.status));
      breaker.tell(!isKnown);
      return null;
    }
  };
}
