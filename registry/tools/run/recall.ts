/** Runs Recall: tells what is remembered, as data. */
import { NO_MEMORY, recalledOutput } from "../../memory/told.ts";
import type { ToolContext, ToolOutput } from "../../tool.ts";
import type { RecallInput } from "../input/memory.ts";

export async function run({ topic, words, marked }: RecallInput, { memory }: ToolContext): Promise<ToolOutput> {
  if (memory === undefined) return NO_MEMORY;
  const question = { topic: topic ?? null, words: words ?? null, marked: marked === true };
  return recalledOutput(question, await memory.recall(question));
}
