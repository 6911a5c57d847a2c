/**
 * The door of the local Messages server: a request is taken whole or refused with the error that the official server
 * would give, so that a conversation which works here is legal there too.
 */
import { z } from "zod";
import type { BrainBlock, BrainMessage, BrainRequest } from "./brain.ts";
import { RequestError } from "./reply.ts";

/** The official server takes four. */
const marksMax = 4;

const mark = z.object({ type: z.literal("ephemeral"), ttl: z.enum(["5m", "1h"]).optional() }).nullish();
const name = z.string().regex(/^[a-zA-Z0-9_-]{1,128}$/);
const toolId = z.string().regex(/^[a-zA-Z0-9_-]{1,200}$/);
const text = z.looseObject({ type: z.literal("text"), text: z.string(), cache_control: mark });
const opaque = z.looseObject({
  type: z.enum(["thinking", "redacted_thinking", "image", "document"]),
  cache_control: mark,
});
const toolUse = z.looseObject({
  type: z.literal("tool_use"),
  id: toolId,
  name,
  input: z.record(z.string(), z.unknown()),
  cache_control: mark,
});
const toolResult = z.looseObject({
  type: z.literal("tool_result"),
  tool_use_id: toolId,
  content: z.union([z.string(), z.array(z.discriminatedUnion("type", [text, opaque]))]).optional(),
  is_error: z.boolean().optional(),
  cache_control: mark,
});
/** What the official server wrote when it was asked for a summary; here it is only checked where it stands. */
const compaction = z.looseObject({ type: z.literal("compaction"), content: z.string().nullish(), cache_control: mark });
const block = z.discriminatedUnion("type", [text, opaque, toolUse, toolResult, compaction]);
export type WireRequestBlock = z.output<typeof block>;

const message = z.strictObject({
  role: z.enum(["user", "assistant"]),
  content: z
    .union([z.string().min(1), z.array(block).min(1)])
    .transform((content): WireRequestBlock[] =>
      typeof content === "string" ? [{ type: "text", text: content }] : content,
    ),
});

const gone = z.never("not a parameter of this version of the API").optional();

const countRequest = z.looseObject({
  model: z.string().min(1).max(256),
  system: z
    .union([z.string(), z.array(text)])
    .default([])
    .transform((system) => (typeof system === "string" ? [{ type: "text" as const, text: system }] : system)),
  tools: z
    .array(
      z.looseObject({
        type: z.literal("custom").optional(),
        name,
        description: z.string().default(""),
        input_schema: z.looseObject({ type: z.literal("object") }),
        cache_control: mark,
      }),
    )
    .max(10_000)
    .default([]),
  messages: z.array(message).min(1).max(100_000),
  tool_choice: z.looseObject({ type: z.enum(["auto", "none"]) }).optional(),
  // Sampling left the API with version 2026-10-21.
  temperature: gone,
  top_p: gone,
  top_k: gone,
  cache_control: mark,
});
const messagesRequest = countRequest.extend({
  diagnostics: z.object({ previous_message_id: z.string().max(200).nullish() }).nullish(),
  /** A summary on demand; whether there is one is for the server behind this door to say. */
  compaction: z.looseObject({ type: z.literal("summarize") }).nullish(),
  max_tokens: z.number().int().nonnegative(),
  stream: z.boolean().default(false),
});

export type CountRequest = z.output<typeof countRequest>;
export type MessagesRequest = z.output<typeof messagesRequest>;

/** @throws RequestError 400, saying what is wrong */
export function parseMessagesRequest(body: unknown): MessagesRequest {
  return checked(messagesRequest.safeParse(body));
}

/** @throws RequestError 400 */
export function parseCountRequest(body: unknown): CountRequest {
  return checked(countRequest.safeParse(body));
}

function checked<T extends CountRequest>(result: z.ZodSafeParseResult<T>): T {
  if (!result.success) {
    const [issue] = result.error.issues;
    throw invalid(`${issue?.path.join(".") || "body"}: ${issue?.message ?? "invalid"}`);
  }
  checkTurns(result.data);
  checkMarks(result.data);
  return result.data;
}

function invalid(message: string): RequestError {
  return new RequestError(400, "invalid_request_error", message);
}

