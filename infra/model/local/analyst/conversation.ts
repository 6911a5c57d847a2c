/**
 * Reads a conversation the way the analyst needs it: the task it was given, and what each tool call gave. Everything
 * in it is outside input; what does not parse is treated as absent.
 */
import { z } from "zod";
import type { BrainAnswerBlock, BrainRequest } from "../brain.ts";

const taskSchema = z.object({
  id: z.string().max(400).optional(),
  type: z.string().max(100),
  input: z.record(z.string(), z.unknown()),
});

export type Task = z.infer<typeof taskSchema>;

/** A tool call that was answered. */
export interface Answered {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly isError: boolean;
}

/** Longest task that is read, in UTF-16 units. */
const taskCharsMax = 400_000;

/** The task in the first user message, or undefined when there is none that parses. */
export function taskOf({ messages }: BrainRequest): Task | undefined {
  const text = (messages[0]?.content ?? []).flatMap((block) => (block.type === "text" ? [block.text] : [])).join("\n");
  const open = text.indexOf("<task>");
  const close = text.lastIndexOf("</task>");
  if (open < 0 || close < open || close - open > taskCharsMax) return undefined;
  const parsed = taskSchema.safeParse(jsonOf(text.slice(open + "<task>".length, close)));
  return parsed.success ? parsed.data : undefined;
}

/** Every answered call, in the order the answers came. */
export function answeredIn({ messages }: BrainRequest): Answered[] {
  const inputs = new Map<string, Readonly<Record<string, unknown>>>();
  const answered: Answered[] = [];
  for (const { content } of messages) {
    for (const block of content) {
      if (block.type === "tool_use") inputs.set(block.id, block.input);
      if (block.type !== "tool_result") continue;
      answered.push({
        tool: block.toolName,
        input: inputs.get(block.toolUseId) ?? {},
        text: block.text,
        isError: block.isError,
      });
    }
  }
  return answered;
}

export function hasTool({ tools }: BrainRequest, name: string): boolean {
  return tools.some((tool) => tool.name === name);
}

export function toolUse(name: string, input: Readonly<Record<string, unknown>>): BrainAnswerBlock {
  return { type: "tool_use", name, input };
}

/** The parsed text, or undefined when it is no JSON. */
export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
