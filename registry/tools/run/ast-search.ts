/** Runs AstSearch: each file is parsed off the main thread and its tree dropped before the next one is looked at. */
import type { SgNode } from "@ast-grep/napi";
import { type Language, languageOf, parse } from "../../probes/source/languages.ts";
import { refused } from "../../refusal.ts";
import { type FileSearch, globOrAnswer, type SearchedFile, scopeOf, searchFiles } from "../../search-scope.ts";
import { counted, cutTo, shownPath } from "../../shown.ts";
import { OUTPUT_CHARS_MAX, type ToolContext, type ToolOutput } from "../../tool.ts";
import { type AstSearchInput, astMatchesDefault } from "../input/ast-search.ts";

/** Longer source files are generated or data. In bytes. */
const sourceBytesMax = 1_000_000;
/** Longest stretch of a match, or of what a metavariable stands for, that is shown; in UTF-16 units. */
const matchCharsMax = 200;
/** Kept free for what follows the matches. */
const notesCharsMax = 1_500;
/** A search that lasts longer ends with what it has, and says so. */
const searchMsMax = 60_000;

/** A file of each language is read by its own grammar, and so is the pattern. */
const searchedIn: Readonly<Record<AstSearchInput["language"], readonly Language[]>> = {
  typescript: ["typescript", "tsx"],
  tsx: ["tsx"],
  javascript: ["javascript"],
  python: ["python"],
};

export async function run(input: AstSearchInput, { box, signal }: ToolContext): Promise<ToolOutput> {
  const filter = input.glob === undefined ? undefined : globOrAnswer(input.glob, { anyDepth: true });
  if (filter && "ok" in filter) return filter;
  const wrong = await whyWrong(input);
  if (wrong?.isFatal) return { ok: false, text: wrong.text };
  try {
    const scope = await scopeOf(box, input.path);
    const languages = searchedIn[input.language];
    if (scope.file && !isOf(scope.file.path, languages)) {
      return { ok: false, text: `${shownPath(scope.file.path)} is not a ${input.language} file by its name.` };
    }
    const wants = (path: string) => isOf(path, languages) && (filter?.matches(path) ?? true);
    const found = await search(input, searchFiles({ box, scope, wants, bytesMax: sourceBytesMax, signal }), signal);
    if (found.count === 0 && wrong) return { ok: false, text: wrong.text };
    return found.output;
  } catch (error) {
    return refused(error, { "box.not_found": "Use Glob to find files." });
  }
}

function isOf(path: string, languages: readonly Language[]): boolean {
  const language = languageOf(path);
  return language !== undefined && languages.includes(language);
}

/**
 * Asked before any file is parsed. A pattern with an error in it can still match (a class without a body), so an error
 * alone is told only when nothing was found.
 */
async function whyWrong({
  pattern,
  language,
}: AstSearchInput): Promise<{ isFatal: boolean; text: string } | undefined> {
  const quoted = `The pattern ${JSON.stringify(pattern.length > 200 ? `${pattern.slice(0, 200)}…` : pattern)}`;
  const advice = "Write one complete expression, statement or declaration.";
  try {
    (await parse(language, "x")).root().findAll(pattern);
  } catch (error) {
    const many = error instanceof Error && error.message.includes("Multiple AST nodes");
    return {
      isFatal: true,
      text: `${quoted} is ${many ? "more than one piece of code" : "no code at all"}. ${advice}`,
    };
  }
  const tree = (await parse(language, pattern.replace(/\$+[A-Z_][A-Z0-9_]*|\${3}/g, "x"))).root();
  const error = tree.kind() === "ERROR" ? tree : tree.find({ rule: { kind: "ERROR" } });
  if (error === null) return undefined;
  const at = cutTo(oneLine(error.text()), 60);
  return {
    isFatal: false,
    text: `${quoted} matches nothing, and it is not complete ${language} code: trouble at ${JSON.stringify(at)}. ${advice}`,
  };
}

async function search(
  { pattern, language, head_limit: matchesMax = astMatchesDefault }: AstSearchInput,
  files: FileSearch,
  signal: AbortSignal,
): Promise<{ count: number; output: ToolOutput }> {
  const over = performance.now() + searchMsMax;
  const names = metavariables(pattern);
  const rows: string[] = [];
  let chars = 0;
  let count = 0;
  let shown = 0;
  let filesMatched = 0;
  let isLate = false;
  const words = requiredWords(pattern);
  for await (const file of files.files) {
    signal.throwIfAborted();
    if (!words.every((word) => file.text.includes(word))) continue;
    const matches = (await parse(languageOf(file.path) ?? language, file.text)).root().findAll(pattern);
    if (matches.length > 0) filesMatched += 1;
    for (const match of matches) {
      count += 1;
      const row = shown === matchesMax ? undefined : rowOf(file, match, names);
      if (row === undefined || chars + row.length + 1 > OUTPUT_CHARS_MAX - notesCharsMax) continue;
      rows.push(row);
      chars += row.length + 1;
      shown += 1;
    }
    isLate = performance.now() > over;
    if (isLate) break;
  }
  const searched = `${counted(files.searched(), `${language} file`)} searched`;
  const notes = [
    count === 0
      ? `No match for ${JSON.stringify(pattern)}. [${searched}.]`
      : `[${counted(count, "match", "matches")} in ${counted(filesMatched, "file")}; ${searched}.]`,
    ...(shown < count ? [`[${shown} are shown: narrow the search, or raise head_limit.]`] : []),
    ...(isLate ? [`[Stopped after ${searchMsMax / 1_000} seconds: not everything was searched.]`] : []),
    ...files.notes(),
  ];
  return { count, output: { ok: true, text: [...rows, ...notes].join("\n"), truncated: shown < count || isLate } };
}

/** Names and keywords of the pattern: a file without one of them holds no match and need not be parsed. */
function requiredWords(pattern: string): string[] {
  // Comments and strings of a pattern are compared otherwise than word by word.
  if (/["'`#]|\/[/*]/.test(pattern)) return [];
  return pattern.replace(/\$+[A-Z_0-9]*/g, " ").match(/[A-Za-z_]\w+/g) ?? [];
}

interface Metavariable {
  readonly name: string;
  readonly isMany: boolean;
}

/** In order of first appearance; one that begins with an underscore captures nothing. */
function metavariables(pattern: string): Metavariable[] {
  const found = [...pattern.matchAll(/(\$\$\$|\$)([A-Z][A-Z0-9_]*)/g)];
  const byName = new Map(found.map(([, dollars, name = ""]) => [name, { name, isMany: dollars === "$$$" }]));
  return [...byName.values()];
}

function rowOf({ path, text: source }: SearchedFile, match: SgNode, names: readonly Metavariable[]): string {
  const text = match.text();
  const end = text.indexOf("\n");
  const first = end < 0 ? cutTo(text, matchCharsMax) : `${cutTo(text.slice(0, end), matchCharsMax)} …`;
  const captures = names.flatMap(({ name, isMany }) => {
    const nodes = isMany ? match.getMultipleMatches(name) : [match.getMatch(name) ?? []].flat();
    const [from, to] = [nodes[0]?.range().start.index, nodes.at(-1)?.range().end.index];
    if (from === undefined || to === undefined) return isMany ? [`    $$$${name} =`] : [];
    return [`    ${isMany ? "$$$" : "$"}${name} = ${cutTo(oneLine(source.slice(from, to)), matchCharsMax)}`];
  });
  return [`${shownPath(path)}:${match.range().start.line + 1}: ${first.replaceAll("\r", "␍")}`, ...captures].join("\n");
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
