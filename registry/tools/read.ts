/** Read: numbered lines of one file of the workspace, a part at a time. */
import { defineTool } from "../tool.ts";
import { type ReadInput, readInput, readLineCharsMax, readLinesDefault } from "./input/read.ts";

export const read = defineTool<ReadInput>({
  name: "Read",
  tier: "built-in",
  category: "files",
  summary: "Numbered lines of one file",
  description: [
    "Shows a text file of the workspace as numbered lines (number, tab, text).",
    `Without offset and limit the first ${readLinesDefault} lines; lines over ${readLineCharsMax} characters are cut, and the answer says so.`,
    "When more follows, the last line of the answer names the offset to go on with.",
    "Binary files, folders and everything outside the workspace are refused.",
  ].join(" "),
  source: "tools/run/read.ts",
  words: [
    "open file",
    "cat",
    "show file",
    "view",
    "look at",
    "display",
    "print file",
    "contents of a file",
    "head",
    "tail",
  ],
  risk: "read-only",
  repeat: "safe",
  input: readInput,
  timeoutMs: 60_000,
  loadExamples: async () => (await import("./trials/read.ts")).examples,
  load: async () => (await import("./run/read.ts")).run,
});
