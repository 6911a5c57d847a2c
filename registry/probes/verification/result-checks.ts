/**
 * Checks of results, told by what is called: functions that verify, review, lint or grade what the agent made, lists of
 * guardrails that are run over it, and schemas that it is read against.
 */

import type { Finding } from "../finding.ts";
import { type CallFact, contains, type FileFacts, functionAt, type Span } from "../source/facts.ts";
import {
  callsTo,
  codeOf,
  exitOf,
  finding,
  functionsNamed,
  lastName,
  offsetsIn,
  surroundings,
  textOf,
  worded,
} from "../source/query.ts";
import { isScreen } from "../source/scope.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";

const check =
  /(verif(y|ier|ication)|(validat|check|review|evaluat|grade|judge|critique|assess)\w*_?(output|result|answer|final|completion|response|patch|solution|success)|(output|final|result|answer)_?\w*(check|guardrail|validat|verif)|review_?(change|code|plan|work)|final_answer_check|guardrail|lint_?(edited|file|s)|auto_?(lint|test)|run_?tests?|self_?check|ask_?(?:for_?)?review|structured_?output)/i;
/** Checks of callers, keys, hosts, files and settings check no result of an agent. */
const notCheck =
  /(httpx|ssl|cert)\w*_?verify|site_?verif|verify_?(option|api|repo|jwt|jws|webhook|domain|url|path|host|version|checksum|code|user|id|captcha|file|sha|hub|connection|server|deps|interpreter|necessary|config|binary|install)|checksum|code_?verifier|hook|email|jwt|jws|oauth|api_?key|tls|credential|verify_?(ssl|token|signature|cert|email|password|webhook|state|installed|login|auth)|\w*signature|(create|define|make|new)_?\w*guardrail|guardrail_?(name|config|tracker|span|type)|tracker|^Check_?Result$|doctor|evaluate_?(js|script|python)|tool_?result_?ids|check_?point|deps$|^check_?output$|errors?$|fallback|notify|(?:function|tool)_?response|reviewers?$|comment|^_?(?:format|render|print|show|display|log|materialize)_|(?:^|_)(?:access|ownership|token|exists)(?:_|$)|column|(?:^|_)(?:is|has|supports?|uses?|with|get|to|from|on)_?\w*structured_?output/i;
/** A linter inside one tool checks that tool's call; the work as a whole is not looked at there. */
const ofOneTool = /(^|\/)[^/]*(?:edit|write|patch|replace)[^/]*$/i;
/** Adapters of models read answers of a provider; no result is judged there. */
const adapter = /(?:^|\/)(?:providers?|llms?|models?|adapters?)\//i;
const resultWords =
  /result|answer|output|report|evidence|claim|patch|solution|completion|final|grader?|rubric|critic|lint|tests?\b|guardrail|submission|review|judge|self_?check|response/i;

/** Someone who judges, and what is asked of them: `critic.check(…)`, `this.evaluator.run(…)`. */
const judgeCalled =
  /(?:^|[._])(?:guardrails?|verifier|critic|reviewer|evaluator|judge|grader|linter|(?:output|answer|result|final)_?validator)(?:_?agent|_?model|_?chain|_?llm)?\.(?:run|check|verify|validate|evaluate|review|critique|assess|judge|grade|score|invoke|ainvoke|call|lint)\w*$/i;

/** Whether what is called checks a result: by its own name, or as a plain verb asked of someone who judges. */
function isCheck(callee: string): boolean {
  return (check.test(lastName(callee)) && !notCheck.test(worded(lastName(callee)))) || judgeCalled.test(worded(callee));
}

const baseOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** Whether a function that is named like a check speaks of what an agent made. */
function isResultCheck(file: FileFacts, name: string, owner: string): boolean {
  return (
    check.test(name) &&
    !notCheck.test(worded(name)) &&
    !adapter.test(file.path) &&
    resultWords.test(worded(`${name} ${owner} ${baseOf(file.path)}`))
  );
}

export function checksNamed(file: FileFacts) {
  return functionsNamed(file, check).filter(({ name, owner }) => isResultCheck(file, name, owner));
}

export function* resultChecks(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (isScreen(file.path)) return;
  for (const fn of checksNamed(file)) {
    const onPath = index.onRunPath(file, fn.start + 1);
    // Off the run path a name is only a name.
    if (!onPath && (index.callsOf(fn.name) === 0 || index.farFromAnchors(file.path) > 1)) continue;
    const strength = index.callsOf(fn.name) > 0 && onPath ? "called" : "declaration";
    yield finding("check-declared", "result-check", strength, fn.start, "something checks a result");
  }
  yield* decisions(file, index);
  yield* toldToModel(file, index);
  yield* ofOwnSchema(file, index);
  for (const offset of offsetsIn(file.code, overChecks)) {
    const onPath = index.onRunPath(file, offset);
    if (functionAt(file, offset) && (onPath || index.farFromAnchors(file.path) <= 1))
      yield finding(
        "checks-run",
        "result-check",
        onPath ? "effect" : "called",
        offset,
        "every check runs over the result",
      );
  }
}

