/** Runs Grep: files in path order, each searched line by line, shown until the answer is full and counted to the end. */
import { createLineSearch, type LineSearch } from "../../line-search.ts";
import { refused } from "../../refusal.ts";
import { RegexError } from "../../regex.ts";
import { type FileSearch, globOrAnswer, type SearchedFile, scopeOf, searchFiles } from "../../search-scope.ts";
import { counted, cutTo, shownPath } from "../../shown.ts";
import { searchedBytesMax } from "../../source-text.ts";
import { OUTPUT_CHARS_MAX, type ToolContext, type ToolOutput } from "../../tool.ts";
import { type GrepInput, grepEntriesDefault } from "../input/grep.ts";

/** Longest stretch of one line that is shown, in UTF-16 units. */
const lineCharsMax = 500;
/** Kept free for what follows the entries. */
const notesCharsMax = 1_500;
/** A search that lasts longer ends with what it has, and says so. */
const searchMsMax = 45_000;

export async function run(input: GrepInput, { box, signal }: ToolContext): Promise<ToolOutput> {
  const isMultiline = input.multiline ?? false;
  if (!isMultiline && /(^|[^\\])(\\\\)*\\n|\n/.test(input.pattern)) {
    return {
      ok: false,
      text: "The pattern names a line end, but lines are searched one by one: set multiline to true.",
    };
  }
  const filter = input.glob === undefined ? undefined : globOrAnswer(input.glob, { anyDepth: true });
  if (filter && "ok" in filter) return filter;
  try {
    const search = createLineSearch(input.pattern, { ignoreCase: input["-i"] ?? false, multiline: isMultiline });
    const scope = await scopeOf(box, input.path);
    const wants = (path: string) => filter?.matches(path) ?? true;
    return await answer(input, search, searchFiles({ box, scope, wants, bytesMax: searchedBytesMax, signal }));
  } catch (error) {
    if (error instanceof RegexError) return { ok: false, text: error.message };
    return refused(error, { "box.not_found": "Use Glob to find files." });
  }
}

async function answer(input: GrepInput, search: LineSearch, files: FileSearch): Promise<ToolOutput> {
  const over = performance.now() + searchMsMax;
  const isOver = () => performance.now() > over;
  const page = createPage(input.head_limit ?? grepEntriesDefault);
  let filesMatched = 0;
  let linesMatched = 0;
  let filesCut = 0;
  let isLate = false;
  for await (const file of files.files) {
    const { matches, isCut } = await search.search(file.text, isOver);
    if (isCut) filesCut += 1;
    if (matches.length > 0) {
      filesMatched += 1;
      linesMatched += matches.length;
      show(page, input, file, matches);
    }
    isLate = isOver();
    if (isLate) break;
  }
  const total = `${counted(linesMatched, "matching line")} in ${counted(filesMatched, "file")}; ${counted(files.searched(), "file")} searched`;
  const notes = [
    linesMatched === 0
      ? `No match for ${JSON.stringify(input.pattern)}. [${counted(files.searched(), "file")} searched.]`
      : `[${total}.]`,
    ...(page.isFull() ? ["[Not everything is shown: narrow the search, or raise head_limit.]"] : []),
    ...(isLate ? [`[Stopped after ${searchMsMax / 1_000} seconds: not everything was searched.]`] : []),
    ...(filesCut > 0 ? [`[Searched only in part: ${counted(filesCut, "file")} with very long text.]`] : []),
    ...files.notes(),
  ];
  return { ok: true, text: [...page.rows, ...notes].join("\n"), truncated: page.isFull() || isLate || filesCut > 0 };
}

interface Page {
  readonly rows: string[];
  /** @returns false, and keeps nothing, when there is no room left. */
  readonly add: (row: string) => boolean;
  /** Something had no room. */
  readonly isFull: () => boolean;
}

function createPage(rowsMax: number): Page {
  const rows: string[] = [];
  let chars = 0;
  let isFull = false;
  return {
    rows,
    isFull: () => isFull,
    add: (row) => {
      isFull ||= rows.length >= rowsMax || chars + row.length + 1 > OUTPUT_CHARS_MAX - notesCharsMax;
      if (isFull) return false;
      rows.push(row);
      chars += row.length + 1;
      return true;
    },
  };
}

function show(page: Page, input: GrepInput, file: SearchedFile, matches: readonly number[]): void {
  const name = shownPath(file.path);
  switch (input.output_mode) {
    case "content":
      showLines(page, input, file, matches);
      return;
    case "count":
      page.add(`${name}:${matches.length}`);
      return;
    case "files_with_matches":
    case undefined:
      page.add(name);
  }
}

function showLines(page: Page, input: GrepInput, { path, text }: SearchedFile, matches: readonly number[]): void {
  if (page.isFull()) return;
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  const before = input["-B"] ?? input["-C"] ?? 0;
  const after = input["-A"] ?? input["-C"] ?? 0;
  const isMatch = new Set(matches);
  const name = shownPath(path);
  let next = 0;
  for (const match of matches) {
    const from = Math.max(next, match - before);
    // Between stretches that do not touch, as grep has it.
    if (before + after > 0 && page.rows.length > 0 && (from > next || next === 0) && !page.add("--")) return;
    for (let at = from; at <= Math.min(match + after, lines.length - 1); at += 1) {
      const mark = isMatch.has(at) ? ":" : "-";
      const number = input["-n"] === false ? "" : `${at + 1}${mark}`;
      if (!page.add(`${name}${mark}${number}${cutTo(lineShown(lines[at] ?? ""), lineCharsMax)}`)) return;
      next = at + 1;
    }
  }
}

/** As Read shows it. */
function lineShown(line: string): string {
  return line.replaceAll("\0", "␀").replaceAll("\r", "␍");
}
