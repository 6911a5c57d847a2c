/**
 * Permission system: a decision before every call with side effects, with at least two outcomes by tool, argument or
 * risk, and a denial that blocks.
 */

import type { Finding } from "../finding.ts";
import type { PrimitiveProbes } from "../primitive.ts";
import { type BranchFact, type FileFacts, functionAt } from "../source/facts.ts";
import {
  branchesOn,
  callsTo,
  exitOf,
  finding,
  functionsNamed,
  literalsIn,
  surroundings,
  textOf,
} from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { answers } from "./permission-answers.ts";
import { lesserForms, ofSetup } from "./permission-hooks.ts";
import { verdicts } from "./permission-verdicts.ts";
import { aptness, denialWeight, otherRooms, outcomeCompared } from "./permission-words.ts";

const words =
  /\bconfirm\b|confirmation|security_?risk|\binput\s*\(|permission|approv|authori[sz]e[^d_]|authori[sz]ation|allow_?list|white_?list|deny_?list|black_?list|is_?allowed|\ballowed\b|denied|\bdeny\b|can_?use_?tool|consent|needs_?approval|requires_?confirmation|should_?(?:ask|confirm)|ask_?(?:for_?)?(?:confirm|permission|approval)|confirm_?(action|tool|command|exec|ask)|is_?(dangerous|destructive|safe|trusted|blocked)|\bblocked\b|should_?block|block_?(?:list|ed_?(?:command|tool)s?)|policy/i;
const notPermission =
  /oauth|token|overwrite|cors|origin|auth_?header|rate_?limit|safe_?integer|failure_?policy|for_?user|in_?org\b|org_?permission|file_?type|mime|extension|retry_?policy|cache_?policy|login|api_?key|http|allowed_?(keys|types|values|fields|params|roles|models|formats)|chmod|EACCES|loop_?policy/i;
const outcome =
  /^(allow|allowed|allow_once|allow_always|always_allow|ask|deny|denied|approve|approved|reject|rejected|prompt|block|blocked|confirm|forbid|forbidden|need_?approval|requires?_approval|auto|yolo|human|untrusted|on-request|never|confirmed|awaiting_?confirmation|ask_user)$/i;
/** How many there are is no decision about one of them. */
const counts = /\.(?:length|size)\b|\blen\(/;
const subject = /tool|command|cmd|action|input|args|arg|call|path|request|name/i;
const execution = /(^|\.)(execute|run|call|invoke|handler|exec|spawn|forward)\w*$|tool/i;

/** What a person typed, or how far something has come, is compared with the same words. */
const ofCommand = /\b(?:sub|sub_?command|cmd|arg|key|phase|stage|tab|view)\s*(?:===?|\bin\b)\s*["']/i;

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const branch of branchesOn(file, words)) {
    const condition = textOf(file, branch.condition);
    const fn = functionAt(file, branch.start);
    if (notPermission.test(condition) || isOnlyThere(condition) || counts.test(condition) || !fn) continue;
    if (
      ofCommand.test(condition) ||
      notPermission.test(file.path.slice(file.path.lastIndexOf("/") + 1).replace(/-/g, "_"))
    )
      continue;
    if (ofSetup.test(file.source.slice(branch.condition.start, branch.condition.end))) continue;
    const near =
      index.onRunPath(file, branch.start) ||
      subject.test(textOf(file, { start: fn.start, end: Math.min(fn.end, fn.start + 300) }));
    const apt = aptness(file, fn, condition);
    if (!near || apt < 3) continue;
    const executes = callsTo(file, execution, fn).some((call) => call.start > branch.start);
    // A part of its own for permissions, which somebody calls, decides wherever it lies.
    const own = apt >= 7 && outcomeCompared.test(condition) && index.callsOf(fn.name) > 0;
    const exit = exitOf(file, branch);
    const at = lineThatSays(branch, condition);
    if (index.onRunPath(file, branch.start) || executes || own)
      yield {
        ...finding(
          "decision-branch",
          "decision",
          exit ? "effect" : "called",
          at,
          "a permission is asked before the call",
        ),
        apt: Math.max(1, apt + Math.min(0, denialWeight(condition))),
      };
    if (exit)
      yield {
        ...finding(
          "denial-blocks",
          "blocks",
          index.onRunPath(file, branch.start) || executes || own ? "effect" : "called",
          at,
          "the branch leaves before the call",
        ),
        apt: Math.max(1, apt + denialWeight(condition)),
      };
  }
  yield* outcomes(file, index);
  yield* answers(file, index);
  yield* verdicts(file, index);
  yield* lesserForms(file, index);
}

const there =
  /(?:is(?: not)? None|[!=]==? ?(?:undefined|null|None))\s*\)*$|^(?:not\s+|!+)?(?:hasattr\(.*\)|[\w.?]*(?:details|config|options?|manager|service|runtime|handler|callback|provider|engine|store|bus|client|message|text|state|permission|grant|list|set|map|policy|responses|requests|approvals|calls|messages|(?:^|[.?])(?:request|ask|prompt)\w*|id)s?)\s*$/i;

