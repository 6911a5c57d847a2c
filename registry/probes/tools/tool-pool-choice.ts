/**
 * A pool chosen whole: one set for this mode and one for that, a set per agent in a table, parts of a literal that are
 * spread in only when something holds.
 */

import type { Finding } from "../finding.ts";
import { type FileFacts, functionAt } from "../source/facts.ts";
import { finding } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";

const chooser = "(?:mode|agent|role|phase|stage|profile|permission|scope|plan|read_?only|sub_?agent|persona|variant)";
const set =
  "(?!\\w*(?:call|result|use|output|message|event|name|count|choice))\\w*(?:[tT]ools|TOOLS|[tT]ool_?[sS]et|[fF]unctions)";
const choices: readonly RegExp[] = [
  // One set or the other.
  new RegExp(
    `\\b${set}\\s*(?::[^=\\n]{0,60})?[=:](?!=)\\s*[^;\\n?]{0,80}${chooser}[^;\\n?]{0,60}\\?(?![.?])[^;\\n:]{0,80}(?:tool|TOOL|function)[^;\\n:]{0,60}:`,
    "gi",
  ),
  new RegExp(
    `\\b${set}\\s*=(?!=)\\s*[^\\n]{0,80}(?:tool|function)[^\\n]{0,60}\\bif\\b[^\\n]{0,60}${chooser}[^\\n]{0,60}\\belse\\b`,
    "gi",
  ),
  // A table of sets.
  new RegExp(
    `\\b\\w*(?:[tT]ools|TOOLS|tool_?sets|toolSets)\\w*(?:\\[|\\.get\\()\\s*[\\w.]*${chooser}\\w*(?:\\.\\w+)?\\s*[\\]),]`,
    "gi",
  ),
];
/** Written down by mode, or read, not chosen. */
const notChosen = /tool_?(?:call|result|use|choice)|\]\s*=(?!=)|\.(?:find|index|map)\(/i;

/** What is chosen goes on as a set of tools, or as what is taken from it. */
const kept =
  /\w*(?:tools?|toolset|functions|exclu\w*|allow\w*)\w*["']?\s*(?::[^=]{0,60})?[:=](?!=)|\breturn\b|tools?\w*\.(?:update|extend|push|add)/i;

export function* chosenSets(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const pattern of choices) {
    for (const match of file.code.matchAll(pattern)) {
      const start = file.code.lastIndexOf("\n", match.index) + 1;
      if (notChosen.test(lineAt(file, match.index)) || !kept.test(lineAt(file, start))) continue;
      // Written large, it is a type.
      if (/^[A-Z]\w*[a-z]/.test(match[0]) || !used(file, match.index, index)) continue;
      yield finding("tools-chosen", "computed", "effect", match.index, "the set is chosen by mode, role or agent", 3);
    }
  }
  yield* spreadIn(file, index);
}

/** `tools: { ...base, ...(canWrite ? { write } : {}) }`: one such part is a flag, two are a computation. */
function* spreadIn(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const match of file.code.matchAll(/\b\w*[tT]ools\w*\s*(?::[^=\n{[]{0,60})?[=:]\s*([{[])/g)) {
    const opened = match.index + match[0].length - 1;
    const literal = file.code.slice(opened, closing(file.code, opened));
    const parts = literal.match(/\.\.\.\(\s*[^()]{1,80}(?:\([^()]*\)[^()]{0,40})?(?:\?(?![.?])|&&)/g)?.length ?? 0;
    if (parts === 0 || !used(file, match.index, index)) continue;
    const strength = parts > 1 ? "effect" : "declaration";
    yield finding("tools-spread", "computed", strength, match.index, "parts of the set depend on conditions", 2);
  }
}

/** A longer literal is data. In UTF-16 units. */
const literalCharsMax = 6_000;

function closing(code: string, opened: number): number {
  let depth = 0;
  for (let at = opened; at < Math.min(code.length, opened + literalCharsMax); at += 1) {
    const char = code[at] ?? "";
    if (/[([{]/.test(char)) depth += 1;
    else if (/[)\]}]/.test(char)) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return opened;
}

function lineAt({ code }: FileFacts, offset: number): string {
  return code.slice(offset, offset + 200).split("\n")[0] ?? "";
}

function used(file: FileFacts, offset: number, index: WorkspaceIndex): boolean {
  const fn = functionAt(file, offset);
  return fn !== undefined && (index.onRunPath(file, offset) || index.callsOf(fn.name) > 0);
}
