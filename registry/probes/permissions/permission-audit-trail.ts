/**
 * Permission audit trail: every allow and every deny is durable with actor, rule, arguments and time, and can be
 * queried. A record of denials alone does not cover the allows.
 */

import type { Finding } from "../finding.ts";
import type { PrimitiveProbes } from "../primitive.ts";
import { type CallFact, contains, type FileFacts, functionAt, type Span } from "../source/facts.ts";
import { codeOf, finding, functionsNamed, offsetsIn, textOf } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { subjectOf } from "../stores/storage.ts";
import { lesserRecords } from "./permission-records.ts";

const decisions =
  /audit|permission_?(log|record|decision|history|event|trail)|decision_?(log|record)|approval_?(log|record|history|store)|(record|log|write|append|save|persist)_?(permission|approval|decision|denial)/i;
const denial =
  /den(y|ied|ial)|reject|refus|block|forbid|!\s*\w*(allow|approv)|not\s+\w*(allow|approv)|!\w*\.(allowed|approved|ok)|=== false/i;
const fields: readonly RegExp[] = [
  /\b(actor|agent\w*|user\w*|session\w*|by|principal)\b/i,
  /\b(rule\w*|policy|matched|why|reason)\b/i,
  /\b(args|arguments|input|params|command|toolInput|tool_input)\b/i,
  /\b(at|time|timestamp|ts|created_?at|date)\b|Date\.now|datetime\.|time\.time/i,
];
/** A part of its own for decisions in the record that is written. */
const auditFields = /\b(audit\w*|decisions|approvals|permission_?log)\b/i;
/** An audit of budgets, caches or memory is no audit of what was let through. */
const aboutCalls = /tool|permission|approv|decision|command|polic|den(?:y|ied)|allow|grant/i;
const fieldsNeeded = 3;
const bothOutcomes = /\b(decision|outcome|behavior|verdict|allowed|approved|granted|result)\b/i;

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const base = file.path.slice(file.path.lastIndexOf("/") + 1);
  for (const call of file.calls) {
    if (!index.storage.writes(file, call)) continue;
    const fn = functionAt(file, call.start);
    // Which mode holds is a setting; what it let through is the decision.
    if (!fn || /approval_?mode/i.test(fn.name)) continue;
    const recorded = auditFields.test(index.storage.fieldsOf(file, fn));
    if (!recorded && !decisions.test(`${fn.name} ${fn.owner} ${base} ${subjectOf(file, call).slice(0, 160)}`)) continue;
    if (!recorded && !aboutCalls.test(`${subjectOf(file, call)} ${textOf(file, fn).slice(0, 600)}`)) continue;
    yield finding(
      "decision-written",
      "durable",
      index.callsOf(fn.name) > 0 ? "effect" : "declaration",
      call.start,
      "a permission decision is written",
    );
    yield* record(file, call, fn);
  }
  yield* recordings(file, index);
  yield* queries(file, index);
  yield* keptAnswers(file, index);
  yield* lesserRecords(file, index);
  for (const offset of offsetsIn(
    file.code,
    /\b(?:approvals|approved_?(?:tools|commands|actions|paths|files)|always_?allowed_?\w*|session_?(?:approv|allow)\w*|auto_?approved?_?(?:actions|tools|commands)|allowed_?(?:this_)?session\w*)\b\s*(?:=|:|\.set\(|\.add\(|\[)/gi,
  )) {
    if (index.farFromAnchors(file.path) <= 3 && !/(?:config|settings?)\w*\??\./i.test(lineAround(file.code, offset)))
      yield finding("map-of-approvals", "approvals", "declaration", offset, "a map of approvals");
  }
}

/** An answer that holds from then on has to be kept somewhere: less than a trail, more than nothing. */
const remembered =
  /\b(?:allow_?always|always_?allow|approved?_?(?:for_?)?session|approve_?always|proceed_?always|allow_?(?:for_?)?session|always_?approve|don.?t_?ask_?again|never_?ask_?again|save_?permanently)\w*/gi;

function* keptAnswers(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 3) return;
  for (const offset of offsetsIn(file.text, remembered)) {
    // What is read from settings was written there by a person, and is no answer to a question.
    const line = lineAround(file.text, offset);
    if (
      /^always_?allow$/i.test(nameAt(file.text, offset)) &&
      !/always_?allow\w*\s*(?:=(?![=>])|\??\.(?:add|push|set)\()/i.test(line)
    )
      continue;
    if (/(?:config|settings?|options)\w*\??[.[(]|\bArray\.isArray/i.test(line)) continue;
    const within = functionAt(file, offset);
    if (
      within &&
      (index.onRunPath(file, offset) || /approv|permission|confirm/i.test(`${within.name} ${within.owner}`))
    )
      yield finding("answer-remembered", "approvals", "declaration", offset, "an answer is remembered");
  }
  for (const fn of functionsNamed(file, asks)) {
    const write =
      index.storage.writesIn(file, fn)[0] ?? file.calls.find((call) => contains(fn, call) && history.test(call.callee));
    if (write)
      yield finding("answer-kept", "approvals", "declaration", write.start, "the answer to a question is kept");
  }
}

const nameAt = (text: string, offset: number): string => /^\w+/.exec(text.slice(offset, offset + 60))?.[0] ?? "";

function lineAround(text: string, offset: number): string {
  const end = text.indexOf("\n", offset);
  return text.slice(text.lastIndexOf("\n", offset) + 1, end < 0 ? undefined : end);
}

const asks =
  /confirm_?ask|ask_?(?:for_?)?(?:confirm|permission|approval)|^ask_?(?:question|user|human)$|(?:request|handle|record|resolve|save|persist)_?(?:tool_?)?(?:approval|permission)/i;
const history =
  /(?:append|write|save|record|log)_?(?:chat_?)?history|(?:history|log)\.(?:append|write|add)$|(?:log|save|record|store|persist)_?(?:user_?)?(?:input|answer|reply)$/i;

function* record(file: FileFacts, call: CallFact, fn: Span): Iterable<Finding> {
  const text = codeOf(file, fn);
  const known = fields.filter((field) => field.test(text)).length;
  if (known >= fieldsNeeded)
    yield finding("decision-fields", "fields", "effect", call.start, "with who, why, what and when");
}

const asked = /^_?(?:query|list|find|search|get|read|load|replay)_?\w*(?:audit|decision|permission|approval)/i;
/** The record itself by its name, however it is asked for: `reader.audit(run, range)`. */
const theRecord =
  /^_?(?:audit(?:s|_?(?:log|trail|of|rows|entries|events|records))?|decisions|permission_?(?:log|history))$/i;

/** Decisions are read back from where they are kept. */
function* queries(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const fn of functionsNamed(file, /audit|permission|decision|approval/i)) {
    const reads = index.storage.readsIn(file, fn)[0];
    if (asked.test(fn.name) && reads)
      yield finding("audit-query", "queryable", "effect", reads.start, "decisions can be asked for");
    else if (theRecord.test(fn.name) && reads && /\breturn\b|\byield\b/.test(codeOf(file, fn)))
      yield finding("audit-read", "queryable", "effect", reads.start, "the record of decisions is read back");
  }
}

/** A recording counts for both outcomes only where it is made outside the branch of a denial. */
function* recordings(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of file.calls) {
    if (!decisions.test(call.callee) || !aboutCalls.test(`${call.callee} ${textOf(file, call).slice(0, 300)}`))
      continue;
    if (/evict|budget|path$/i.test(call.callee) || /query|list|get|read|load|new /i.test(call.callee)) continue;
    const inDenial = file.branches.some(
      (branch) =>
        contains(branch.body, call) && branch.kind !== "ternary" && denial.test(textOf(file, branch.condition)),
    );
    if (inDenial) {
      // A line on the screen or in a log of the program is no record.
      if (!index.storage.writes(file, call)) continue;
      yield finding("denial-recorded", "denials", "called", call.start, "a denial is recorded");
      continue;
    }
    const around = functionAt(file, call.start);
    const args = codeOf(file, { start: call.argumentsAt, end: call.end });
    if (fields.filter((field) => field.test(args)).length >= fieldsNeeded)
      yield finding("decision-fields", "fields", "effect", call.start, "with who, why, what and when");
    const speaksOfBoth =
      bothOutcomes.test(textOf(file, { start: call.argumentsAt, end: call.end })) ||
      (around !== undefined && bothOutcomes.test(codeOf(file, around)));
    if (speaksOfBoth)
      yield finding(
        "every-decision-recorded",
        "both",
        index.onRunPath(file, call.start) || index.callsOf(around?.name ?? "") > 0 ? "effect" : "called",
        call.start,
        "allow and deny are recorded alike",
      );
  }
}

export const permissionAuditTrail: PrimitiveProbes = {
  id: "permission-audit-trail",
  aspects: [
    { id: "both", required: true, text: "every allow and every deny is recorded" },
    { id: "durable", required: true, text: "durably" },
    { id: "fields", required: true, supporting: true, text: "with actor, rule, arguments and time" },
    { id: "queryable", required: true, supporting: true, text: "and can be queried" },
    { id: "denials", required: false, text: "denials only" },
    { id: "approvals", required: false, text: "a map of approvals" },
  ],
  probe,
  asserted: /audit|decision.{0,20}(log|record)|(log|record).{0,20}(decision|permission|approval)/i,
  denied: /audit (?:trail|log)/,
};
