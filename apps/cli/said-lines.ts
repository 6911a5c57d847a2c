/** The conversations of a run as they are stored: agent by agent, entry by entry, every one that was ever said, dropped ones too. */
import { entryFrom } from "../../actors/runtime/conversation.ts";
import type { Reader } from "../../infra/redis/reader.ts";
import { harmless, printJson } from "./print.ts";

/** Characters of one block that a person is shown; `--jsonl` has all of it. */
const BLOCK_CHARS_MAX = 2_000;

export async function printSaid(reader: Reader, run: string, jsonl: boolean): Promise<void> {
  for (const { actor } of await reader.actors(run)) {
    const stored = await reader.transcript(run, actor);
    for (const [index, text] of stored.entries()) {
      const { role, content, compacted } = entryFrom(text);
      if (jsonl)
        printJson({ v: 1, run, actor, index, role, content, ...(compacted === undefined ? {} : { compacted }) });
      else for (const line of saidLines(actor, index, role, content)) process.stdout.write(`${line}\n`);
    }
  }
}

type Block = Readonly<Record<string, unknown>>;

function saidLines(actor: string, index: number, role: string, content: readonly Block[]): string[] {
  const blocks = content.flatMap((block) => wordsOf(block).slice(0, BLOCK_CHARS_MAX).split("\n"));
  return [`${actor} ${index} ${role}:`, ...blocks.map((line) => `  ${harmless(line)}`)];
}

function wordsOf(block: Block): string {
  if (typeof block.text === "string") return block.text;
  if (block.type === "tool_use") return `[calls ${String(block.name)}] ${JSON.stringify(block.input)}`;
  if (block.type === "tool_result") return `[result] ${resultText(block.content)}`;
  return `[${String(block.type)}]`;
}

const resultText = (content: unknown): string =>
  typeof content === "string" ? content : JSON.stringify(content ?? "");
