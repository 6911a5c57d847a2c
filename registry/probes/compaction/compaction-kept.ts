/**
 * Where the result of a compaction goes: into a write, back into what is written, into what is saved as a whole, or
 * nowhere but the process.
 */

import type { Finding } from "../finding.ts";
import { type CallFact, contains, type FileFacts, type FunctionFact, functionAt } from "../source/facts.ts";
import { argumentsOf, callsTo, codeOf, escaped, finding, lastName, worded } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";

/** What is told is not kept. */
const tells =
  /(^|\.)(?:\w*log\w*|debug|info|warn|error|track\w*|capture\w*|emit|execute|invoke|run)$|telemetry|metric/i;
const putsBack =
  /(^|\.)_?(?:set|replace|update|overwrite|reset|rewrite|start|load|init)_?\w*(?:history|messages|chat|conversation|transcript|context|session)\w*$/i;

const kept = (offset: number): Finding =>
  finding("compaction-written", "persisted", "effect", offset, "the result of compaction is kept");

/** Written where it is made, put back where what is kept is written, or held in what is saved whole. */
export function* keptOf(file: FileFacts, fn: FunctionFact, index: WorkspaceIndex): Iterable<Finding> {
  const write = index.storage.writesIn(file, fn).find(({ callee }) => !tells.test(callee));
  if (write) yield kept(write.start);
  for (const call of callsTo(file, putsBack, fn)) {
    const homes = index.functionsNamed(lastName(call.callee)).slice(0, placesMax);
    if (homes.some((home) => index.storage.writesIn(home.file, home.fn).length > 0)) yield kept(call.start);
  }
  const back = callsTo(file, handsBack, fn).find((call) => shortened.test(argumentsOf(file, call)));
  if (back && savesWhole(index)) yield kept(back.start);
  const [, held] =
    /\b(?:self|this)\.([\w$]*(?:messages|history|transcript|conversation)\w*)\s*=(?![=>])/i.exec(codeOf(file, fn)) ??
    [];
  if (held === undefined) return;
  const saved = file.functions.find(
    (other) =>
      new RegExp(`\\b${escaped(held)}\\b`).test(codeOf(file, other)) &&
      index.storage
        .writesIn(file, other)
        .some((call) => !tells.test(call.callee) && !index.storage.appends(file, call)),
  );
  const at = saved && index.storage.writesIn(file, saved)[0];
  if (at) yield kept(at.start);
}

const handsBack = /(^|\.)_?(?:set|replace|update|overwrite)_?(?:messages|history|conversation|transcript)$/i;
const shortened = /compress|compact|summar|condens|trimmed|pruned|llm_?result/i;
const wholes = new WeakMap<WorkspaceIndex, boolean>();

/** Somewhere the conversation is written as a whole, so that what replaced it is written with it. */
function savesWhole(index: WorkspaceIndex): boolean {
  const made =
    wholes.get(index) ??
    index.product.some((file) =>
      file.calls.some((call) => {
        const fn = index.storage.writes(file, call) ? functionAt(file, call.start) : undefined;
        return (
          fn !== undefined &&
          /^_?(?:save|persist|store)/i.test(fn.name) &&
          !index.storage.appends(file, call) &&
          /\b(?:messages|transcript|conversation)\b/i.test(index.storage.fieldsOf(file, fn))
        );
      }),
    );
  wholes.set(index, made);
  return made;
}

/** A name that is defined in more places than these says little of what it does. */
const placesMax = 4;

const makesSummary = /(?:build|make|create|generate|update|write|get)_\w*summar(?:y|ies)$/i;

/** What a call of a compaction gave, followed through the rest of the function that called it. */
export function* afterCompaction(file: FileFacts, compaction: RegExp, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of file.calls) {
    const callee = worded(lastName(call.callee));
    if (!compaction.test(callee) && !(makesSummary.test(callee) && ofConversation.test(argumentsOf(file, call))))
      continue;
    const fn = functionAt(file, call.start);
    if (!fn || tells.test(call.callee) || !index.onRunPath(file, call.start)) continue;
    if (makesSummary.test(callee))
      yield finding("conversation-summarised", "replaced", "called", call.start, "the conversation is summarised");
    const names = givenNames(file, fn, call);
    if (names.length === 0) continue;
    const holds = new RegExp(`\\b(?:${names.map(escaped).join("|")})\\b`);
    const takes = file.calls.filter(
      (other) => other.start > call.end && contains(fn, other) && holds.test(argumentsOf(file, other)),
    );
    const write = takes.find((other) => index.storage.writes(file, other) && !tells.test(other.callee));
    const back = takes.find((other) => handsBack.test(other.callee));
    if (write) yield kept(write.start);
    else if (back && savesWhole(index)) yield kept(back.start);
    const joins = takes.find((other) => joinsTalk.test(worded(other.callee)));
    if (joins && names.some((name) => /summar/i.test(name)))
      yield finding("summary-joins", "replaced", "effect", joins.start, "a summary stands among the messages");
  }
}

const ofConversation = /messages|history|transcript|conversation/i;
const joinsTalk = /(?:messages|history|transcript|contents|conversation)\w*\.(?:push|append|unshift|insert)$/i;

/** Whether what a function gives is only told: every name that takes it stands in calls that log, and nowhere else. */
export function isOnlyTold(file: FileFacts, { name }: FunctionFact): boolean {
  const calls = callsTo(file, new RegExp(`(?:^|\\.)${escaped(name)}$`));
  return calls.length > 0 && calls.every((call) => isTold(file, call));
}

function isTold(file: FileFacts, call: CallFact): boolean {
  const [, taken] =
    /\b([\w$]+)\s*=\s*(?:await\s+)?$/.exec(file.code.slice(Math.max(0, call.start - 80), call.start)) ?? [];
  const fn = functionAt(file, call.start);
  const told = (at: number) =>
    file.calls.some((other) => other !== call && tells.test(other.callee) && other.argumentsAt <= at && at < other.end);
  if (taken === undefined || !fn) return told(call.start);
  const uses = [...codeOf(file, fn).matchAll(new RegExp(`\\b${escaped(taken)}\\b(?!\\s*=[^=])`, "g"))];
  return uses.length > 0 && uses.every(({ index: at }) => told(fn.start + at));
}

/** The names that take what the call gives: `const [summary, messages] = await compact(…)`. */
function givenNames(file: FileFacts, fn: FunctionFact, { start }: CallFact): string[] {
  const before = file.code.slice(Math.max(fn.start, start - 160), start);
  const [, targets = ""] =
    /([\w$.,\s[\]{}:()]*?)=\s*(?:await\s+)?$/.exec(before.split(/[;]|\n\s*\n/).at(-1) ?? "") ?? [];
  return (targets.match(/[\w$]+/g) ?? []).filter(
    (name) => ofTalk.test(worded(name)) && !/^(?:const|let|var|self|this|await|return)$/.test(name),
  );
}

const ofTalk =
  /messages?|history|transcript|conversation|summar|compact|compress|condens|trimmed|pruned|shortened|result/i;
