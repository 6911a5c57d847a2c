/**
 * Permission audit trail: every allow and every deny is durable with actor, rule, arguments and time, and can be
 * queried. A record of denials alone does not cover the allows.
 */
import { type CallFact, contains, type FileFacts, functionAt, type Span } from "./facts.ts";
import type { Finding } from "./finding.ts";
import type { PrimitiveProbes } from "./primitive.ts";
import { codeOf, finding, functionsNamed, offsetsIn, textOf } from "./query.ts";
import { subjectOf } from "./storage.ts";
import type { WorkspaceIndex } from "./workspace-index.ts";

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
const fieldsNeeded = 3;
const bothOutcomes = /\b(decision|outcome|behavior|verdict|allowed|approved|granted|result)\b/i;

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const base = file.path.slice(file.path.lastIndexOf("/") + 1);
  for (const call of file.calls) {
    if (!index.storage.writes(file, call)) continue;
    const fn = functionAt(file, call.start);
    if (!fn) continue;
    const recorded = auditFields.test(index.storage.fieldsOf(file, fn));
    if (!recorded && !decisions.test(`${fn.name} ${fn.owner} ${base} ${subjectOf(file, call).slice(0, 160)}`)) continue;
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
  for (const fn of functionsNamed(file, /audit|permission|decision|approval/i)) {
    const query = /^_?(query|list|find|search|get|read|load|replay)_?\w*(audit|decision|permission|approval)/i.test(
      fn.name,
    );
    const reads = index.storage.readsIn(file, fn)[0];
    if (query && reads) yield finding("audit-query", "queryable", "effect", reads.start, "decisions can be asked for");
  }
  for (const offset of offsetsIn(
    file.code,
    /\b(?:approvals|approvedTools|approved_tools|alwaysAllow\w*|always_allow\w*|session_?approv\w*|approved_?commands)\b\s*(?:=|:|\.set\(|\.add\(|\[)/gi,
  )) {
    if (index.farFromAnchors(file.path) <= 3)
      yield finding("map-of-approvals", "approvals", "declaration", offset, "a map of approvals");
  }
}

function* record(file: FileFacts, call: CallFact, fn: Span): Iterable<Finding> {
  const text = codeOf(file, fn);
  const known = fields.filter((field) => field.test(text)).length;
  if (known >= fieldsNeeded)
    yield finding("decision-fields", "fields", "effect", call.start, "with who, why, what and when");
}

/** A recording counts for both outcomes only where it is made outside the branch of a denial. */
function* recordings(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of file.calls) {
    if (!decisions.test(call.callee) || /query|list|get|read|load|new /i.test(call.callee)) continue;
    const inDenial = file.branches.some(
      (branch) =>
        contains(branch.body, call) && branch.kind !== "ternary" && denial.test(textOf(file, branch.condition)),
    );
    if (inDenial) {
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
