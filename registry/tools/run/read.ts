/** Runs Read: the lines that were asked for, and in brackets what the reader must know about the rest. */
import type { Box } from "../../box.ts";
import { type FileLines, type Line, readLines } from "../../lines.ts";
import { refused } from "../../refusal.ts";
import { counted, cutTo, shownPath } from "../../shown.ts";
import { OUTPUT_CHARS_MAX, type ToolContext, type ToolOutput } from "../../tool.ts";
import { type ReadInput, readLineCharsMax, readLinesDefault } from "../input/read.ts";

/** Kept free for what follows the lines. */
const notesCharsMax = 1_000;
/**
 * Up to this size a file is read to its end so that the answer can say how many lines there are, and hashed. Larger ones
 * are shown and not known: they cannot be overwritten on the strength of a glance.
 */
const wholeBytesMax = 64 * 1024 * 1024;

export async function run(input: ReadInput, { box, signal }: ToolContext): Promise<ToolOutput> {
  const { file_path: path, offset: from = 1, limit: count = readLinesDefault } = input;
  try {
    // Four bytes are the longest character of UTF-8.
    const lineBytesMax = readLineCharsMax * 4;
    // Before it is read: a change in between then counts as a change since, never as seen.
    const saw = await sawOf(box, path);
    const file = await readLines(box, path, { from, count, lineBytesMax, countBytesMax: wholeBytesMax, signal });
    const output = answer(path, from, file);
    return saw !== null && isShown(file) ? { ...output, saw } : output;
  } catch (error) {
    return refused(error, {
      "box.not_found": "Use Glob to find files.",
      "box.not_a_file": "Read shows files only; use Glob to list a folder.",
    });
  }
}

/** Null where there is no file, or none that is hashed. */
async function sawOf(box: Box, path: string): Promise<NonNullable<ToolOutput["saw"]> | null> {
  const { path: real, kind, bytes } = await box.stat(path);
  if (kind !== "file" || bytes > wholeBytesMax) return null;
  const found = await box.hash(path);
  return found === null ? null : { path: real, sha256: found.sha256 };
}

/** Something of the file's content was told: also that it is binary, or empty. */
const isShown = (file: FileLines): boolean =>
  file.kind === "binary" || (file.kind === "text" && (file.lines.length > 0 || file.linesTotal === 0));

function answer(path: string, from: number, file: FileLines): ToolOutput {
  const name = shownPath(path);
  if (file.kind === "changed") return { ok: false, text: `${name} changed while it was being read. Read it again.` };
  if (file.kind === "binary") {
    const what = file.isUtf16 ? "UTF-16 text, which is not supported" : "a binary file";
    return {
      ok: false,
      text: `${name} is ${what} (${counted(file.bytesTotal, "byte")}); only UTF-8 text can be shown.`,
    };
  }
  if (file.linesTotal === 0) return { ok: true, text: `[${name} is empty.]` };
  if (file.lines.length === 0) {
    return { ok: false, text: `${name} has ${counted(file.linesTotal ?? 0, "line")}; there is no line ${from}.` };
  }
  return shown(file.lines, file.linesTotal);
}

function shown(lines: readonly Line[], linesTotal: number | undefined): ToolOutput {
  const rows: string[] = [];
  let chars = 0;
  for (const line of lines) {
    const row = `${String(line.number).padStart(6)}\t${textOf(line)}`;
    if (chars + row.length + 1 > OUTPUT_CHARS_MAX - notesCharsMax) break;
    rows.push(row);
    chars += row.length + 1;
  }
  const seen = lines.slice(0, rows.length);
  const last = seen.at(-1)?.number ?? 0;
  const isAll = linesTotal !== undefined && last >= linesTotal;
  const notes = [
    ...(seen.some(({ isUtf8 }) => !isUtf8) ? ["[Some bytes are not valid UTF-8; they are shown as \uFFFD.]"] : []),
    ...(seen.some(({ isCrLf }) => isCrLf) ? ["[Lines end in CR LF.]"] : []),
    ...(isAll
      ? []
      : [
          `[Lines ${seen[0]?.number ?? 0}-${last} of ${linesTotal ?? "a file too long to count"}; go on with offset ${last + 1}.]`,
        ]),
  ];
  const isCut = seen.some(({ text, bytesCut }) => bytesCut > 0 || text.length > readLineCharsMax);
  return { ok: true, text: [...rows, ...notes].join("\n"), truncated: !isAll || isCut };
}

function textOf({ text, bytesCut }: Line): string {
  if (bytesCut === 0) return cutTo(text, readLineCharsMax);
  return `${text.slice(0, readLineCharsMax)}… [cut: the line goes on for more than ${counted(bytesCut, "byte")}]`;
}
