/** Glob: files of the workspace whose path matches a pattern, in an order that never changes. */
import { defineTool } from "../tool.ts";
import { type GlobInput, globInput, globPathsMax } from "./input/glob.ts";

export const glob = defineTool<GlobInput>({
  name: "Glob",
  tier: "built-in",
  category: "files",
  summary: "Files whose path matches a pattern",
  description: [
    "Lists files by glob pattern, sorted by path, one a line, relative to the workspace.",
    "Understands *, **, ?, [abc], {a,b} and a leading !; * never crosses a slash, and **/ also matches no folder at all.",
    `At most ${globPathsMax.toLocaleString("en-US")} paths; the answer says when there are more.`,
    "Files that .gitignore names, version control data, node_modules and the like are left out unless path starts inside them.",
  ].join(" "),
  source: "tools/run/glob.ts",
  words: [
    "find files",
    "list files",
    "file names",
    "directory",
    "folder",
    "ls",
    "tree",
    "path",
    "where is",
    "extension",
  ],
  risk: "read-only",
  repeat: "safe",
  input: globInput,
  timeoutMs: 60_000,
  loadExamples: async () => (await import("./trials/glob.ts")).examples,
  load: async () => (await import("./run/glob.ts")).run,
});
