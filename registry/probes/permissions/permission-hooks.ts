/**
 * What is less than a permission system: a question on or off, a hook that the user fills, a list of what is forbidden,
 * a refusal that says that it is one.
 */

import type { Finding } from "../finding.ts";
import {
  type BranchFact,
  type CallFact,
  contains,
  type FileFacts,
  type FunctionFact,
  functionAt,
  lineOf,
} from "../source/facts.ts";
import { callsTo, exitOf, finding, offsetsIn, textOf, worded } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { aptness, otherRooms } from "./permission-words.ts";

export function* lesserForms(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  yield* questions(file, index);
  yield* refusals(file, index);
  yield* hooks(file, index);
}

const question =
  /(^|\.)(confirm|confirm_ask|confirm_action|ask_confirmation|promptUser|ask_user|prompt_confirm|(?:Confirm|Prompt)\.ask|askApproval|requestApproval|request_approval|requestPermission|input|prompt|question|questionary\.\w+)$/;
/** What is asked before a file is overwritten or a project is made concerns no tool call. */
export const ofSetup =
  /overwrite|already exists|configur|advanced option|\binstall\b|(?:^|\/)(?:init|create|new|scaffold|configure|upgrade|publish|uninstall|install)[_.-]?\w*\.\w+$/i;

function* questions(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of callsTo(file, question)) {
    const fn = functionAt(file, call.start);
    if (!fn) continue;
    const said = file.source.slice(call.start, Math.min(call.end, call.start + 300));
    if (ofSetup.test(said) || ofSetup.test(file.path)) continue;
    const asksToAct =
      aptness(file, fn, textOf(file, call)) >= 3 &&
      (/confirm|approv|permission|(?:^|[_. ])ask|allow/i.test(worded(`${fn.name} ${call.callee}`)) ||
        (anAct.test(said) && eitherWay.test(said)));
    // A callback is handed over and never called by its name: what it is given says what it is asked about.
    const handed = /\b(?:tool|command|cmd|action)_?(?:call|use|name)?\w*\s*[,:)]/i.test(
      textOf(file, { start: fn.start, end: Math.min(fn.end, fn.start + 200) }),
    );
    if (
      asksToAct &&
      (handed || acts(file, call, fn) || index.onRunPath(file, call.start) || index.callsOf(fn.name) > 0)
    )
      yield finding("confirmation", "confirmation", "called", call.start, "a person is asked");
  }
}

/** What was asked about is done later in the same function. */
function acts(file: FileFacts, { start }: CallFact, fn: FunctionFact): boolean {
  return callsTo(file, /(?:^|[._])(?:run|exec|execute|apply|spawn)\w*$/i, fn).some((call) => call.start > start);
}

