/** How a Messages server speaks: documents, error envelopes and the order of the events of a stream. Pure. */
import type { Diagnosis } from "./diagnosis.ts";

export type WireBlock =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "tool_use";
      readonly id: string;
      readonly name: string;
      readonly input: Readonly<Record<string, unknown>>;
      /** Streamed instead of `input`, where the token limit cut its JSON. */
      readonly cutInputJson?: string;
    }
  | { readonly type: "thinking"; readonly thinking: string; readonly signature: string }
  | { readonly type: "redacted_thinking"; readonly data: string }
  | { readonly type: "compaction"; readonly content: string | null; readonly signature: string };

/** Tokens; `output_tokens` of the whole answer. */
export interface WireMessageUsage {
  readonly input_tokens: number;
  readonly cache_creation_input_tokens: number;
  readonly cache_read_input_tokens: number;
  readonly output_tokens: number;
}

export interface WireMessage {
  readonly id: string;
  readonly model: string;
  readonly content: readonly WireBlock[];
  readonly stopReason: string;
  readonly usage: WireMessageUsage;
  /** Why the cache was not read as far as it could be; null where it was, or nobody asked. */
  readonly diagnostics?: Diagnosis | null;
}

export interface WireEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Characters in one piece of a stream: small enough that every client has to join pieces, large enough to be cheap. */
const pieceCharacters = 256;

export const ping: WireEvent = { type: "ping" };

/** The first event, which says of itself that no model speaks; it can be sent before the answer is known, for it holds only what the prompt cost. */
export function messageStart(message: Pick<WireMessage, "id" | "model" | "usage" | "diagnostics">): WireEvent {
  return {
    type: "message_start",
    message: {
      id: message.id,
      type: "message",
      role: "assistant",
      model: message.model,
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...message.usage, output_tokens: 1 },
      diagnostics: message.diagnostics ?? null,
      simulated: true,
    },
  };
}

/** Everything after `message_start`, in the order that the official server keeps, `message_stop` last. */
export function messageRest(message: WireMessage): WireEvent[] {
  return [
    ...message.content.flatMap(blockEvents),
    {
      type: "message_delta",
      delta: { stop_reason: message.stopReason, stop_sequence: null },
      usage: message.usage,
    },
    { type: "message_stop" },
  ];
}

/** The answer to a request that did not ask for a stream. A tool call that was cut is not in it. */
export function messageDocument(message: WireMessage): Record<string, unknown> {
  return {
    id: message.id,
    type: "message",
    role: "assistant",
    model: message.model,
    content: message.content.filter((block) => block.type !== "tool_use" || block.cutInputJson === undefined),
    stop_reason: message.stopReason,
    stop_sequence: null,
    usage: message.usage,
    diagnostics: message.diagnostics ?? null,
    simulated: true,
  };
}

export function encodeEvent(event: WireEvent): string {
  return `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

export function errorEnvelope(type: string, message: string, requestId: string): WireEvent {
  return { type: "error", error: { type, message }, request_id: requestId };
}

function blockEvents(block: WireBlock, index: number): WireEvent[] {
  const start = { type: "content_block_start", index, content_block: emptied(block) };
  const deltas = deltasOf(block).map((delta) => ({ type: "content_block_delta", index, delta }));
  return [start, ...(index === 0 ? [ping] : []), ...deltas, { type: "content_block_stop", index }];
}

function emptied(block: WireBlock): Record<string, unknown> {
  switch (block.type) {
    case "text":
      return { type: "text", text: "" };
    case "tool_use":
      return { type: "tool_use", id: block.id, name: block.name, input: {} };
    case "thinking":
      return { type: "thinking", thinking: "", signature: "" };
    case "redacted_thinking":
      return { ...block };
    case "compaction":
      return { ...block, content: null };
  }
}

function deltasOf(block: WireBlock): Record<string, unknown>[] {
  switch (block.type) {
    case "text":
      return pieces(block.text).map((text) => ({ type: "text_delta", text }));
    case "tool_use": {
      const json = pieces(block.cutInputJson ?? JSON.stringify(block.input));
      return ["", ...json].map((partial_json) => ({ type: "input_json_delta", partial_json }));
    }
    case "thinking": {
      const thinking = pieces(block.thinking).map((piece) => ({ type: "thinking_delta", thinking: piece }));
      return [...thinking, { type: "signature_delta", signature: block.signature }];
    }
    case "redacted_thinking":
      return [];
    case "compaction":
      return [{ type: "compaction_delta", content: block.content, encrypted_content: null }];
  }
}

function pieces(text: string): string[] {
  const found: string[] = [];
  for (let at = 0; at < text.length; at += pieceCharacters) found.push(text.slice(at, at + pieceCharacters));
  return found;
}
