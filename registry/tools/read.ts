/** Read: numbered lines of one file of the workspace, a part at a time. */
import { z } from "zod";
import { defineTool } from "../tool.ts";

/** Lines of one answer when the call names no `limit`. */
export const readLinesDefault = 2_000;
/** Longer lines are cut, in UTF-16 units. */
export const readLineCharsMax = 2_000;

const input = z.strictObject({
  file_path: z.string().min(1).describe("Path of the file, relative to the workspace or absolute inside it."),
  offset: z.int().min(1).optional().describe("First line to show, from 1. Default 1."),
  limit: z.int().min(1).max(10_000).optional().describe(`Lines to show. Default ${readLinesDefault}.`),
});

export type ReadInput = z.infer<typeof input>;

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
  risk: "read-only",
  repeat: "safe",
  input,
  timeoutMs: 60_000,
  load: async () => (await import("./run/read.ts")).run,
});
