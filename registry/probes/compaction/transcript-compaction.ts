/**
 * Transcript compaction: an automatic trigger, the old part replaced by a summary or marker, the recent part kept, and
 * the result persisted.
 */

import { logFlowOf } from "../event-log/log-flow.ts";
import type { Finding } from "../finding.ts";
import type { PrimitiveProbes } from "../primitive.ts";
import { contains, type FileFacts, type FunctionFact, functionAt } from "../source/facts.ts";
import { branchesOn, callsTo, codeOf, finding, offsetsIn, textOf, worded } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { afterCompaction, isOnlyTold, keptOf } from "./compaction-kept.ts";
import { droppedTalk } from "./dropped-talk.ts";

/** What a conversation is made of, and words that say that it is made shorter. */
const talk = "(?:messages?|history|histories|context|transcript|conversations?|chat|turns|observations?)";
const shorter =
  "(?<![a-z])(?:trim|prun|truncat|compress|shrink|shorten|squash|evict|distill|collaps|mask|elid|offload|forget|cut|split|summari[sz])\\w*?";
const compaction = new RegExp(
  [
    "compact(?!or)|summari[sz]e(?!d)|summari[sz](?:er|ation|ing)|condens|microcompact|(?<![a-z])elid(?:e|ed|ing)(?![a-z])",
    `${shorter}_?(?:old_?|long_?|past_?|previous_?)?${talk}`,
    "(?:trim|truncate|shorten|cut|fit)_?prompt",
    `${talk}_?${shorter}(?:ion|er|or|ing|e|ed)?(?![a-z])`,
    "last_?n_?(?:observations|messages|turns)|history_?processor|chat_?summary",
  ].join("|"),
  "i",
);
const notCompaction =
  /summari[sz]e_?(usage|cost|diff|file|error|result|tool|changes|page|url|document|shell|command|json|content)|(?:condense|compact|compress|truncate)_?(?:payload|string|id\b)|compact_?id|compact_?(json|print|mode|view|display|number|layout|list|format|state|boundary)|is_?compact|compact_?mode|summary_?(line|table)|console_?compact|(^|[^a-z])render|branch|voice|cookie|cache_?compact/i;
