/**
 * What a server of ours answers when it is asked to sum a conversation up, and how it goes on from there. No model speaks:
 * the summary is a list of the calls with the beginning of each result, and says so; whoever thinks behind the server is
 * later shown these calls again, as if they still stood in the conversation. Pure.
 */
import { z } from "zod";
import { SUMMARY_CLOSE, SUMMARY_OPEN, SUMMARY_REQUEST } from "../../../machines/summary-request.ts";
import type { BrainAnswer, BrainBlock, BrainMessage, BrainRequest } from "./brain.ts";

/** A longer result is not listed: who needs it makes the call again. */
const RESULT_CHARS_MAX = 400;
/** Turns that are listed, the latest. */
const TURNS_MAX = 200;
const LABEL = "Simulated summary (no model wrote this): ";

const turnSchema = z.array(
  z.object({
    tool: z.string().max(200),
    input: z.record(z.string(), z.unknown()),
    result: z.string().max(RESULT_CHARS_MAX).nullable(),
    isError: z.boolean(),
  }),
);
type Turn = z.output<typeof turnSchema>;

export const asksForSummary = ({ messages }: BrainRequest): boolean => {
  const last = messages.at(-1)?.content.at(-1);
  return last?.type === "text" && last.text.startsWith(SUMMARY_REQUEST);
};

/** `request` as {@link withSummary} gives it: what an earlier summary listed is listed again. */
export function summaryOf({ messages }: BrainRequest): BrainAnswer {
  const results = new Map<string, Extract<BrainBlock, { type: "tool_result" }>>();
  for (const { content } of messages) {
    for (const block of content) if (block.type === "tool_result") results.set(block.toolUseId, block);
  }
  const turns = messages
    .filter(({ role }) => role === "assistant")
    .map(
      ({ content }): Turn =>
        content.flatMap((block) => {
          if (block.type !== "tool_use") return [];
          const result = results.get(block.id);
          const text = result === undefined || result.text.length > RESULT_CHARS_MAX ? null : result.text;
          return [{ tool: block.name, input: { ...block.input }, result: text, isError: result?.isError === true }];
        }),
    );
  const text = `${LABEL}${JSON.stringify({ turns: turns.slice(-TURNS_MAX) })}`;
  return { content: [{ type: "text", text }], stopReason: "end_turn" };
}

/** The calls of a summary of ours, as messages behind the first; a conversation without one stays as it is. */
export function withSummary(request: BrainRequest): BrainRequest {
  const [first, ...others] = request.messages;
  const turns = first === undefined ? null : turnsIn(first);
  if (first === undefined || turns === null) return request;
  return { ...request, messages: [first, ...turns.flatMap(messagesOf), ...others] };
}

function messagesOf(turn: Turn, at: number): BrainMessage[] {
  const idOf = (index: number): string => `summed_${at}_${index}`;
  return [
    {
      role: "assistant",
      content: turn.map(({ tool, input }, index) => ({ type: "tool_use", id: idOf(index), name: tool, input })),
    },
    {
      role: "user",
      content: turn.flatMap(({ tool, result, isError }, index): BrainBlock[] =>
        result === null ? [] : [{ type: "tool_result", toolUseId: idOf(index), toolName: tool, text: result, isError }],
      ),
    },
  ];
}

function turnsIn({ content }: BrainMessage): readonly Turn[] | null {
  for (const block of content) {
    const text = block.type === "text" ? block.text : "";
    const [open, close] = [text.indexOf(`\n${SUMMARY_OPEN}\n`), text.lastIndexOf(`\n${SUMMARY_CLOSE}`)];
    if (open < 0 || close < open) continue;
    const shown = jsonOf(text.slice(open + SUMMARY_OPEN.length + 2, close));
    const { summary } = (shown ?? {}) as { readonly summary?: unknown };
    if (typeof summary !== "string" || !summary.startsWith(LABEL)) continue;
    const parsed = z.object({ turns: z.array(turnSchema) }).safeParse(jsonOf(summary.slice(LABEL.length)));
    if (parsed.success) return parsed.data.turns;
  }
  return null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof SyntaxError) return null;
    throw cause;
  }
}
