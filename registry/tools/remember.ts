/** Remember: an item of the workspace's memory, told to later runs for as long as what bears it out is there. */
import { defineTool } from "../tool.ts";
import { type RememberInput, rememberInput } from "./input/memory.ts";

export const remember = defineTool<RememberInput>({
  name: "Remember",
  tier: "built-in",
  category: "swarm",
  summary: "Keeps a fact about this workspace for later runs",
  description: [
    "Keeps one fact about this workspace for later runs. It needs a source, and is forgotten when that changes.",
    "For what the files do not say where one would look, and will still be true in weeks. Never for secrets, or for how this task stands.",
  ].join(" "),
  source: "tools/run/remember.ts",
  words: ["memory", "remember", "keep", "later", "learn", "save", "convention"],
  risk: "mutating",
  // Named by its effect: made again after a crash, it is the same item.
  repeat: "idempotent",
  input: rememberInput,
  timeoutMs: 20_000,
  loadExamples: async () => (await import("./trials/remember.ts")).examples,
  load: async () => (await import("./run/remember.ts")).run,
});
