/**
 * The blocks that a conversation consists of, kept as the server sent them so that they can be sent back unchanged:
 * a thinking block whose text or signature were touched is refused by the API.
 */

/** Any content block. Fields that this file does not know are carried, never dropped. */
export interface ContentBlock {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What a server's own summary is: it goes back first, and as it came. */
export const COMPACTION_BLOCK = "compaction";

export interface ModelMessage {
  readonly role: "user" | "assistant";
  readonly content: readonly ContentBlock[];
}

export interface ToolUse {
  readonly id: string;
  readonly name: string;
  /** Not yet judged: the registry parses it by the tool's own schema. */
  readonly input: Readonly<Record<string, unknown>>;
}

/** The tool calls of a message, in its order. */
export function toolUsesOf(content: readonly ContentBlock[]): ToolUse[] {
  return content.flatMap((block) =>
    block.type === "tool_use" && typeof block.id === "string" && typeof block.name === "string" && isRecord(block.input)
      ? [{ id: block.id, name: block.name, input: block.input }]
      : [],
  );
}

/** The visible text of a message, its text blocks joined by newlines. */
export function textOf(content: readonly ContentBlock[]): string {
  return content
    .flatMap((block) => (block.type === "text" && typeof block.text === "string" ? [block.text] : []))
    .join("\n");
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
