/** The smallest agent that a probe understands, and a look at a repository made of given files. */
import { afterEach } from "vitest";
import type { PrimitiveId } from "../../../registry/probes/finding.ts";
import { probe } from "./probe.ts";
import { openScratch, type Scratch } from "./repos.ts";

/** A loop with a dispatch; `before` runs before each model call. */
export const agent = (before = "", imports = "") => `import Anthropic from "@anthropic-ai/sdk";
${imports}
const client = new Anthropic();
const tools: Record<string, (input: unknown) => Promise<string>> = {};
export async function runAgent(messages: { role: string; content: unknown }[]) {
  while (true) {
    ${before}
    const answer = await client.messages.create({ model: "m", max_tokens: 9, messages });
    messages.push({ role: "assistant", content: answer.content });
    for (const block of answer.content) {
      if (block.type !== "tool_use") return messages;
      const tool = tools[block.name];
      messages.push({ role: "user", content: await tool?.(block.input) });
    }
  }
}
`;

/** For a test file: what a probe finds in these files. What was written for it is gone after each test. */
export function examinations() {
  const opened: Scratch[] = [];
  afterEach(async () => {
    for (const scratch of opened.splice(0)) await scratch.remove();
  });
  return async (files: Readonly<Record<string, string>>, primitive: PrimitiveId) => {
    const scratch = await openScratch(files);
    opened.push(scratch);
    return probe(scratch.box, primitive);
  };
}