const afterwards =
  /lint|pre_?commit|type_?check|shell_?check|diagnostics|run_?(?:checks|tests)|validat\w*_?(?:on|after)_?(?:message|edit|write|save|complet)/i;
const saysMessage =
  /\byield\s+\w*[Mm]essage\w*\(|\b(?:messages|history|transcript|conversation)\.(?:push|append)\(|\breflected_\w+\s*=|\badd_?\w*(?:[Mm]essage|[Ff]eedback)\(/;

/** What is looked for in work that is done, and is said to the model where it is found. */
function* toldToModel(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 2) return;
  for (const fn of functionsNamed(file, afterwards)) {
    if (notCheck.test(worded(fn.name)) || /command|cmd_/i.test(fn.name) || !saysMessage.test(codeOf(file, fn)))
      continue;
    yield finding("problems-told", "result-check", "effect", fn.start, "what a check finds goes back to the model");
  }
}

const overChecks =
  /\bfor\s*\(?\s*(?:const\s+)?\w*(?:guardrail|validator|verifier|(?:answer|output|result|response|final)_?check|check_?fn|check_?function)\w*\s+(?:of|in)\s|\bfor\s*\(?\s*(?:const\s+)?\w+\s+(?:of|in)\s+[\w.]*(?:guardrails|(?:answer|output|result|response|final)_?(?:checks|checkers|validators))\b/gi;

/** Calls of a check on the run path, and whether what they give decides. */
function* decisions(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of file.calls) {
    if (!isCheck(call.callee) || adapter.test(file.path) || !index.onRunPath(file, call.start)) continue;
    const fn = functionAt(file, call.start);
    if (!resultWords.test(worded(`${call.callee} ${fn?.name ?? ""} ${baseOf(file.path)}`))) continue;
    const decides = decidesBranch(file, call, surroundings(file, call.start)) && !ofOneTool.test(file.path);
    yield finding(
      "check-decides",
      "result-check",
      decides ? "effect" : "called",
      call.start,
      "the check decides whether the result is accepted",
      check.test(lastName(call.callee)) ? 3 : 0,
    );
  }
}

const declaredOutput =
  /(?:agent|template|definition|task|spec|config|profile|options|this|self)\w*[?!]?\.(?:output|result|response|answer)_?(?:schema|type|model)[?!]?\.(?:parse|parseAsync|validate|assert|model_validate|validate_python)$/i;

/** What the agent gives is read against the schema that it declares, and thrown back where it does not fit. */
function* ofOwnSchema(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 2) return;
  for (const call of callsTo(file, declaredOutput)) {
    const fn = functionAt(file, call.start);
    if (fn && file.exits.some((exit) => exit.kind === "throw" && contains(fn, exit) && exit.start > call.start))
      yield finding("own-schema", "result-check", "effect", call.start, "the result is read against its own schema", 6);
  }
}

/** What a branch does that sends the work back: it leaves, or says to the model what is wrong. */
const sendsBack =
  /\b(?:messages|history|reflected\w*|feedback|errors?|transcript|conversation|context|memory)\b[\w.]*\s*(?:\+?=(?!=)|\.(?:push|append|extend|add)\w*\()/i;

/** Whether a text holds something said back to the model. */
export function saysBack(text: string): boolean {
  return sendsBack.test(text);
}

/** The check stands in a condition, or what it gave does; and the branch stops, or goes back to the model. */
function decidesBranch(file: FileFacts, call: CallFact, around: Span): boolean {
  const line =
    file.code
      .slice(Math.max(0, call.start - 160), call.start)
      .split(/[;\n]/)
      .at(-1) ?? "";
  const given = /([\w$\s,{}[\]():]+?)=\s*(?:await\s+)?(?:self\.|this\.)?[\w$.]*$/.exec(line)?.[1] ?? "";
  const names = (given.match(/[\w$]+/g) ?? []).filter((name) => !/^(?:const|let|var|_)$/.test(name));
  const uses = names.length > 0 ? new RegExp(`\\b(?:${names.join("|").replaceAll("$", "\\$")})\\b`) : undefined;
  return file.branches.some((branch) => {
    if (!contains(around, branch)) return false;
    const asks =
      contains(branch.condition, call) ||
      (uses !== undefined && branch.start >= call.start && uses.test(textOf(file, branch.condition)));
    return asks && (exitOf(file, branch) !== undefined || sendsBack.test(textOf(file, branch.body)));
  });
}
