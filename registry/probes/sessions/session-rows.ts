/**
 * Conversations kept as rows: a table whose rows have who spoke and what was said is one of messages, whatever it and
 * the functions around it are called.
 */

import type { Finding } from "../finding.ts";
import { type CallFact, type FileFacts, type FunctionFact, functionAt } from "../source/facts.ts";
import { argumentsOf, codeOf, escaped, finding } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { isOffered } from "./session-stores.ts";

/** Columns, in the words of the mappers in wide use. */
const column =
  /(?:^|[\n{,;])[ \t]*(?:readonly\s+)?([a-zA-Z_]\w*)[?!]?\s*(?::\s*Mapped\[[^\]\n]*\][^=\n]*=|:\s*[\w[\]| .]+=\s*(?=Field\(|Column\()|=|:)\s*(?:\w+\.)?(?:Column|mapped_column|\w+Field|Field|text|varchar|integer|bigint|jsonb?|uuid|timestamp|serial)\(/g;
const speaker = /^(?:role|sender|author|speaker|actor|from_?(?:user|agent)|is_?(?:user|bot|agent)|message_?type)$/i;
const said = /^(?:content|contents|text|message|feed|body|parts|data|message_?json|blocks)$/i;
/** The table of such rows: a class of a mapper, or a table made by a call. */
const tableMade = /\b([\w$]+)\s*=\s*(?:sqlite|pg|mysql)Table\(/g;
const rowCharsMax = 6_000;
/** What no file with such a table can do without. */
const mapped = /\b(?:Column|mapped_column|\w*Field|(?:sqlite|pg|mysql)Table)\(/;

const known = new WeakMap<WorkspaceIndex, RegExp | undefined>();

/** Matches the names of the tables of messages; undefined where there is none. Found once per pass. */
function rowNames(index: WorkspaceIndex): RegExp | undefined {
  if (known.has(index)) return known.get(index);
  const names = new Set<string>();
  for (const file of index.product) {
    if (!mapped.test(file.code)) continue;
    for (const type of file.types) if (type.kind === "class" && isRow(codeOf(file, type))) names.add(type.name);
    for (const match of file.code.matchAll(tableMade))
      if (isRow(file.code.slice(match.index, match.index + rowCharsMax).split(/\n\)|\n\}\)/)[0] ?? ""))
        names.add(match[1] ?? "");
  }
  const pattern = names.size === 0 ? undefined : new RegExp(`\\b(?:${[...names].map(escaped).join("|")})\\b`);
  known.set(index, pattern);
  return pattern;
}

function isRow(body: string): boolean {
  if (body.length > rowCharsMax) return false;
  const columns = [...body.matchAll(column)].map(([, name = ""]) => name);
  return columns.some((name) => speaker.test(name)) && columns.some((name) => said.test(name));
}

export function* messageRows(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const rows = rowNames(index);
  if (rows === undefined || !rows.test(file.code) || index.farFromAnchors(file.path) > 3) return;
  for (const call of file.calls) {
    const fn = functionAt(file, call.start);
    if (fn === undefined) continue;
    const used = (index.onRunPath(file, call.start) || index.callsOf(fn.name) > 0) && !isOffered(file, fn, index);
    if (index.storage.writes(file, call) && givesRow(file, call, fn, rows))
      yield finding(
        "message-row",
        "write",
        used ? "effect" : "declaration",
        call.start,
        "a message is kept as a row",
        3,
      );
    if (!index.storage.reads(file, call) || !rows.test(codeOf(file, call))) continue;
    yield finding(
      "message-rows",
      "load",
      used ? "effect" : "declaration",
      call.start,
      "messages are read from their rows",
      3,
    );
    // What the run reads of its messages is what it goes on with.
    if (used && feedsRun(file, fn.name, call.start, index))
      yield finding(
        "message-rows",
        "resume",
        "effect",
        call.start,
        "the run is built from the messages that were kept",
        3,
      );
  }
}

/** The call names the rows, or is given one that its function has made. */
function givesRow(file: FileFacts, call: CallFact, fn: FunctionFact, rows: RegExp): boolean {
  if (rows.test(codeOf(file, call))) return true;
  const given = /^\(\s*(\w+)\s*[,)]/.exec(argumentsOf(file, call))?.[1];
  if (given === undefined) return false;
  const made = new RegExp(`\\b${escaped(given)}\\s*=\\s*(?:new\\s+)?${rows.source}\\s*\\(`);
  return made.test(file.code.slice(fn.start, call.start));
}

function feedsRun(file: FileFacts, name: string, offset: number, index: WorkspaceIndex): boolean {
  return index.afterModel(file, offset) && !/count|list_?all|search|delete|stat/i.test(name);
}
