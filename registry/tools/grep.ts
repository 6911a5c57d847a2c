/** Grep: lines of the workspace that match a regular expression, searched in linear time. */
import { searchedBytesMax } from "../source-text.ts";
import { defineTool } from "../tool.ts";
import { type GrepInput, grepEntriesDefault, grepInput } from "./input/grep.ts";

export const grep = defineTool<GrepInput>({
  name: "Grep",
  tier: "built-in",
  category: "search",
  summary: "Lines or files that match a regular expression",
  description: [
    "Searches file contents with a regular expression (RE2 syntax: no look-around, no back-references), in path order.",
    "output_mode content gives path:line:text (context lines path-line-text), files_with_matches paths, count path:matching lines.",
    `At most ${grepEntriesDefault} lines or files unless head_limit says otherwise; the answer says when there are more.`,
    `Left out: what .gitignore names, node_modules and the like; binary files and files over ${searchedBytesMax / 1_000_000} MB are counted in the answer.`,
  ].join(" "),
  source: "tools/run/grep.ts",
  words: [
    "find text",
    "search text",
    "search code",
    "rg",
    "ripgrep",
    "regex",
    "occurrences",
    "usages",
    "references",
    "contents",
    "string",
  ],
  risk: "read-only",
  repeat: "safe",
  input: grepInput,
  timeoutMs: 60_000,
  loadExamples: async () => (await import("./trials/grep.ts")).examples,
  load: async () => (await import("./run/grep.ts")).run,
});