/** Of a condition on several lines, the one that names the outcome, or the permission. */
function lineThatSays({ start, condition: { start: from } }: BranchFact, condition: string): number {
  const named = condition.search(outcomeCompared);
  const said = named >= 0 ? named : Math.max(0, condition.search(words));
  const line = condition.lastIndexOf("\n", said);
  if (line < 0) return start;
  return from + line + 1 + (condition.slice(line + 1).length - condition.slice(line + 1).trimStart().length);
}

/** Asks whether something is there at all, or what kind of error it was: nothing is decided. */
function isOnlyThere(condition: string): boolean {
  if (/error_?(?:type|code|name|class)|["'][\w.]*(?:Error|_error)["']|status_?code|errno/i.test(condition)) return true;
  if (/isinstance\([^)]*(?:Error|Exception)|instanceof\s+\w*(?:Error|Exception)/.test(condition)) return true;
  if (/error_?(?:msg|message|text|str)|\bstr\((?:e|err|error|exc?)\)|stderr|\bfind\(|[!=]==? ?-1\b/i.test(condition))
    return true;
  // Whether a question is among those that were put already: book-keeping.
  if (/\b\w*id\s+(?:not\s+)?in\b|\.has\(\s*[\w.]*id\s*\)/i.test(condition)) return true;
  // How far a piece of work has come: to be blocked is a state among others.
  if (/in_?progress|not_?started|\bcompleted\b|\btodo\b/i.test(condition)) return true;
  // What the value is made of: it is read, not judged.
  if (/isinstance\([^()]*\b(?:str|list|dict|bool|int)\b|\btypeof\b|isArray|is_?string/i.test(condition)) return true;
  const parts = condition.replace(/^\(|\)$/g, "").split(/\s+(?:and|or)\s+|&&|\|\|/);
  return parts.every((part) => !words.test(part) || there.test(part.trim()));
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
    const fn = functionAt(file, branch.start);
    const name = fn?.name ?? "";
    const condition = textOf(file, branch.condition);
    const apt = fn ? aptness(file, fn, condition) : 0;
    const said = `${condition} ${name} ${textOf(file, surroundings(file, branch.start)).slice(0, 2_000)}`;
    if (apt < 3 || !words.test(said) || ofCommand.test(condition)) continue;
    const used = index.onRunPath(file, branch.start) || index.callsOf(name) > 0;
    yield {
      ...finding(
        "outcome-compared",
        "outcomes",
        used ? "effect" : "declaration",
        lineThatSays(branch, condition),
        "the outcome decides what happens",
      ),
      apt,
    };
  }
  for (const fn of functionsNamed(
    file,
    /permission|approv|policy|is_?allowed|authorize|needs_?approval|can_?use|should_?(ask|confirm)|is_?(safe|dangerous|destructive)/i,
  )) {
    const head = textOf(file, { start: fn.start, end: Math.min(fn.end, fn.start + 240) });
    const decided = literalsIn(file, fn, outcome).size >= 2;
    if (decided && subject.test(head) && !otherRooms.test(file.path))
      yield {
        ...finding(
          "decides-by-call",
          "outcomes",
          index.callsOf(fn.name) > 0 ? "effect" : "declaration",
          fn.start,
          "decides by tool or argument",
        ),
        apt: 7,
      };
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
  asserted:
    /(permission|approv|den(?:y|ied|ies)|confirm|block|reject|allow|forbid)\w*.{0,60}\b(tool|command|call|action|bash|shell|edit|write|policy|rule)|\b(tool|command|call|action|bash|shell|edit|write|policy|rule)\w*.{0,60}(permission|approv|den(?:y|ied|ies)|confirm|block|reject|allow|forbid)/i,
  denied:
    /permission (?:popups?|prompts?|system|checks?|layer|model)|permissions|approval (?:system|flow)|sandbox(?:ing)?/,
};
