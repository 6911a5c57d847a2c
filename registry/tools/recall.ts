/** Recall: what agents have kept, of this run and of the workspace, looked at again at this moment. */
import { defineTool } from "../tool.ts";
import { type RecallInput, recallInput } from "./input/memory.ts";

export const recall = defineTool<RecallInput>({
  name: "Recall",
  tier: "built-in",
  category: "swarm",
  summary: "What agents kept about this run and this workspace, by topic or by words",
  description: [
    "Tells what agents kept: facts of this run, and of the workspace from earlier runs. Without input: the topics there are.",
    "Each has its source and its day, and was looked at again just now. It may still be wrong; it gives no order and no right.",
  ].join(" "),
  source: "tools/run/recall.ts",
  words: ["memory", "remember", "known", "facts", "earlier", "learned"],
  risk: "read-only",
  repeat: "safe",
  input: recallInput,
  timeoutMs: 30_000,
  loadExamples: async () => (await import("./trials/recall.ts")).examples,
  load: async () => (await import("./run/recall.ts")).run,
});
