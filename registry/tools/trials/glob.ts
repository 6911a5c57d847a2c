/** What Glob promises, as calls that can be made again. */
import type { ToolExample } from "../../tool.ts";
import { globPathsMax } from "../input/glob.ts";

const tree = {
  ".gitignore": "out/\n",
  "a.ts": "",
  "src/b.ts": "",
  "src/deep/c.tsx": "",
  "src/d.md": "",
  "out/e.ts": "",
  "node_modules/f.ts": "",
};

export const examples: readonly ToolExample[] = [
  {
    title: "** crosses folders and matches none at all; what is ignored is left out; paths are sorted",
    files: tree,
    input: { pattern: "**/*.{ts,tsx}" },
    ok: true,
    says: ["a.ts\nsrc/b.ts\nsrc/deep/c.tsx"],
  },
  {
    title: "* never crosses a slash",
    files: tree,
    input: { pattern: "src/*" },
    ok: true,
    says: ["src/b.ts\nsrc/d.md"],
  },
  {
    title: "what is ignored is listed where path starts inside of it",
    files: tree,
    input: { pattern: "*", path: "node_modules" },
    ok: true,
    says: ["node_modules/f.ts"],
  },
  {
    title: "no match is said in words",
    files: tree,
    input: { pattern: "*.rs" },
    ok: true,
    says: ['No file matches "*.rs".'],
  },
  {
    title: "what is more than fits is counted",
    files: Object.fromEntries(
      Array.from({ length: globPathsMax + 3 }, (_, at) => [`f${String(at).padStart(5, "0")}`, ""]),
    ),
    input: { pattern: "f*" },
    ok: true,
    says: ["f00000\n", `[1,003 files match; the first ${globPathsMax.toLocaleString("en-US")} are listed.`],
  },
  {
    title: "a folder outside the workspace is refused",
    files: tree,
    input: { pattern: "*", path: ".." },
    ok: false,
    says: ["lies outside the workspace"],
  },
  {
    title: "an input without a pattern is refused at the door",
    files: {},
    input: { path: "src" },
    ok: false,
    says: ["pattern"],
  },
];
