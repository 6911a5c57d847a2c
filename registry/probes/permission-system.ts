/**
 * Permission system: a decision before every call with side effects, with at least two outcomes by tool, argument or
 * risk, and a denial that blocks.
 */
import { contains, type FileFacts, functionAt, lineOf } from "./facts.ts";
import type { Finding } from "./finding.ts";
import type { PrimitiveProbes } from "./primitive.ts";
import {
  branchesOn,
  callsTo,
  exitOf,
  finding,
  functionsNamed,
  literalsIn,
  offsetsIn,
  surroundings,
  textOf,
} from "./query.ts";
import type { WorkspaceIndex } from "./workspace-index.ts";

const words =
  /\bconfirm\b|confirmation|security_?risk|\binput\s*\(|permission|approv|authori[sz]e[^d_]|authori[sz]ation|allow_?list|white_?list|deny_?list|black_?list|is_?allowed|\ballowed\b|denied|\bdeny\b|can_?use_?tool|consent|needs_?approval|requires_?confirmation|should_?(?:ask|confirm)|ask_?(?:for_?)?(?:confirm|permission|approval)|confirm_?(action|tool|command|exec|ask)|is_?(dangerous|destructive|safe|trusted|blocked)|forbidden|\bblocked\b|policy/i;
const notPermission =
  /oauth|token|cors|origin|auth_?header|file_?type|mime|extension|retry_?policy|cache_?policy|login|api_?key|http|allowed_?(keys|types|values|fields|params|roles|models|formats)|chmod|EACCES|loop_?policy/i;
const outcome =
  /^(allow|allowed|allow_once|allow_always|always_allow|ask|deny|denied|approve|approved|reject|rejected|prompt|block|blocked|confirm|forbid|forbidden|need_?approval|requires?_approval|auto|yolo|human|untrusted|on-request|never|confirmed|awaiting_?confirmation|ask_user)$/i;
const outcomeCompared =
  /(===?|\bis\b|\bin\b)\s*["'](allow\w*|ask|den(y|ied)|approved?|reject(ed)?|block(ed)?|prompt|forbid(den)?|human|confirm|yolo)["']|\.(CONFIRMED|AWAITING_CONFIRMATION|Confirmed|ASK_USER|ALLOW|Allow|DENY|Deny|ASK|Ask|DENIED|Denied|APPROVED|Approved|REJECTED|Rejected|ALLOWED|Allowed)\b/;
const subject = /tool|command|cmd|action|input|args|arg|call|path|request|name/i;
const execution = /(^|\.)(execute|run|call|invoke|handler|exec|spawn|forward)\w*$|tool/i;
const question =
  /(^|\.)(confirm|confirm_ask|confirm_action|ask_confirmation|promptUser|ask_user|prompt_confirm|Confirm\.ask|askApproval|requestApproval|request_approval|requestPermission|input|prompt)$/;

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const branch of branchesOn(file, words)) {
    const condition = textOf(file, branch.condition);
    const fn = functionAt(file, branch.start);
    if (notPermission.test(condition) || !fn) continue;
    const near =
      index.onRunPath(file, branch.start) ||
      subject.test(textOf(file, { start: fn.start, end: Math.min(fn.end, fn.start + 300) }));
    if (!near) continue;
    const executes = callsTo(file, execution, fn).some((call) => call.start > branch.start);
    const exit = exitOf(file, branch);
    if (index.onRunPath(file, branch.start) || executes)
      yield finding(
        "decision-branch",
        "decision",
        exit ? "effect" : "called",
        branch.start,
        "a permission is asked on the way to the call",
      );
    if (exit)
      yield finding(
        "denial-blocks",
        "blocks",
        index.onRunPath(file, branch.start) || executes ? "effect" : "called",
        branch.start,
        "the branch leaves before the call",
      );
  }
  yield* outcomes(file, index);
  yield* partials(file, index);
}

function* outcomes(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const type of file.types.filter(
    ({ kind, name }) => kind !== "class" || /Enum|StrEnum/.test(textOf(file, { start: 0, end: 1 }) + name),
  )) {
    if (words.test(type.name + textOf(file, type).slice(0, 60)) && literalsIn(file, type, outcome).size >= 2) {
      yield finding("outcome-type", "outcomes", "declaration", type.start, "the outcomes of a permission are declared");
    }
  }
  for (const branch of branchesOn(file, outcomeCompared)) {
    const around = surroundings(file, branch.start);
    const name = functionAt(file, branch.start)?.name ?? "";
    if (
      !words.test(textOf(file, branch.condition)) &&
      !words.test(name) &&
      !words.test(textOf(file, around).slice(0, 2_000))
    )
      continue;
    const used = index.onRunPath(file, branch.start) || index.callsOf(name) > 0;
    yield finding(
      "outcome-compared",
      "outcomes",
      used ? "effect" : "declaration",
      branch.start,
      "the outcome decides what happens",
    );
  }
  for (const fn of functionsNamed(
    file,
    /permission|approv|policy|is_?allowed|authorize|needs_?approval|can_?use|should_?(ask|confirm)|is_?(safe|dangerous|destructive)/i,
  )) {
    const head = textOf(file, { start: fn.start, end: Math.min(fn.end, fn.start + 240) });
    const decided = literalsIn(file, fn, outcome).size >= 2;
    if (decided && subject.test(head))
      yield finding(
        "decides-by-call",
        "outcomes",
        index.callsOf(fn.name) > 0 ? "effect" : "declaration",
        fn.start,
        "decides by tool or argument",
      );
  }
}

function* partials(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of callsTo(file, question)) {
    const fn = functionAt(file, call.start);
    const asksToAct = fn && /confirm|approv|permission|ask|allow/i.test(`${fn.name} ${call.callee}`);
    if (asksToAct && (index.onRunPath(file, call.start) || index.callsOf(fn.name) > 0))
      yield finding("confirmation", "confirmation", "called", call.start, "a person is asked");
  }
  for (const offset of offsetsIn(
    file.code,
    /\b(?:authorized_imports|allowed_(?:imports|commands|tools|paths|dirs)|allowedTools|allowedCommands|disallowedTools|whitelist_actions|needsApproval|needs_approval|canUseTool|can_use_tool|interrupt_on|beforeToolCall|auto_?approve)\b/gi,
  )) {
    const branch = file.branches.find(
      (candidate) =>
        contains(candidate, { start: offset, end: offset + 1 }) &&
        lineOf(file, candidate.start) === lineOf(file, offset),
    );
    yield finding(
      "allow-list-or-hook",
      "hook",
      branch ? "called" : "declaration",
      offset,
      "an allow-list or a hook to fill",
    );
  }
}

export const permissionSystem: PrimitiveProbes = {
  id: "permission-system",
  aspects: [
    { id: "decision", required: true, text: "a decision point before every side-effecting call" },
    { id: "outcomes", required: true, text: "at least two of allow, ask and deny by tool, argument or risk" },
    { id: "blocks", required: true, text: "a denial blocks" },
    { id: "confirmation", required: false, text: "a person confirms, on or off" },
    { id: "hook", required: false, text: "an allow-list or a hook that the user must fill" },
  ],
  probe,
  asserted: /permission|approv|den(y|ied|ies)|\ballow|confirm|unauthori[sz]ed|block(s|ed)|reject/i,
  denied:
    /permission (?:popups?|prompts?|system|checks?|layer|model)|permissions|approval (?:system|flow)|sandbox(?:ing)?/,
};
