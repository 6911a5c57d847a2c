/**
 * Less than an audit trail: a row or an event for what was asked, an answer put on the call it belongs to, rules that
 * somebody said yes to, decisions told to telemetry.
 */

import type { Finding } from "../finding.ts";
import { type CallFact, contains, type FileFacts, functionAt, type Span } from "../source/facts.ts";
import { argumentsOf, callsTo, codeOf, finding, lastName, offsetsIn, worded } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { otherRooms } from "./permission-words.ts";

/** A package with anchors, or one beside it: what is kept farther away is kept about something else. */
const farMax = 3;

export function* lesserRecords(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > farMax || otherRooms.test(file.path)) return;
  yield* rows(file, index);
  yield* reports(file, index);
  yield* marks(file, index);
  for (const offset of offsetsIn(file.code, /\b(?:approved|granted|allowed)(?:_?rules)?\.(?:push|add|set|append)\(/gi))
    if (/permission|approv|consent|grant/i.test(nameAround(file, offset)))
      yield finding("rules-said-yes-to", "approvals", "called", offset, "what was said yes to is kept");
}

function nameAround(file: FileFacts, offset: number): string {
  const fn = functionAt(file, offset);
  return `${fn?.name ?? ""} ${fn?.owner ?? ""} ${file.path.split("/").slice(-2).join(" ")}`;
}

const aDecision = /(?:^|[^a-z])(?:permission|approval|consent)s?(?:[^a-z.]|$)/i;
/** Roles of people and rights on files are permissions too, and none of this kind. */
const ofPeople =
  /role|member|organi[sz]ation|\borg_|user_?permission|chmod|file_?mode|share|grant_?access|trac(?:e|k)|telemetry|analytics|cookie|privacy|\bdefault_?content/i;

/** What is written is called a permission, an approval or a consent. */
function* rows(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of file.calls) {
    if (!index.storage.writes(file, call)) continue;
    const given = worded(argumentsOf(file, call).slice(0, 120));
    if (!aDecision.test(given) || ofPeople.test(`${given} ${nameAround(file, call.start)}`)) continue;
    yield finding("row-of-a-decision", "approvals", "called", call.start, "what was asked about is a row of its own");
  }
}

const tells =
  /^_*(?:log|track|record|report|capture|emit|send|post|publish|add_?event|write_?event|audit)(?:_?\w*(?:event|telemetry|usage|data|log|metric|finished|result)\w*)?$/i;
const verdictKey =
  /(?:^|[\s{,(["'])(?:accepted|approved|decision|verdict|approval_?\w*|permission_?(?:mode|result)|confirmed)["']?\s*[:=](?!=)/i;

/** A decision about a tool call is told to whoever listens: telemetry, an event, a log with fields. */
function* reports(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of callsTo(file, /log|track|record|report|capture|emit|send|post|publish|event|audit/i)) {
    if (!tells.test(lastName(call.callee)) || call.end - call.start > 3_000) continue;
    const given = argumentsOf(file, call);
    if (!verdictKey.test(given) || !/tool|command|action|function/i.test(given)) continue;
    const fn = functionAt(file, call.start);
    if (index.onRunPath(file, call.start) || index.callsOf(fn?.name ?? "") > 0)
      yield finding("decision-told", "approvals", "called", call.start, "decisions are told to telemetry or a log");
  }
}

const marked =
  /\.(?:confirmation|approval|permission)_?(?:state|status|result|decision)\s*=(?!=)|\.(?:approved|decision)\s*=(?!=)/gi;
const kept = /(?:^|[._])(?:add_?event|append|save|record|publish|emit|persist|store|update|insert|commit)\w*$/i;

/** The answer is put on the call or its event, which is then passed on to be kept. */
function* marks(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const offset of offsetsIn(file.code, marked)) {
    const fn = functionAt(file, offset);
    if (!fn || !/tool|action|command|permission|approv|confirm/i.test(codeOf(file, fn))) continue;
    const later = keptAfter(file, fn, offset);
    if (later && (index.onRunPath(file, offset) || index.callsOf(fn.name) > 0))
      yield finding("answer-put-on-call", "approvals", "called", offset + 1, "the answer is kept with the call");
  }
}

function keptAfter(file: FileFacts, fn: Span, offset: number): CallFact | undefined {
  return file.calls.find((call) => call.start > offset && contains(fn, call) && kept.test(call.callee));
}