function checkTurns({ messages, tools }: CountRequest): void {
  const isSummed = messages[0]?.content[0]?.type === "compaction";
  for (const [at, { content }] of messages.entries()) {
    const misplaced = content.some((part, index) => part.type === "compaction" && at + index > 0);
    if (misplaced)
      throw invalid(`messages.${at}: a compaction block is not the first block (compaction_block_misplaced)`);
  }
  if (messages[0]?.role !== "user" && !isSummed) throw invalid("messages.0: the first message must be the user's");
  if (messages.at(-1)?.role !== "user")
    throw invalid("messages: this server does not continue an assistant message; end with the user's");
  if (new Set(tools.map((tool) => tool.name)).size !== tools.length) throw invalid("tools: names must be unique");
  const seen = new Set<string>();
  let open = new Set<string>();
  for (const [at, { role, content }] of messages.entries()) {
    open = checkAnswers(at, role, content, open);
    for (const part of content) {
      if (part.type !== "tool_use") continue;
      if (role === "user") throw invalid(`messages.${at}: a tool_use in a user message`);
      if (seen.has(part.id)) throw invalid(`messages.${at}: tool_use ids must be unique (${part.id})`);
      seen.add(part.id);
      open.add(part.id);
    }
  }
}

/** The calls of one message are answered in the very next, ahead of anything else, each once. Returns a fresh set. */
function checkAnswers(
  at: number,
  role: "user" | "assistant",
  content: readonly WireRequestBlock[],
  open: ReadonlySet<string>,
): Set<string> {
  const answers = content.flatMap((part) => (part.type === "tool_result" ? [part.tool_use_id] : []));
  if (role === "assistant" && answers.length > 0)
    throw invalid(`messages.${at}: a tool_result in an assistant message`);
  const orphan = answers.find((id) => !open.has(id));
  if (orphan !== undefined)
    throw invalid(`messages.${at}: tool_result ${orphan} answers no tool_use of the previous message`);
  if (new Set(answers).size !== answers.length)
    throw invalid(`messages.${at}: two tool_result blocks for one tool_use`);
  const unanswered = [...open].find((id) => !answers.includes(id));
  if (unanswered !== undefined)
    throw invalid(`messages.${at}: tool_use ${unanswered} has no tool_result immediately after it`);
  if (content.slice(0, answers.length).some((part) => part.type !== "tool_result"))
    throw invalid(`messages.${at}: tool_result blocks must come first`);
  return new Set();
}

function checkMarks(request: CountRequest): void {
  const blocks = request.messages.flatMap((part) => part.content);
  const nested = blocks.flatMap((part) =>
    part.type === "tool_result" && Array.isArray(part.content) ? part.content : [],
  );
  const marked = [request, ...request.tools, ...request.system, ...blocks, ...nested].filter(isMarked);
  if (marked.length > marksMax)
    throw invalid(`at most ${marksMax} blocks may carry cache_control; found ${marked.length}`);
  if (marked.some((part) => part.type === "thinking" || part.type === "redacted_thinking"))
    throw invalid("cache_control cannot be set on thinking blocks");
  if (marked.some((part) => part.type === "text" && part.text === ""))
    throw invalid("cache_control cannot be set on empty text blocks");
}

export function isMarked(part: { readonly cache_control?: unknown }): boolean {
  return part.cache_control !== undefined && part.cache_control !== null;
}

/** What a brain gets to see of a request. */
export function brainRequest(request: MessagesRequest): BrainRequest {
  const toolNames = new Map(
    request.messages
      .flatMap(({ content }) => content)
      .flatMap((part) => (part.type === "tool_use" ? [[part.id, part.name] as const] : [])),
  );
  return {
    model: request.model,
    system: request.system.map((part) => part.text),
    tools: request.tools.map((tool) => ({
      name: tool.name,
      description: tool.description,
      inputSchema: tool.input_schema,
    })),
    messages: request.messages.map(
      ({ role, content }): BrainMessage => ({ role, content: content.flatMap((part) => brainBlock(part, toolNames)) }),
    ),
    maxTokens: request.max_tokens,
  };
}

function brainBlock(part: WireRequestBlock, toolNames: ReadonlyMap<string, string>): BrainBlock[] {
  switch (part.type) {
    case "text":
      return [{ type: "text", text: part.text }];
    case "tool_use":
      return [{ type: "tool_use", id: part.id, name: part.name, input: part.input }];
    case "tool_result": {
      const toolName = toolNames.get(part.tool_use_id) ?? "";
      const isError = part.is_error === true;
      return [{ type: "tool_result", toolUseId: part.tool_use_id, toolName, text: resultText(part.content), isError }];
    }
    case "thinking":
    case "redacted_thinking":
    case "image":
    case "document":
    case "compaction":
      return [];
  }
}

function resultText(content: (WireRequestBlock & { type: "tool_result" })["content"]): string {
  if (typeof content === "string") return content;
  return (content ?? []).flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
}
