/** What Grep promises, as calls that can be made again. */
import type { ToolExample } from "../../tool.ts";
import { grepEntriesDefault } from "../input/grep.ts";

const tree = {
  ".gitignore": "out/\n",
  "b.py": "one = 1\n",
  "src/a.ts": "const One = 1;\nconst two = 2;\nconst three = One;\n",
  "out/c.ts": "const One = 1;\n",
  "data.bin": "One\0",
};

export const examples: readonly ToolExample[] = [
  {
    title: "names the files that match; what is ignored is left out, and binary files are counted",
    files: tree,
    input: { pattern: "One" },
    ok: true,
    says: ["src/a.ts\n[2 matching lines in 1 file;", "1 binary"],
  },
  {
    title: "shows matching lines with path and number, and the lines around them",
    files: tree,
    input: { pattern: "two", output_mode: "content", "-C": 1 },
    ok: true,
    says: ["src/a.ts-1-const One = 1;\nsrc/a.ts:2:const two = 2;\nsrc/a.ts-3-const three = One;"],
  },
  {
    title: "counts matching lines of each file, in any case where it is told to",
    files: tree,
    input: { pattern: "one", output_mode: "count", "-i": true },
    ok: true,
    says: ["b.py:1\nsrc/a.ts:2"],
  },
  {
    title: "looks only at files that the glob names",
    files: tree,
    input: { pattern: "1", glob: "*.py" },
    ok: true,
    says: ["b.py\n", "1 file searched"],
  },
  {
    title: "what is more than fits is said",
    files: { "long.txt": "x\n".repeat(grepEntriesDefault + 1) },
    input: { pattern: "x", output_mode: "content" },
    ok: true,
    says: [`long.txt:${grepEntriesDefault}:x\n`, "Not everything is shown"],
  },
  {
    title: "no match is said in words",
    files: tree,
    input: { pattern: "nowhere" },
    ok: true,
    says: ['No match for "nowhere".'],
  },
  {
    title: "a back-reference is refused",
    files: tree,
    input: { pattern: "(a)\\1" },
    ok: false,
    says: ["back"],
  },
  {
    title: "a folder outside the workspace is refused",
    files: tree,
    input: { pattern: "x", path: "/etc" },
    ok: false,
    says: ["lies outside the workspace"],
  },
  {
    title: "an unknown output mode is refused at the door",
    files: {},
    input: { pattern: "x", output_mode: "json" },
    ok: false,
    says: ["output_mode"],
  },
];
