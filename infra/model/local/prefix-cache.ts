/**
 * A simulation of the provider's prompt cache, so that offline runs show where a prefix breaks. Its figures are an
 * estimate by bytes and must be labelled as simulated wherever they appear; nothing is made faster by it.
 */
import { createHash } from "node:crypto";
import { type CountRequest, isMarked, type WireRequestBlock } from "./messages-request.ts";

/** UTF-8 bytes per token. No tokeniser is involved; against real ones this errs by some 20 % either way, code more than prose. */
export const BYTES_PER_TOKEN = 3.5;

/** Five minutes, in milliseconds, refreshed by each read. The hour-long kind is treated alike. */
const ttlMs = 300_000;

/** How far back from a mark the provider looks for an entry; a run of tool calls or of tool results counts as one position. */
const lookbackPositions = 20;

/** Entries kept; the oldest go first. An entry is a hash and a time. */
const entriesMax = 10_000;

export interface PromptUsage {
  readonly input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
}

/** A part of the prompt; the order of the cache is tools, system, messages. */
export interface Segment {
  /** Hash of everything up to and including this part. */
  readonly hash: string;
  /** Tokens up to and including this part. */
  readonly tokens: number;
  readonly marked: boolean;
  readonly kind: "tools" | "system" | "messages";
  readonly run: string | null;
}

/** A prompt as the cache sees it. */
export interface Prompt {
  readonly model: string;
  readonly segments: readonly Segment[];
  /** The whole of it, in tokens. */
  readonly tokens: number;
  /** Equal for equal prompts: what the ids of an answer are derived from. Marks are no part of it. */
  readonly hash: string;
}

/** Tokens of a text by the stated estimate. */
export function estimateTokens(text: string): number {
  return tokensOfBytes(Buffer.byteLength(text));
}

/** The bytes of an answer that fit into `tokens`. */
export function bytesOfTokens(tokens: number): number {
  return Math.floor(tokens * BYTES_PER_TOKEN);
}

function tokensOfBytes(bytes: number): number {
  return Math.ceil(bytes / BYTES_PER_TOKEN);
}

export class PrefixCache {
  readonly #nowMs: () => number;
  readonly #expiresAtMs = new Map<string, number>();

  constructor(nowMs: () => number = Date.now) {
    this.#nowMs = nowMs;
  }

  /** What a prompt costs now; it leaves entries behind for the next. */
  charge({ model, segments, tokens: total }: Prompt): PromptUsage {
    const now = this.#nowMs();
    const minimum = minimumTokens(model);
    const marks = segments.flatMap((segment, at) => (segment.marked && segment.tokens >= minimum ? [at] : []));
    const read = Math.max(0, ...marks.map((at) => this.#longestRead(segments, at, now)));
    const written = Math.max(read, ...marks.map((at) => segments[at]?.tokens ?? 0));
    for (const at of marks) this.#keep(segments[at]?.hash ?? "", now);
    return {
      input_tokens: total - written,
      cache_creation_input_tokens: written - read,
      cache_read_input_tokens: read,
    };
  }

  #longestRead(segments: readonly Segment[], mark: number, now: number): number {
    let position = 0;
    for (let at = mark; at >= 0 && position < lookbackPositions; at -= 1) {
      const segment = segments[at];
      if (segment === undefined) return 0;
      if ((this.#expiresAtMs.get(segment.hash) ?? 0) > now) {
        this.#keep(segment.hash, now);
        return segment.tokens;
      }
      if (segment.run === null || segment.run !== segments[at - 1]?.run) position += 1;
    }
    return 0;
  }

  #keep(hash: string, now: number): void {
    this.#expiresAtMs.delete(hash);
    this.#expiresAtMs.set(hash, now + ttlMs);
    if (this.#expiresAtMs.size <= entriesMax) return;
    const [oldest] = this.#expiresAtMs.keys();
    if (oldest !== undefined) this.#expiresAtMs.delete(oldest);
  }
}

export function promptOf(request: CountRequest): Prompt {
  const segments = segmentsOf(request);
  const last = segments.at(-1);
  return { model: request.model, segments, tokens: last?.tokens ?? 0, hash: last?.hash ?? "" };
}

function segmentsOf(request: CountRequest): Segment[] {
  const segments: Segment[] = [];
  let hash = createHash("sha256").update(request.model).digest("hex");
  let bytes = 0;
  const add = (part: { readonly cache_control?: unknown }, place: string, run: string | null, nested = false) => {
    const content = JSON.stringify(part, (key, value) => (key === "cache_control" ? undefined : value));
    bytes += Buffer.byteLength(content);
    hash = createHash("sha256").update(hash).update(place).update(content).digest("hex");
    segments.push({ hash, tokens: tokensOfBytes(bytes), marked: nested || isMarked(part), kind: kindOf(place), run });
  };
  for (const tool of request.tools) add(tool, "tool", null);
  for (const part of request.system) add(part, "system", null);
  for (const [at, { role, content }] of request.messages.entries())
    for (const part of content) add(part, `${at}:${role}`, runOf(part), hasNestedMark(part));
  const last = segments.at(-1);
  if (last !== undefined && isMarked(request)) segments[segments.length - 1] = { ...last, marked: true };
  return segments;
}

const kindOf = (place: string): Segment["kind"] =>
  place === "tool" ? "tools" : place === "system" ? "system" : "messages";

function runOf(part: WireRequestBlock): string | null {
  return part.type === "tool_use" || part.type === "tool_result" ? part.type : null;
}

function hasNestedMark(part: WireRequestBlock): boolean {
  return part.type === "tool_result" && Array.isArray(part.content) && part.content.some(isMarked);
}

/** The shortest prefix that is cached, in tokens, from the provider's documentation; unlisted models get its middle value. */
function minimumTokens(model: string): number {
  if (/^claude-(sonnet-5-5|(opus|fable|mythos)-5(-1)?)$/.test(model)) return 512;
  if (/^claude-opus-4-7/.test(model)) return 2_048;
  if (/^claude-(opus-4-[56]|haiku-4-5)/.test(model)) return 4_096;
  return 1_024;
}
