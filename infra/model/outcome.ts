/**
 * What became of one model call. Everything a server or a network can do is one of these values; the machine decides
 * what follows, and whoever waits before another attempt is a timer of the statechart, never this room.
 */
import type { LimitsSaid } from "../breaker/pacing.ts";
import type { ContentBlock } from "./message.ts";

/** Tokens. `null` means that the server did not say, which is not the same as none. */
export interface Usage {
  /** Uncached input only: the rest of the prompt is in the two cache figures. */
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number | null;
  readonly cacheWriteTokens: number | null;
  /** True when a figure was not reported but counted by us from what the stream had shown. */
  readonly estimated: boolean;
}

export const noUsage: Usage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: null,
  cacheWriteTokens: null,
  estimated: false,
};

export type StopReason =
  | "end_turn"
  | "max_tokens"
  | "stop_sequence"
  | "tool_use"
  | "pause_turn"
  | "refusal"
  | "model_context_window_exceeded"
  | "other";

/** Why its server says that it could not read the prompt from its cache as far as the last request had left it. */
export interface CacheMiss {
  /** The server's own word, such as `system_changed`. */
  readonly reason: string;
  /** About; null where it did not say. */
  readonly missedTokens: number | null;
}

export interface AnsweredMessage {
  readonly id: string;
  /** The model that answered, which need not be the one asked. */
  readonly model: string;
  /** Verbatim and complete. A tool call that the token limit cut in half is not in here. */
  readonly content: readonly ContentBlock[];
  readonly stopReason: StopReason;
  /** The server's own word, also where `stopReason` is `other`. */
  readonly rawStopReason: string | null;
  /** Such as the category of a refusal; as sent. */
  readonly stopDetails?: unknown;
  /** It comes from a server of this project that plays a model. */
  readonly simulated?: true;
  /** Absent where nothing was missed, or the server was not asked. */
  readonly cacheMiss?: CacheMiss;
  /** True when the last tool call was cut by the token limit and left out. */
  readonly toolUseCut: boolean;
}

export type FailureReason =
  | "overloaded"
  | "rate_limited"
  | "server_error"
  /** The connection broke, or ended before `message_stop`. */
  | "cut"
  /** Nothing came for longer than the watchdog allows, before the first byte or after it. */
  | "idle"
  /** No connection was made: refused, unknown host, TLS. */
  | "refused_connection"
  | "aborted"
  | "invalid_request"
  | "authentication"
  | "permission"
  | "not_found"
  | "too_large"
  | "billing"
  /** The server answered something that is not the Messages API. */
  | "malformed";

export interface Answered {
  readonly kind: "answered";
  readonly message: AnsweredMessage;
  readonly usage: Usage;
  readonly requestId: string | null;
  /** From the call to the first piece of content, in milliseconds; absent when the answer had none. */
  readonly firstTokenMs?: number;
  /** What the server said of its rate limits. */
  readonly limits?: LimitsSaid;
}

export interface Failed {
  readonly kind: "failed";
  readonly reason: FailureReason;
  /** Whether the same request may succeed later. Each attempt is billed anew: there is no idempotency key. */
  readonly retry: boolean;
  /** The server's wish, in milliseconds, at most five minutes. */
  readonly retryAfterMs?: number;
  /** At most 2,000 characters on one line, credentials masked. */
  readonly message: string;
  readonly requestId: string | null;
  /** What was shown before the fault; zero when nothing was. */
  readonly usage: Usage;
  /** True when a model may have worked although no final usage was seen: settle the whole reservation. */
  readonly mayBeBilled: boolean;
  /** The visible text before the fault. For people to look at; never an answer, and never with tool calls. */
  readonly partialText?: string;
  /** What the server said of its rate limits. */
  readonly limits?: LimitsSaid;
}

export type ModelOutcome = Answered | Failed;

/** A piece of a running answer, for display only. */
export interface ModelDelta {
  readonly kind: "text" | "thinking" | "tool_input";
  /** The position of its block in the message. */
  readonly index: number;
  readonly text: string;
}
