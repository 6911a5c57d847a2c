/** What Read promises, as calls that can be made again. */
import type { ToolExample } from "../../tool.ts";
import { readLineCharsMax, readLinesDefault } from "../input/read.ts";

const lines = (count: number): string => Array.from({ length: count }, (_, at) => `line ${at + 1}\n`).join("");

export const examples: readonly ToolExample[] = [
  {
    title: "shows a file as numbered lines",
    files: { "a.txt": "one\ntwo\n" },
    input: { file_path: "a.txt" },
    ok: true,
    says: ["     1\tone", "     2\ttwo"],
  },
  {
    title: "without offset and limit the first lines come, and the answer names the offset to go on with",
    files: { "long.txt": lines(readLinesDefault + 5) },
    input: { file_path: "long.txt" },
    ok: true,
    says: [`  ${readLinesDefault}\tline ${readLinesDefault}\n`, `go on with offset ${readLinesDefault + 1}.`],
  },
  {
    title: "a part is shown by offset and limit",
    files: { "a.txt": lines(9) },
    input: { file_path: "a.txt", offset: 4, limit: 2 },
    ok: true,
    says: ["     4\tline 4\n     5\tline 5\n", "[Lines 4-5 of 9; go on with offset 6.]"],
  },
  {
    title: "a line that is too long is cut, and the answer says so",
    files: { "wide.txt": "x".repeat(readLineCharsMax + 10) },
    input: { file_path: "wide.txt" },
    ok: true,
    says: ["[cut: 10 more characters]"],
  },
  {
    title: "a line beyond the end is refused with the number of lines",
    files: { "a.txt": "one\n" },
    input: { file_path: "a.txt", offset: 7 },
    ok: false,
    says: ["has 1 line; there is no line 7"],
  },
  {
    title: "an empty file is said to be empty",
    files: { "empty.txt": "" },
    input: { file_path: "empty.txt" },
    ok: true,
    says: ["[empty.txt is empty.]"],
  },
  {
    title: "a binary file is refused",
    files: { "b.bin": "a\0b" },
    input: { file_path: "b.bin" },
    ok: false,
    says: ["b.bin is a binary file"],
  },
  {
    title: "a folder is refused",
    files: { "src/a.ts": "" },
    input: { file_path: "src" },
    ok: false,
    says: ["use Glob to list a folder"],
  },
  {
    title: "what lies outside the workspace is refused",
    files: { "a.txt": "" },
    input: { file_path: "../outside.txt" },
    ok: false,
    says: ["lies outside the workspace"],
  },
  {
    title: "an input without a path is refused at the door",
    files: {},
    input: { offset: 1 },
    ok: false,
    says: ["file_path"],
  },
];
