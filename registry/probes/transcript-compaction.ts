/**
 * Transcript compaction: an automatic trigger, the old part replaced by a summary or marker, the recent part kept, and
 * the result persisted.
 */
import { contains, type FileFacts, type FunctionFact } from "./facts.ts";
import type { Finding } from "./finding.ts";
import type { PrimitiveProbes } from "./primitive.ts";
import { branchesOn, callsTo, codeOf, finding, functionsNamed, offsetsIn, textOf } from "./query.ts";
import type { WorkspaceIndex } from "./workspace-index.ts";

const compaction =
  /compact|summari[sz]e|summari[sz]ation|condens|(trim|prune|truncate|shrink|squash|evict)_?(messages?|history|context|transcript|conversation|old)|microcompact|elid(?:e|ed|ing)\b|last_?n_?(?:observations|messages|turns)|history_?processor|chat_?summary/i;
const notCompaction =
  /summari[sz]e_?(usage|cost|diff|file|error|result|tool)|compact_?(json|print|mode|view|display|number|layout)|isCompact|compactMode|summary_?(line|table)|(^|[^a-z])render|branch/i;
const trigger =
  /token|context|length|len\(|size|threshold|should_?(auto_?)?(compact|summar|trim|condens)|max|limit|too_?(big|long|many)|overflow|exceed|needs_?(compact|summar)|window/i;
const replaced: readonly RegExp[] = [
  /\b[\w.$]*(?:messages|history|entries|transcript|items|conversation|events|contents)\w*\s*=(?![=>])[^\n;]*(?:summar|compact|recent|slice|\[-|tail|keep|kept|head|new|condens|result)/gi,
  /\.(?:replaceMessages|replace_messages|setMessages|set_messages|splice|clear_and_add)\(/g,
  /\bRemoveMessage\(|REMOVE_ALL_MESSAGES|\bOverwrite\(/g,
  /\[\s*(?:\w*(?:summary|system|head)\w*|\{[^}]{0,80}\})\s*,\s*\.\.\.|(?:\[\s*\w*summar\w*\s*\]|\bsummar\w*)\s*\+\s*\w+/gi,
];
const recent =
  /\b\w*(?:keep_?recent|recent|preserved?|tail|kept|keep_?last|first_?kept|cutoff|cut_?point|keep)\w*\b|\.slice\(\s*-|\[\s*-\s*\w+\s*:\s*\]|\[\s*\w*(?:index|cut|split|start)\w*\s*:\s*\]/gi;

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const branch of branchesOn(file, trigger)) {
    const call = callsTo(file, compaction, branch.body)[0] ?? callsTo(file, compaction, branch.condition)[0];
    if (!call || notCompaction.test(call.callee)) continue;
    const reached = index.onRunPath(file, branch.start);
    yield finding(
      "compaction-trigger",
      "trigger",
      reached ? "effect" : "called",
      branch.start,
      "a threshold sets compaction off",
    );
  }
  const base = file.path.slice(file.path.lastIndexOf("/") + 1);
  const inCompactionFile = compaction.test(base) && !notCompaction.test(base);
  const functions = inCompactionFile
    ? file.functions.filter(({ name }) => name !== "")
    : functionsNamed(file, compaction, true);
  for (const fn of functions) {
    if (notCompaction.test(`${fn.name} ${fn.owner}`)) continue;
    yield* insideCompaction(file, fn, index);
  }
  for (const call of callsTo(file, /(append|save|persist|write|record|add)\w*(compact|summar|condens)/i)) {
    yield finding("compaction-saved", "persisted", "effect", call.start, "the result of compaction is kept");
  }
}

function* insideCompaction(file: FileFacts, fn: FunctionFact, index: WorkspaceIndex): Iterable<Finding> {
  const used =
    index.callsOf(fn.name) > 0 ||
    index.onRunPath(file, fn.start + 1) ||
    /^(before_model|wrap_model_call|abefore_model|__call__)$/.test(fn.name);
  if (compaction.test(fn.name) || (fn.name === "__call__" && compaction.test(fn.owner)))
    yield finding(
      "compaction-declared",
      "replaced",
      used && index.onRunPath(file, fn.start + 1) ? "called" : "declaration",
      fn.start,
      "something compacts the transcript",
    );
  const code = codeOf(file, fn);
  const guard = file.branches.find(
    (branch) =>
      contains(fn, branch) &&
      /token|threshold|too_?(big|long)|max|limit|window/i.test(textOf(file, branch.condition)) &&
      /[<>]|should|too_?/i.test(textOf(file, branch.condition)),
  );
  if (guard && used && index.onRunPath(file, guard.start))
    yield finding("compaction-guard", "trigger", "effect", guard.start, "compaction starts at a threshold");
  for (const pattern of replaced) {
    for (const offset of offsetsIn(code, pattern, fn.start).slice(0, 2))
      yield finding(
        "old-part-replaced",
        "replaced",
        used ? "effect" : "declaration",
        offset,
        "the old part is replaced",
      );
  }
  const kept = offsetsIn(code, recent, fn.start)[0];
  if (kept !== undefined && /message|entr|history|item|event|turn/i.test(code))
    yield finding("recent-part-kept", "recent", used ? "effect" : "declaration", kept, "the recent part stays");
  const write = index.storage.writesIn(file, fn)[0];
  if (write)
    yield finding("compaction-written", "persisted", "effect", write.start, "the result of compaction is kept");
}

export const transcriptCompaction: PrimitiveProbes = {
  id: "transcript-compaction",
  aspects: [
    { id: "trigger", required: true, text: "an automatic trigger" },
    { id: "replaced", required: true, text: "the old part is replaced by a summary or marker" },
    { id: "recent", required: true, supporting: true, text: "the recent part is kept" },
    { id: "persisted", required: true, supporting: true, text: "the result is persisted" },
  ],
  probe,
  asserted: /compact|summari|condens|trim|prune/i,
  denied: /(?:auto-?)?compaction|context compression|summari[sz]ation/,
};
