/** Runs Note: asks the memory to keep a fact of the run. */
import { keptOutput, NO_MEMORY } from "../../memory/told.ts";
import type { ToolContext, ToolOutput } from "../../tool.ts";
import type { NoteInput } from "../input/memory.ts";

export async function run({ topic, fact, source, replaces }: NoteInput, { memory }: ToolContext): Promise<ToolOutput> {
  if (memory === undefined) return NO_MEMORY;
  const wanted = source === undefined ? null : ({ kind: "file", ...source } as const);
  return keptOutput(await memory.note({ topic, fact, source: wanted, replaces: replaces ?? null }), "this run");
}