/** Asks whether something is to be done: an act, and yes or no, or a key for either. */
const anAct = /\b(?:run|apply|allow|approv|proceed|perform|send)|e\]?xecut/i;
const eitherWay =
  /\by\/n\b|\[y\b|\(y\b|\byes\b|choices\s*=\s*\[\s*["']y|\b\[?(?:a\]?bort|c\]?ancel|s\]?kip|d\]?ecline|r\]?eject)\b/i;

/** A word for turning down, said of an act. */
const refusing =
  /\bnot (?:allowed|permitted|authori[sz]ed)\b|\b(?:is|was|are|been|command|action|tool|call|operation|execution|request|access|permission|url|domain|path|import)s? (?:blocked|denied|rejected|declined|forbidden|prohibited|disallowed|refused)\b|\b(?:blocked|denied|rejected|declined|refused|cancell?ed|disallowed) by (?:the |a )?(?:user|human|operator|policy|hook|guard|rule|security|permission|deny|allow)|\buser (?:denied|rejected|declined|refused)\b|\b\w*(?:NotAllowed|PermissionDenied|Forbidden|ToolDenied|AccessDenied|ActionBlocked|CommandBlocked)\w*\s*\(/i;
const actOf = /\b(?:tool|command|cmd|action|call|url|domain|code|import|module|operation|shell|navigat\w*)s?\b/i;
/** How far into the body a refusal is looked for: a longer body does more than refuse. In UTF-16 units. */
const refusalCharsMax = 500;
const notOfCalls =
  /view_range|parameter|argument|file ?type|extension|mime|method not|origin|role|sub-?agent|nested|model|provider|upload|\bllm\b|llm_?call/i;

/** A branch leaves and says that the act is not allowed: whatever its condition is called, that is a denial. */
function* refusals(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (otherRooms.test(file.path)) return;
  for (const branch of file.branches) {
    if (branch.kind === "ternary" || branch.body.end - branch.body.start > 2_000) continue;
    const body = file.source.slice(branch.body.start, Math.min(branch.body.end, branch.body.start + refusalCharsMax));
    const said = refusing.exec(body)?.[0];
    if (said === undefined) continue;
    const fn = functionAt(file, branch.start);
    if (!fn || !exitOf(file, branch) || isInner(file, branch, body.indexOf(said))) continue;
    const condition = textOf(file, branch.condition);
    if (
      /error|exception|status_?code|errno/i.test(condition) ||
      notOfCalls.test(`${condition} ${lineOfText(body, said)}`)
    )
      continue;
    if (!actOf.test(worded(`${condition} ${fn.name} ${body}`).replace(/_/g, " "))) continue;
    if (index.onRunPath(file, branch.start) || (index.callsOf(fn.name) > 0 && given(file, fn)))
      yield {
        ...finding("refusal-said", "blocks", "effect", branch.start, "what is not allowed is refused in words"),
        apt: 5,
      };
  }
}

/** Whether a branch inside this one says it: then that one is meant. */
function isInner(file: FileFacts, outer: BranchFact, at: number): boolean {
  const offset = outer.body.start + at;
  return file.branches.some(
    ({ body, start }) => start > outer.start && contains(outer.body, body) && body.start <= offset && offset < body.end,
  );
}

function lineOfText(text: string, part: string): string {
  const at = text.indexOf(part);
  const end = text.indexOf("\n", at);
  return text.slice(text.lastIndexOf("\n", at) + 1, end < 0 ? undefined : end);
}

/** Whether a function is given what it judges. */
function given(file: FileFacts, fn: FunctionFact): boolean {
  const head = textOf(file, { start: fn.start, end: Math.min(fn.end, fn.start + 240) });
  return /\(([^)]*\b(?:tool|command|cmd|action|call|url|code|args|invocation)\w*)/i.test(head);
}

const listOrHook =
  /\b(?:authorized_imports|allowed_(?:imports|commands|tools|paths|dirs)|allowedTools|allowedCommands|disallowedTools|whitelist_actions|needsApproval|needs_approval|canUseTool|can_use_tool|interrupt_on|beforeToolCall|auto_?approve|before_?tool_?call\w*|before_?tool_?callbacks?|pre_?tool_?use|(?:require|requires|needs)_?(?:approval|confirmation)|approval_func\w*|is_?url_?allowed|(?:forbidden|denied|blocked|banned|prohibited|disallowed|dangerous)_?(?:terminal_?|shell_?|bash_?)?(?:commands?|cmds?|urls?|domains?|imports?|modules?|actions?|patterns|tools))\b/gi;

function* hooks(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (otherRooms.test(file.path)) return;
  for (const offset of offsetsIn(file.code, listOrHook)) {
    const branch = branchOf(file, offset);
    const used = branch !== undefined || index.onRunPath(file, offset);
    yield finding(
      "allow-list-or-hook",
      "hook",
      used ? "called" : "declaration",
      offset,
      "an allow-list or a hook to fill",
    );
  }
}

function branchOf(file: FileFacts, offset: number): BranchFact | undefined {
  return file.branches.find(
    (candidate) =>
      contains(candidate, { start: offset, end: offset + 1 }) && lineOf(file, candidate.start) === lineOf(file, offset),
  );
}