const trigger =
  /token|context|length|len\(|size|threshold|should_?(auto_?)?(compact|summar|trim|condens|compress)|max|limit|too_?(big|long|many)|overflow|exceed|needs_?(compact|summar)|window/i;
const replaced: readonly RegExp[] = [
  /\b[\w.$]*(?:messages|history|transcript|conversation|contents)\w*\s+=(?![=>])\s[^\n;]*(?:summar|compact|recent|slice|\[-|tail|keep|kept|new_?|condens|compress|trimmed|pruned)/gi,
  /\.(?:extend|push|concat|append)\(\s*(?:\.\.\.|\*)?[\w.]*(?:preserve|kept|keep|recent|tail)\w*/gi,
  /\.(?:replace_?Messages|set_?Messages|set_?history|replace_?history|splice|clear_and_add|overwrite\w*)\(/gi,
  /\bRemoveMessage\(|REMOVE_ALL_MESSAGES|\bOverwrite\(/g,
  // Old and new are put together again: a summary or marker, then what is kept.
  /\[\s*(?:\w*(?:summary|system|head)\w*|\{[^}]{0,80}\})\s*,\s*\.\.\.|(?:\[\s*\w*summar\w*\s*\]|\bsummar(?:y|ies)(?:_?(?:msg|messages?))?)\s*\+\s*\w+/gi,
  /(?:\.\.\.|[,[]\s*\*)[\w.$]*(?:to_?keep|kept|recent|tail|preserved|remaining|slice\()\w*/gi,
  // A marker in place of what was said.
  /\b(?:entry|message|msg|item|observation|event|block|part)\w*(?:\.content|\.text|\.output|\[["'] {6,7}["']\])\s*=(?!=)/g,
  // A summary or a marker joins the messages.
  /\b[\w$.]*(?:messages|history|transcript|contents)\w*\.(?:push|append|unshift|insert)\([^;\n]{0,160}\b\w*(?:summary|placeholder|replacement|compact\w*)\b/gi,
  /\.(?:reset|set|replace|update)\w*\(\s*\[[^\]]{0,160}(?:summar|compact|condens)\w*/gi,
  // What is left out, told by its names.
  /\b(?:forgotten|dropped|evicted|pruned|compacted|first_?kept)_?\w*(?:events?|messages?|entry|entries|ids?|index)\w*\s*[:=](?!=)/gi,
];
const recent =
  /\b(?:keep_?recent\w*|keep_?last\w*|\w*_?to_?keep\w*|keep_?(?:first|turns|messages|tokens|n)\w*|recent_?\w*|preserved?_?(?:recent|messages|tail|threshold|last)\w*|\w*_preserve_\w*|preserved_?(?:tail|turns|context|history|events|entries|user\w*)|tail|tail_\w+|\w+_tail|kept\w*|first_?kept\w*|cut_?off\w*|cut_?point\w*|split_?(?:point|index)\w*)\b|\.slice\(\s*-|\[\s*-\s*[\w.]+\s*:\s*\]|\[\s*\w*(?:index|cut|split|start)\w*\s*:\s*\]/gi;
/** A marker kept among what was said tells which part of it is no longer sent. */
const markerField =
  /\b(?:compacted|compaction|condensed|condensation|summari[sz]ed|summary_?of|is_?summary|is_?compact\w*)\b/i;

/** Cut in two, and both handed on; or walked from the newest back. */
const parted =
  /\breturn\s*\(?\s*([\w.]+)\[\s*:[^\]\n]+\]\s*,\s*\1\[[^\]\n]+:\s*\]|\breturn\s*[[{][^;\n]{0,60}\.slice\(\s*0\s*,[^;\n]{0,80}\.slice\(|\bfor\b[^\n]{0,40}\breversed\(\s*[\w.]*(?:messages|history|turns|events|entries)|\bfor\s*\([^;]{0,60}(?:messages|history|turns|events|entries)\w*\.length\s*-\s*1\s*;[^;]*>=?\s*0/gi;
const triggers = /[<>]|should|too_?|exceed|overflow|needs_?|is_?(?:full|over|near)|due\b/i;
const aboutTalk =
  /context|tokens?\b|messages?|histor|conversation|transcript|turns?\b|entries|events|items|contents?\b|chat|observation|view/i;
const savesIt =
  /(^|\.)_?(?:append|save|persist|write|record|store|commit|overwrite|publish)\w*(?:compact|summar|condens|compress)/i;
/** What only looks at a conversation does not make it shorter. */
const asks = /(^|\.)(?:is|has|assert|validate|normalize|parse|get|read|load|describe|format|count|report)_?(?=[A-Z_])/;
function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const near = index.farFromAnchors(file.path) <= 2;
  for (const branch of branchesOn(file, trigger)) {
    const condition = worded(textOf(file, branch.condition));
    const call = callsTo(file, compaction, branch.body)[0] ?? callsTo(file, compaction, branch.condition)[0];
    if (
      /["']--/.test(condition) ||
      !call ||
      notCompaction.test(worded(call.callee)) ||
      asks.test(call.callee) ||
      !triggers.test(condition)
    )
      continue;
    const around = functionAt(file, branch.start);
    const reached =
      index.onRunPath(file, branch.start) ||
      (index.farFromAnchors(file.path) <= 1 && around !== undefined && index.callsOf(around.name) > 0);
    const aim = `${condition} ${call.callee} ${around?.name ?? ""}`;
    if (!aboutTalk.test(aim) && !compaction.test(baseOf(file))) continue;
    yield finding(
      "compaction-trigger",
      "trigger",
      reached ? "effect" : "called",
      branch.start,
      "a threshold sets compaction off",
    );
  }
  const inCompactionFile = compaction.test(baseOf(file)) && !notCompaction.test(baseOf(file));
  for (const fn of file.functions) {
    const about = worded(`${fn.name} ${fn.owner}`);
    if (fn.name === "" || notCompaction.test(`${about} ${file.path}`)) continue;
    const named = inCompactionFile || compaction.test(about);
    if (named && aboutTalk.test(codeOf(file, fn))) yield* insideCompaction(file, fn, index, near);
    else if (near && markerField.test(codeOf(file, fn))) yield* byMarker(file, fn, index);
  }
  for (const call of callsTo(file, savesIt))
    if (!/assert|check|valid/i.test(call.callee))
      yield finding("compaction-saved", "persisted", "effect", call.start, "the result of compaction is kept");
  yield* afterCompaction(file, compaction, index);
  yield* markersKept(file, index);
  yield* droppedTalk(file, index);
}

const baseOf = ({ path }: FileFacts): string => worded(path.slice(path.lastIndexOf("/") + 1));

function* insideCompaction(file: FileFacts, fn: FunctionFact, index: WorkspaceIndex, near: boolean): Iterable<Finding> {
  const onPath = index.onRunPath(file, fn.start + 1);
  const used =
    !isLeftToUser(file, fn, index) &&
    ((near && index.callsOf(fn.name) > 0) ||
      onPath ||
      /^a?(before_model|wrap_model_call|before_agent|__call__)$/.test(fn.name));
  const says = compaction.test(worded(fn.name)) || (fn.name === "__call__" && compaction.test(worded(fn.owner)));
  if (says && (!onlySummarises(fn, file) || (ofTalk.test(textOf(file, fn)) && !isOnlyTold(file, fn))))
    yield finding(
      "compaction-declared",
      "replaced",
      used && onPath ? "called" : "declaration",
      fn.start,
      "something compacts the transcript",
    );
  const code = codeOf(file, fn);
  const guard = file.branches.find(
    (branch) =>
      contains(fn, branch) &&
      /token|threshold|too_?(big|long)|max_?(?:messages|context|history|turns|items|events)|limit|window/i.test(
        textOf(file, branch.condition),
      ) &&
      /[<>]|should|too_?/i.test(textOf(file, branch.condition)),
  );
  if (guard && used)
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
  const kept = offsetsIn(code, recent, fn.start)[0] ?? (guard && offsetsIn(code, parted, fn.start)[0]);
  if (kept !== undefined)
    yield finding("recent-part-kept", "recent", used ? "effect" : "declaration", kept, "the recent part stays");
  yield* keptOf(file, fn, index);
}

/** Pages, tasks and tools are summarised as well; a conversation is one that its code speaks of. */
const ofTalk = /\b\w*(?:messages|history|histories|conversation|transcript)\b/i;

function onlySummarises({ name, owner }: FunctionFact, file: FileFacts): boolean {
  return !compaction.test(worded(`${name} ${owner} ${baseOf(file)}`).replace(/summari[sz]\w*|summar(?:y|ies)/gi, ""));
}

/** A class that nothing in the product makes an object of is offered to others. */
function isLeftToUser({ code }: FileFacts, { owner }: FunctionFact, index: WorkspaceIndex): boolean {
  if (owner === "" || index.callsOf(owner) > 0 || /register|from_?config|\bcls\(/i.test(code)) return false;
  return index.below(owner).every((name) => index.callsOf(name) === 0) && /\bclass\b/.test(code);
}

/** What is sent is built from the latest marker on: the entries stay, and are no longer sent. */
function* byMarker(file: FileFacts, fn: FunctionFact, index: WorkspaceIndex): Iterable<Finding> {
  const code = codeOf(file, fn);
  if (!index.onRunPath(file, fn.start + 1) && index.callsOf(fn.name) === 0) return;
  if (
    !/slice\(|\[\s*[\w.]*\s*:\s*[\w.]*\s*\]|filter\(|\bif\b[^\n]*\bin\b/.test(code) ||
    !/messages|entries|events|history|view/i.test(code)
  )
    return;
  const spread = offsetsIn(
    code,
    /(?<![\w.])[\w.]*(?:messages|entries|events|history|turns|view|contents)\w*\s*(?:\.slice\(|\[\s*[\w.]+\s*:\s*\])/gi,
    fn.start,
  )[0];
  if (spread === undefined) return;
  yield finding("sent-from-marker", "replaced", "effect", spread, "from the marker on, the marker stands for the rest");
  yield finding("sent-from-marker", "recent", "effect", spread, "what follows the marker is sent as it is");
}

/** A record of what was said has a place for the marker, and such records are stored. */
function* markersKept(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const flow = logFlowOf(index);
  for (const type of file.types) {
    const logged =
      type.kind === "class" &&
      /condens|compact|summar/i.test(type.name) &&
      [...flow.types].some((name) => index.below(name).includes(type.name));
    if (logged)
      yield finding(
        "marker-kept",
        "persisted",
        "effect",
        type.start,
        "an entry of the stored log stands for what was left out",
      );
    if (!flow.apart) continue;
    const text = textOf(file, type);
    if (!/\brole\b/.test(text) || !/\bcontent\b/.test(text) || type.end - type.start > recordCharsMax) continue;
    const marker = markerField.exec(text);
    if (marker)
      yield finding(
        "marker-kept",
        "persisted",
        "effect",
        type.start + marker.index,
        "the record that is stored carries the marker",
      );
  }
}

const recordCharsMax = 6_000;

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
