/**
 * Permission system: a decision before every call with side effects, with at least two outcomes by tool, argument or
 * risk, and a denial that blocks.
 */
import { type BranchFact, contains, type FileFacts, type FunctionFact, functionAt, lineOf } from "./facts.ts";
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
  worded,
} from "./query.ts";
import type { WorkspaceIndex } from "./workspace-index.ts";

const words =
  /\bconfirm\b|confirmation|security_?risk|\binput\s*\(|permission|approv|authori[sz]e[^d_]|authori[sz]ation|allow_?list|white_?list|deny_?list|black_?list|is_?allowed|\ballowed\b|denied|\bdeny\b|can_?use_?tool|consent|needs_?approval|requires_?confirmation|should_?(?:ask|confirm)|ask_?(?:for_?)?(?:confirm|permission|approval)|confirm_?(action|tool|command|exec|ask)|is_?(dangerous|destructive|safe|trusted|blocked)|\bblocked\b|should_?block|block_?(?:list|ed_?(?:command|tool)s?)|policy/i;
const notPermission =
  /oauth|token|overwrite|cors|origin|auth_?header|file_?type|mime|extension|retry_?policy|cache_?policy|login|api_?key|http|allowed_?(keys|types|values|fields|params|roles|models|formats)|chmod|EACCES|loop_?policy/i;
const outcome =
  /^(allow|allowed|allow_once|allow_always|always_allow|ask|deny|denied|approve|approved|reject|rejected|prompt|block|blocked|confirm|forbid|forbidden|need_?approval|requires?_approval|auto|yolo|human|untrusted|on-request|never|confirmed|awaiting_?confirmation|ask_user)$/i;
const outcomeCompared =
  /(===?|\bis\b|\bin\b)\s*["'](allow(?:ed)?(?:[_-](?:once|always|session))?|ask|den(y|ied)|approved?|reject(ed)?|block(ed)?|prompt|forbid(den)?|human|confirm|yolo)["']|\.(CONFIRMED|AWAITING_CONFIRMATION|Confirmed|ASK_USER|ALLOW|Allow|DENY|Deny|ASK|Ask|DENIED|Denied|APPROVED|Approved|REJECTED|Rejected|ALLOWED|Allowed)\b/;
/** How many there are is no decision about one of them. */
const counts = /\.(?:length|size)\b|\blen\(/;
const subject = /tool|command|cmd|action|input|args|arg|call|path|request|name/i;
const execution = /(^|\.)(execute|run|call|invoke|handler|exec|spawn|forward)\w*$|tool/i;
const question =
  /(^|\.)(confirm|confirm_ask|confirm_action|ask_confirmation|promptUser|ask_user|prompt_confirm|Confirm\.ask|askApproval|requestApproval|request_approval|requestPermission|input|prompt)$/;

/** Rooms in which people, channels and accounts are let in, and no tool call. */
const otherRooms =
  /(?:^|\/)(?:providers?|channels?|auth|oauth|authn?|authz|gateway|routers?|routes|telemetry|analytics|billing|memory|setup|onboard\w*|install\w*|updater?|login|account|webui|i18n|deploy|wizards?|connectors?|pairing|translat\w*|message[-_]\w*|render\w*|format\w*|display)(?:\/|[._-][^/]*$)/i;
/** What a person typed, or how far something has come, is compared with the same words. */
const ofCommand = /\b(?:sub|sub_?command|cmd|arg|key|phase|stage|tab|view)\s*(?:===?|\bin\b)\s*["']/i;
const acting =
  /tool|command|cmd|bash|shell|exec|action|edit|patch|approv|permission|confirm|policy|hook|invocation|guard/i;
const asking =
  /approv|permission|confirm|den(?:y|ied)|should_?block|is_?blocked|\bblocked\b|decision|verdict|can_?use/i;

/** How much a function has to do with letting a call through: 0 nothing, up to 9. */
function aptness(file: FileFacts, fn: FunctionFact, condition: string): number {
  if (otherRooms.test(file.path)) return 0;
  const base = file.path.slice(file.path.lastIndexOf("/") + 1);
  const head = textOf(file, { start: fn.start, end: Math.min(fn.end, fn.start + 200) });
  const named = `${fn.name} ${fn.owner} ${base}`;
  if (!acting.test(`${named} ${head} ${condition}`)) return 0;
  return (
    1 +
    (outcomeCompared.test(condition) ? 4 : asking.test(condition) ? 3 : 0) +
    (/tool|command|cmd|action|invocation/i.test(`${fn.name} ${head} ${condition}`) ? 2 : 0) +
    (/permission|approv|policy|confirm|guard|scheduler|executor|run_?tool|execute|dispatch/i.test(named) ? 2 : 0)
  );
}

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const branch of branchesOn(file, words)) {
    const condition = textOf(file, branch.condition);
    const fn = functionAt(file, branch.start);
    if (notPermission.test(condition) || isOnlyThere(condition) || counts.test(condition) || !fn) continue;
    const near =
      index.onRunPath(file, branch.start) ||
      subject.test(textOf(file, { start: fn.start, end: Math.min(fn.end, fn.start + 300) }));
    const apt = aptness(file, fn, condition);
    if (!near || apt < 3) continue;
    const executes = callsTo(file, execution, fn).some((call) => call.start > branch.start);
    const exit = exitOf(file, branch);
    const at = lineThatSays(branch, condition);
    if (index.onRunPath(file, branch.start) || executes)
      yield {
        ...finding(
          "decision-branch",
          "decision",
          exit ? "effect" : "called",
          at,
          "a permission is asked before the call",
        ),
        apt,
      };
    if (exit)
      yield {
        ...finding(
          "denial-blocks",
          "blocks",
          index.onRunPath(file, branch.start) || executes ? "effect" : "called",
          at,
          "the branch leaves before the call",
        ),
        apt,
      };
  }
  yield* outcomes(file, index);
  yield* verdicts(file, index);
  yield* partials(file, index);
}

const there =
  /(?:is(?: not)? None|[!=]==? ?(?:undefined|null|None))\s*\)*$|^(?:not\s+|!+)?(?:hasattr\(.*\)|[\w.?]*(?:details|config|options?|manager|service|runtime|handler|callback|provider|engine|store|bus|client|message|text|state|permission|grant|list|set|map|policy|(?:^|[.?])(?:request|ask|prompt)\w*|id)s?)\s*$/i;

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

const decides =
  /^_*(?:should|must|can|may|needs?|requires?|is|are|check|validate|assert)_?\w*(?:block|allow|deny|denied|ask|confirm|approv|permit|permission|forbid|dangerous|destructive|safe|trusted)|^_*(?:allowed_?to|authorize|permission)/i;
const ofSandbox = /import|module|domain|host|origin|mime|extension|attribute|url|user|role|scope|feature|model/i;
const yes = /^return\s+(?:true|True|await\b)/;
const no = /^return\s*(?:false|False|None|null|undefined)?\s*;?\s*$/;

/** A function of yes and no decides by its argument where a condition on the argument leads to either. */
function* verdicts(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const fn of functionsNamed(file, decides)) {
    const head = textOf(file, { start: fn.start, end: Math.min(fn.end, fn.start + 240) });
    const given = (/\(([^)]*)\)/.exec(head)?.[1] ?? "").match(
      /\b(?:tool|command|cmd|action|args|call|path|invocation)\w*/gi,
    )?.[0];
    if (given === undefined || ofSandbox.test(fn.name) || otherRooms.test(file.path)) continue;
    const exits = file.exits
      .filter((exit) => contains(fn, exit))
      .map((exit) => ({ ...exit, said: textOf(file, exit).trim() }));
    const bothWays =
      exits.some(({ said }) => yes.test(said)) && exits.some(({ kind, said }) => no.test(said) || kind === "throw");
    const branch = file.branches.find(
      (one) => contains(fn, one) && new RegExp(`\\b${given}\\b`).test(textOf(file, one.condition)),
    );
    if (bothWays && branch)
      yield {
        ...finding(
          "yes-or-no",
          "outcomes",
          index.callsOf(fn.name) > 0 ? "effect" : "declaration",
          branch.start,
          "allows or denies by the argument",
        ),
        apt: 6,
      };
  }
}

