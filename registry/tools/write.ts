/** Write: the whole content of one file of the workspace, put in place at once. */
import { defineTool } from "../tool.ts";
import { type WriteInput, writeInput } from "./input/write.ts";

export const write = defineTool<WriteInput>({
  name: "Write",
  tier: "built-in",
  category: "files",
  summary: "The whole content of one file",
  description: [
    "Writes a file of the workspace, in place of what is there; folders that are missing are made.",
    "A file that exists has to be read first, and is not overwritten where it has changed since.",
    "The file has either its old or its new content, never a part. To change some lines, use Edit.",
    "Folders, links to nothing and everything outside the workspace are refused.",
  ].join(" "),
  source: "tools/run/write.ts",
  words: ["create file", "new file", "save", "overwrite", "make a file", "store"],
  risk: "mutating",
  repeat: "unsafe",
  input: writeInput,
  timeoutMs: 60_000,
  loadExamples: async () => (await import("./trials/write.ts")).examples,
  loadDeed: async () => (await import("./run/write.ts")).run,
});
