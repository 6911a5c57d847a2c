/** Note: a fact that this run must not lose. It changes nothing outside of the run, and is gone with it. */
import { defineTool } from "../tool.ts";
import { type NoteInput, noteInput } from "./input/memory.ts";

export const note = defineTool<NoteInput>({
  name: "Note",
  tier: "built-in",
  category: "swarm",
  summary: "Keeps a fact for the rest of this run, for all of its agents",
  description: [
    "Keeps one fact for this run: it stays before you however long you work, and other agents of the run are told it.",
    "For what was found out with effort, or decided. With a source it is looked at again before anybody is told.",
  ].join(" "),
  source: "tools/run/note.ts",
  words: ["fact", "remember", "pin", "keep", "finding", "decision", "memory"],
  risk: "read-only",
  repeat: "safe",
  input: noteInput,
  timeoutMs: 20_000,
  loadExamples: async () => (await import("./trials/note.ts")).examples,
  load: async () => (await import("./run/note.ts")).run,
});