function* partials(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of callsTo(file, question)) {
    const fn = functionAt(file, call.start);
    const asksToAct =
      fn &&
      aptness(file, fn, textOf(file, call)) >= 3 &&
      /confirm|approv|permission|(?:^|[_. ])ask|allow/i.test(worded(`${fn.name} ${call.callee}`));
    // A callback is handed over and never called by its name: what it is given says what it is asked about.
    const handed =
      fn &&
      /\b(?:tool|command|cmd|action)_?(?:call|use|name)?\w*\s*[,:)]/i.test(
        textOf(file, { start: fn.start, end: Math.min(fn.end, fn.start + 200) }),
      );
    if (asksToAct && (handed || index.onRunPath(file, call.start) || index.callsOf(fn.name) > 0))
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
  asserted:
    /(permission|approv|den(?:y|ied|ies)|confirm|block|reject|allow|forbid)\w*.{0,60}\b(tool|command|call|action|bash|shell|edit|write|policy|rule)|\b(tool|command|call|action|bash|shell|edit|write|policy|rule)\w*.{0,60}(permission|approv|den(?:y|ied|ies)|confirm|block|reject|allow|forbid)/i,
  denied:
    /permission (?:popups?|prompts?|system|checks?|layer|model)|permissions|approval (?:system|flow)|sandbox(?:ing)?/,
};
