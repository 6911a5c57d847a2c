/** Runs Grep: files in path order, searched a few at a time, shown until the answer is full. */
import type { Box } from "../../box.ts";
import { createLineSearch, type LineSearch } from "../../line-search.ts";
import { RegexError } from "../../regex.ts";
import { refused } from "../../refusal.ts";
import { countSkips, type FileSearch, globOrAnswer, scopeOf, searchFiles } from "../../search-scope.ts";
import { counted, cutTo, shownPath } from "../../shown.ts";
import { OUTPUT_CHARS_MAX, type ToolContext, type ToolOutput } from "../../tool.ts";
import { type GrepInput, grepEntriesDefault } from "../input/grep.ts";

/** Longest stretch of one line that is shown, in UTF-16 units. */
const lineCharsMax = 500;
/** Kept free for what follows the entries. */
const notesCharsMax = 1_500;

export async function run(input: GrepInput, context: ToolContext): Promise<ToolOutput> {
  if (!input.multiline && /(^|[^\\])(\\\\)*\\n|\n/.test(input.pattern)) {
    return { ok: false, text: "The pattern names a line end, and lines are searched one by one; set multiline to true." };
  }
  const filter = input.glob === undefined ? undefined : globOrAnswer(input.glob, { anyDepth: true });
  if (filter && "ok" in filter) return filter;
  try {
    const search = createLineSearch(input.pattern, { ignoreCase: input["-i"] ?? false, multiline: input.multiline ?? false });
    const scope = await scopeOf(context.box, input.path);
    const skips = countSkips();
    const page = createPage(input);
    const files = searchFiles({ ...context, scope, skips, wants: (path) => filter?.matches(path) ?? true });
    const found = await searchAll(files, search, page, context.signal);
    return page.answer([...found.notes, ...files.notes()], found.isCut);
  } catch (error) {
    if (error instanceof RegexError) return { ok: false, text: error.message };
    return refused(error, { "box.not_found": "Use Glob to find files." });
  }
}
