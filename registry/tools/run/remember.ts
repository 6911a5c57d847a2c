/** Runs Remember: asks the memory to keep an item of the workspace. */
import type { WantedSource } from "../../memory/door.ts";
import { keptOutput, NO_MEMORY } from "../../memory/told.ts";
import type { ToolContext, ToolOutput } from "../../tool.ts";
import type { RememberInput } from "../input/memory.ts";

export async function run(input: RememberInput, { memory }: ToolContext): Promise<ToolOutput> {
  if (memory === undefined) return NO_MEMORY;
  const { topic, fact, source, replaces = null } = input;
  return keptOutput(await memory.keep({ topic, fact, source: wanted(source), replaces }), "this workspace");
}

function wanted(source: RememberInput["source"]): WantedSource {
  if ("result" in source) return { kind: "result", id: source.result };
  return "person" in source ? { kind: "person" } : { kind: "file", ...source };
}
