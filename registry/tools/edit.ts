/** Edit: exact text of one file of the workspace replaced by other text. */
import { defineTool } from "../tool.ts";
import { type EditInput, editInput } from "./input/edit.ts";

export const edit = defineTool<EditInput>({
  name: "Edit",
  tier: "built-in",
  category: "files",
  summary: "Exact text of one file replaced",
  description: [
    "Replaces old_string by new_string in a file of the workspace. old_string must stand there exactly, spaces and line ends included, without Read's line numbers.",
    "The file has to be read first, and read again where it has changed since.",
    "It must occur once; otherwise give more of what is around it, or set replace_all.",
    "Binary files, folders and everything outside the workspace are refused.",
  ].join(" "),
  source: "tools/run/edit.ts",
  words: [
    "change",
    "existing code",
    "modify",
    "replace",
    "fix",
    "patch",
    "update",
    "rename",
    "substitute",
    "insert line",
  ],
  risk: "mutating",
  repeat: "unsafe",
  input: editInput,
  timeoutMs: 60_000,
  loadExamples: async () => (await import("./trials/edit.ts")).examples,
  loadDeed: async () => (await import("./run/edit.ts")).run,
});
