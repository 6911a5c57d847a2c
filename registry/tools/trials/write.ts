/** What Write promises, as calls that can be made again. */
import type { ToolExample } from "../../tool.ts";

export const examples: readonly ToolExample[] = [
  {
    title: "makes a new file, and the folders that are missing",
    files: { "a.txt": "old" },
    input: { file_path: "new/deep/b.txt", content: "ü\n" },
    ok: true,
    says: ["Wrote new/deep/b.txt: 3 bytes (a new file)."],
    leaves: { "new/deep/b.txt": "ü\n" },
  },
  {
    title: "puts the whole content in place of a file that was read",
    files: { "a.txt": "old", "b.txt": "other" },
    input: { file_path: "a.txt", content: "new" },
    seen: ["a.txt"],
    ok: true,
    says: ["Wrote a.txt: 3 bytes"],
    leaves: { "a.txt": "new" },
  },
  {
    title: "a file that was not read is not overwritten",
    files: { "a.txt": "old" },
    input: { file_path: "a.txt", content: "new" },
    ok: false,
    says: ["read it first"],
  },
  {
    title: "a folder is refused",
    files: { "src/a.ts": "" },
    input: { file_path: "src", content: "x" },
    ok: false,
    says: ["src"],
  },
  {
    title: "what lies outside the workspace is refused",
    files: {},
    input: { file_path: "../outside.txt", content: "x" },
    ok: false,
    says: ["lies outside the workspace"],
  },
  {
    title: "an input without content is refused at the door",
    files: {},
    input: { file_path: "a.txt" },
    ok: false,
    says: ["content"],
  },
];
