/**
 * Makes a Messages answer of what a brain decided. Ids come from the prompt, so that the same request is answered with
 * the same bytes; only the usage may differ, because the second time the prompt is in the cache.
 */
import { createHash } from "node:crypto";
import type { BrainAnswer, BrainAnswerBlock } from "./brain.ts";
import type { MessagesRequest } from "./messages-request.ts";
import { bytesOfTokens, estimateTokens, type Prompt, type PromptUsage } from "./prefix-cache.ts";
import type { WireBlock, WireMessage } from "./wire.ts";

/** @throws TypeError when the brain calls a tool that the request does not offer: no model could. */
export function answerMessage(
  request: MessagesRequest,
  prompt: Prompt,
  usage: PromptUsage,
  answer: BrainAnswer,
): WireMessage {
  const whole = answer.content.map((block, index) => wireBlock(block, index, prompt, request));
  const { content, cut } = cutAt(whole, request.max_tokens);
  return {
    id: messageId(prompt),
    model: request.model,
    content,
    stopReason: cut ? "max_tokens" : answer.stopReason,
    usage: { ...usage, output_tokens: Math.min(outputTokens(content), request.max_tokens) },
  };
}

export function messageId(prompt: Prompt): string {
  return `msg_${idOf(prompt, "message")}`;
}

function wireBlock(block: BrainAnswerBlock, index: number, prompt: Prompt, request: MessagesRequest): WireBlock {
  if (block.type === "text") return block;
  if (!request.tools.some((tool) => tool.name === block.name))
    throw new TypeError(`the brain called ${block.name}, which the request does not offer`);
  return { type: "tool_use", id: `toolu_${idOf(prompt, String(index))}`, name: block.name, input: block.input };
}

function idOf(prompt: Prompt, part: string): string {
  return createHash("sha256").update(prompt.hash).update(part).digest("hex").slice(0, 24);
}

function outputTokens(content: readonly WireBlock[]): number {
  return content.reduce((tokens, block) => tokens + estimateTokens(spoken(block)), 0);
}

function spoken(block: WireBlock): string {
  switch (block.type) {
    case "text":
      return block.text;
    case "tool_use":
      return block.cutInputJson ?? block.name + JSON.stringify(block.input);
    case "thinking":
      return block.thinking;
    case "redacted_thinking":
      return block.data;
    case "compaction":
      return block.content ?? "";
  }
}

/** Like a real server, the limit may fall into the middle of a word or of a tool's input; what is behind it is gone. */
function cutAt(blocks: readonly WireBlock[], tokensMax: number): { content: WireBlock[]; cut: boolean } {
  const content: WireBlock[] = [];
  let left = tokensMax;
  for (const block of blocks) {
    const needed = estimateTokens(spoken(block));
    if (needed <= left) {
      content.push(block);
      left -= needed;
      continue;
    }
    const room = Buffer.from(spoken(block))
      .subarray(0, bytesOfTokens(left))
      .toString()
      .replace(/\uFFFD$/, "");
    if (block.type === "text" && room !== "") content.push({ type: "text", text: room });
    if (block.type === "tool_use") content.push({ ...block, cutInputJson: room.slice(block.name.length) });
    return { content, cut: true };
  }
  return { content, cut: false };
}
