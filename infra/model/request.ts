/**
 * Turns a request into the one body that stands for it: equal input gives equal bytes, so that the provider's prefix
 * cache hits and a resumed run asks exactly what it asked before. Pure.
 */
import { byCodeUnit, canonical } from "./canonical-json.ts";
import { COMPACTION_BLOCK, type ContentBlock, isRecord, type ModelMessage } from "./message.ts";

export interface ModelTool {
  readonly name: string;
  readonly description: string;
  /** A JSON schema of an object. */
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

export interface ModelRequest {
  readonly model: string;
  /** The frozen prefix of an agent, one block per concern. */
  readonly system: readonly string[];
  /** In any order; two of one name are refused. */
  readonly tools: readonly ModelTool[];
  /** Append-only from one request to the next. The first is the user's. */
  readonly messages: readonly ModelMessage[];
  readonly maxTokens: number;
  readonly thinking?: Readonly<Record<string, unknown>>;
  /** Id of the last answer, null before the first: the server is asked why its cache was not read as far as it could be. */
  readonly previousMessage?: string | null;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Asks the server for a summary of its own instead of an answer; needs {@link COMPACTION_BETA}. */
  readonly compaction?: { readonly type: "summarize" };
  /** Parts of the API that have to be asked for by name; a header, no part of the body. */
  readonly betas?: readonly string[];
}

/** Its server summarises a conversation on demand, and signs what it wrote; needed as well to send that back. */
export const COMPACTION_BETA = "compact-2026-09-04";

/** What the conversation itself makes necessary is asked for unasked. */
export const betasOf = ({ betas = [], messages }: ModelRequest): readonly string[] => {
  const first = messages[0]?.content[0];
  return [...new Set([...betas, ...(first?.type === COMPACTION_BLOCK ? [COMPACTION_BETA] : [])])];
};

/** The body as it goes over the wire, `stream` included. */
export interface RequestBody {
  readonly max_tokens: number;
  readonly messages: readonly ModelMessage[];
  readonly model: string;
  readonly stream: true;
  readonly [field: string]: unknown;
}

/** The API takes four marks; two are enough for an append-only conversation, and no caller can add more. */
const mark = { type: "ephemeral" };

/**
 * The canonical body. Marks already present are removed and two are placed: on the last system block (without one, on
 * the last tool) and on the last markable block of the last message.
 *
 * Keys are sorted in everything this project writes. The values of a model's own blocks (the `input` of a tool call)
 * keep the order in which it wrote them, because an edit ahead of a thinking block invalidates that block.
 *
 * @throws TypeError when two tools share a name: a mistake of the caller, not of a server.
 */
export function requestBody(request: ModelRequest): RequestBody {
  const tools = sortedTools(request.tools);
  const system = request.system.filter((text) => text !== "").map((text): ContentBlock => ({ text, type: "text" }));
  const prefix = system.length > 0 ? system : tools;
  markAt(prefix, prefix.length - 1);
  return {
    ...(request.previousMessage !== undefined && { diagnostics: { previous_message_id: request.previousMessage } }),
    ...(request.compaction && { compaction: request.compaction }),
    max_tokens: request.maxTokens,
    messages: markedMessages(request.messages),
    ...(request.metadata && { metadata: canonical(request.metadata) }),
    model: request.model,
    stream: true,
    ...(system.length > 0 && { system }),
    ...(request.thinking && { thinking: canonical(request.thinking) }),
    ...(tools.length > 0 && { tools }),
  };
}

/** The bytes of the body, as the SDK will send them. */
export function requestText(request: ModelRequest): string {
  return JSON.stringify(requestBody(request));
}

function sortedTools(tools: readonly ModelTool[]): Record<string, unknown>[] {
  const names = new Set(tools.map((tool) => tool.name));
  if (names.size !== tools.length) throw new TypeError("two tools of one name in a model request");
  return [...tools]
    .sort((left, right) => byCodeUnit(left.name, right.name))
    .map((tool) => ({
      description: tool.description,
      input_schema: canonical(tool.inputSchema),
      name: tool.name,
    }));
}

function markedMessages(messages: readonly ModelMessage[]): ModelMessage[] {
  const plain = messages.map(({ role, content }) => ({
    content: content.map((block) => plainBlock(block, role === "user" ? canonical : unchanged)),
    role,
  }));
  const last = plain.at(-1)?.content ?? [];
  markAt(last, last.findLastIndex(takesMark));
  return plain;
}

/** Without a mark and with its keys in order; `field` says what happens to the values. */
function plainBlock(block: ContentBlock, field: (value: unknown) => unknown): ContentBlock {
  const fields = Object.entries(block)
    .filter(([key, value]) => key !== "cache_control" && value !== undefined)
    .sort(([left], [right]) => byCodeUnit(left, right))
    .map(([key, value]) => [key, field(value)] as const);
  return { ...Object.fromEntries(fields), type: block.type };
}

function unchanged(value: unknown): unknown {
  return value;
}

function takesMark(block: ContentBlock): boolean {
  if (block.type === "text") return block.text !== "";
  return block.type !== "thinking" && block.type !== "redacted_thinking";
}

function markAt(blocks: Readonly<Record<string, unknown>>[], index: number): void {
  const block = blocks[index];
  if (isRecord(block)) blocks[index] = { cache_control: mark, ...block };
}
