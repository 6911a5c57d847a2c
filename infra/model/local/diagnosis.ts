/**
 * Remembers the prompts behind the answers that it gave, and says what of the next one is not as it was: the same words
 * as the official server's cache diagnosis, so that what reads them is tried where nobody is billed.
 */
import type { Prompt, Segment } from "./prefix-cache.ts";

export interface Diagnosis {
  readonly cache_miss_reason: {
    readonly type:
      | "model_changed"
      | "tools_changed"
      | "system_changed"
      | "messages_changed"
      | "previous_message_not_found";
    readonly cache_missed_input_tokens?: number;
  };
}

/** Answers that are remembered, at most; the oldest are forgotten. */
const ANSWERS_MAX = 500;

const KINDS = ["tools", "system", "messages"] as const;

export class AnsweredPrompts {
  readonly #prompts = new Map<string, Pick<Prompt, "model" | "segments" | "tokens">>();

  /** `id`: of the answer that this prompt gets. */
  keep(id: string, { model, segments, tokens }: Prompt): void {
    this.#prompts.delete(id);
    this.#prompts.set(id, { model, segments, tokens });
    const [oldest] = this.#prompts.keys();
    if (this.#prompts.size > ANSWERS_MAX && oldest !== undefined) this.#prompts.delete(oldest);
  }

  /** Null where the prompt goes on from the one that the answer `previous` was given to, or none was named. */
  diagnose(previous: string | null | undefined, { model, segments }: Prompt): Diagnosis | null {
    if (previous === null || previous === undefined) return null;
    const before = this.#prompts.get(previous);
    if (before === undefined) return { cache_miss_reason: { type: "previous_message_not_found" } };
    if (before.model !== model) return missed("model_changed", before.tokens);
    const at = before.segments.findIndex(({ hash }, index) => segments[index]?.hash !== hash);
    if (at < 0) return null;
    const kind = earlier(before.segments[at], segments[at]);
    return missed(`${kind}_changed`, before.tokens - (before.segments[at - 1]?.tokens ?? 0));
  }
}

const missed = (type: Diagnosis["cache_miss_reason"]["type"], tokens: number): Diagnosis => ({
  cache_miss_reason: { type, cache_missed_input_tokens: tokens },
});

/** Where a tool stands that was not there before, the tools changed, whatever stood there. */
function earlier(one: Segment | undefined, other: Segment | undefined): Segment["kind"] {
  const rank = (segment: Segment | undefined): number =>
    segment === undefined ? KINDS.length - 1 : KINDS.indexOf(segment.kind);
  return KINDS[Math.min(rank(one), rank(other))] ?? "messages";
}
