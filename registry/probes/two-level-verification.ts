/**
 * Two-level verification: results are checked before they are accepted, and tests assert that the harness's own guards
 * hold.
 */
import { type CallFact, contains, type FileFacts, functionAt, type Span } from "./facts.ts";
import type { Finding } from "./finding.ts";
import type { PrimitiveProbes } from "./primitive.ts";
import { callsTo, exitOf, finding, functionsNamed, offsetsIn, surroundings, textOf, worded } from "./query.ts";
import { isScreen } from "./scope.ts";
import type { WorkspaceIndex } from "./workspace-index.ts";

const check =
  /(verif(y|ier|ication)|(validat|check|review|evaluat|grade|judge)\w*_?(output|result|answer|final|completion|response|patch|solution)|(output|final|result|answer)_?\w*(check|guardrail|validat|verif)|final_answer_check|guardrail|lint_?(edited|file|s)|auto_?(lint|test)|run_?tests?|self_?check|structured_?output)/i;
/** Checks of callers, keys, hosts, files and settings check no result of an agent. */
const notCheck =
  /(httpx|ssl|cert)\w*_?verify|site_?verif|verify_?(option|api|repo|jwt|jws|webhook|domain|url|path|host|version|checksum|code|user|id|captcha|file|sha|hub|connection|server|deps|interpreter|necessary|config|binary|install)|checksum|code_?verifier|hook|email|jwt|jws|oauth|api_?key|tls|credential|verify_?(ssl|token|signature|cert|email|password|webhook|state|installed|login|auth)|\w*signature|(create|define|make|new)_?\w*guardrail|guardrail_?(name|config|tracker|span|type)|tracker|^Check_?Result$|doctor|evaluate_?(js|script|python)|tool_?result_?ids|check_?point|deps$/i;
/** A linter inside one tool checks that tool's call; the work as a whole is not looked at there. */
const ofOneTool = /(^|\/)[^/]*(?:edit|write|patch|replace)[^/]*$/i;

/** Adapters of models read answers of a provider; no result is judged there. */
const adapter = /(?:^|\/)(?:providers?|llms?|models?|adapters?)\//i;

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const fn of functionsNamed(file, check)) {
    const about = worded(`${fn.name} ${fn.owner} ${file.path.slice(file.path.lastIndexOf("/") + 1)}`);
    if (notCheck.test(fn.name) || adapter.test(file.path) || !resultWords.test(about)) continue;
    yield finding(
      "check-declared",
      "result-check",
      index.callsOf(fn.name) > 0 && index.onRunPath(file, fn.start + 1) ? "called" : "declaration",
      fn.start,
      "something checks a result",
    );
  }
  yield* verdicts(file, index);
  yield* completions(file, index);
  yield* ofOwnSchema(file, index);
  yield* scores(file, index);
  for (const call of callsTo(file, check)) {
    if (notCheck.test(call.callee) || adapter.test(file.path) || !index.onRunPath(file, call.start)) continue;
    const around = surroundings(file, call.start);
    const decides = decidesBranch(file, call, around);
    const about = worded(
      `${call.callee} ${functionAt(file, call.start)?.name ?? ""} ${file.path.slice(file.path.lastIndexOf("/") + 1)}`,
    );
    if (!resultWords.test(about)) continue;
    yield finding(
      "check-decides",
      "result-check",
      decides && !ofOneTool.test(file.path) ? "effect" : "called",
      call.start,
      "the check decides whether the result is accepted",
    );
  }
  for (const offset of offsetsIn(
    file.code,
    /\bfor\s*\(?\s*(?:const\s+)?\w*(?:guardrail|validator|verifier|(?:answer|output|result|response|final)_?check|check_?fn|check_?function)\w*\s+(?:of|in)\s|\bfor\s*\(?\s*(?:const\s+)?\w+\s+(?:of|in)\s+[\w.]*(?:guardrails|(?:answer|output|result|response|final)_?(?:checks|checkers|validators))\b/gi,
  )) {
    if (functionAt(file, offset))
      yield finding(
        "checks-run",
        "result-check",
        index.onRunPath(file, offset) ? "effect" : "called",
        offset,
        "every check runs over the result",
      );
  }
}

const accepts = /\b(verified|accepted|approved|passed|valid|ok|holds|success\w*|true|pass|complete[d]?)\b/i;
const rejects =
  /\b(reject\w*|refus\w*|failed|invalid|denied|retry|revise|false|fail|problems?|reasons?|needs_revision|throw|raise)\b/i;

/** A check that ends in one of two ways and whose answer is used. */
function* verdicts(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const fn of functionsNamed(file, check)) {
    if (
      notCheck.test(worded(fn.name)) ||
      index.farFromAnchors(file.path) > 2 ||
      isScreen(file.path) ||
      isEntrance(file.path)
    )
      continue;
    const about = worded(`${fn.name} ${fn.owner} ${file.path.slice(file.path.lastIndexOf("/") + 1)}`);
    if (!resultWords.test(about) || index.callsOf(fn.name) === 0) continue;
    const exits = file.exits.filter((exit) => exit.kind !== "yield" && contains(fn, exit));
    const said = (pattern: RegExp) =>
      exits.find((exit) => pattern.test(file.text.slice(exit.start, Math.min(exit.end, exit.start + 300))));
    const refusal = said(rejects);
    const branches = file.branches.some((branch) => contains(fn, branch));
    if (refusal && branches && said(accepts))
      yield finding("verdict", "result-check", "effect", refusal.start, "a result is accepted or rejected");
  }
}

/** What a web server checks is its caller, not a result. */
function isEntrance(path: string): boolean {
  return /(^|\/)(routes?|auth|oauth|webhooks?|integrations?)\//i.test(path);
}

const resultWords =
  /result|answer|output|report|evidence|claim|patch|solution|completion|final|grader?|rubric|critic|lint|tests?\b|guardrail|submission|review|judge|self_?check|response/i;
const completion =
  /attempt_?completion|complete_?task|task_?complete|submit_?(?:result|answer|output|report)|final_?answer|(?:^|_)finish_?(?:task|tool|action)/i;
/** The call of that tool is told by its name. */
const completionName =
  /===?\s*["'\w.]*(?:complete_?task|attempt_?completion|final_?answer|submit_?(?:result|answer)|finish_?task)/i;
const complaint = /error|reject|fail|invalid|missing|incomplete|cannot|must|not /i;

/** The tool with which the agent ends: a branch that refuses to end is a check of the result. */
function* completions(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 2 || isScreen(file.path)) return;
  const outer = file.branches.filter(
    ({ kind, condition, body }) =>
      kind === "if" && body.end - body.start < 6_000 && completionName.test(textOf(file, condition)),
  );
  for (const branch of file.branches) {
    const fn = functionAt(file, branch.start);
    if (!fn || /definition|schema|prompt|description/i.test(fn.name)) continue;
    const inside = outer.some(({ body }) => contains(body, branch));
    if (!inside && !completion.test(worded(`${fn.name} ${fn.owner}`))) continue;
    const exit = exitOf(file, branch);
    if (!exit || branch.end - branch.start > 2_000) continue;
    if (!complaint.test(file.source.slice(branch.body.start, branch.body.end))) continue;
    yield finding(
      "completion-refused",
      "result-check",
      "effect",
      branch.start,
      "the end is refused until a condition holds",
    );
  }
}

const declaredOutput =
  /(?:agent|template|definition|task|spec|config|profile|options|this|self)\w*[?!]?\.(?:output|result|response|answer)_?(?:schema|type|model)[?!]?\.(?:parse|parseAsync|validate|assert|model_validate|validate_python)$/i;

/** What the agent gives is read against the schema that it declares, and thrown back where it does not fit. */
function* ofOwnSchema(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 2 || isScreen(file.path)) return;
  for (const call of callsTo(file, declaredOutput)) {
    const fn = functionAt(file, call.start);
    if (fn && file.exits.some((exit) => exit.kind === "throw" && contains(fn, exit) && exit.start > call.start))
      yield finding("own-schema", "result-check", "effect", call.start, "the result is read against its own schema", 6);
  }
}

const reviews = /review|critic|judge|grader?|verif|evaluator|rubric/i;
const scored =
  /\b[\w.]*(?:accept|score|grade|verdict|passed|approved)\w*\s*[<>]=?\s*[\w.]*(?:accept|threshold|score|min|max|required|pass)\w*|\b[\w.]*(?:verdict|decision|result)\w*\s*[!=]==?\s*["'](?:needs_?revision|reject(?:ed)?|accept(?:ed)?|fail(?:ed)?|pass(?:ed)?|satisfied)["']/i;

/** What a reviewer gave is compared, and decides whether the work goes on. */
function* scores(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 2 || isScreen(file.path)) return;
  const base = file.path.slice(file.path.lastIndexOf("/") + 1);
  for (const branch of file.branches) {
    if (!scored.test(textOf(file, branch.condition)) || !exitOf(file, branch)) continue;
    const fn = functionAt(file, branch.start);
    if (!fn || !reviews.test(worded(`${fn.name} ${fn.owner} ${base}`)) || index.callsOf(fn.name) === 0) continue;
    yield finding("score-compared", "result-check", "effect", branch.start, "what a review gave decides");
  }
}

/** What a branch does that sends the work back: it leaves, or says to the model what is wrong. */
const sendsBack =
  /\b(?:messages|history|reflected\w*|feedback|errors?|transcript|conversation|context)\b[\w.]*\s*(?:\+?=(?!=)|\.(?:push|append|extend|add)\w*\()/i;

/** The check stands in a condition, or what it gave does; and the branch stops, or goes back to the model. */
function decidesBranch(file: FileFacts, call: CallFact, around: Span): boolean {
  const before = file.code.slice(Math.max(0, call.start - 120), call.start);
  const given = /([\w$]+)\s*(?::[^=;\n]*)?=\s*(?:await\s+)?(?:self\.|this\.)?$/.exec(before)?.[1];
  const uses = given === undefined ? undefined : new RegExp(`\\b${given.replaceAll("$", "\\$")}\\b`);
  return file.branches.some((branch) => {
    if (!contains(around, branch)) return false;
    const asks =
      contains(branch.condition, call) ||
      (uses !== undefined && branch.start >= call.start && uses.test(textOf(file, branch.condition)));
    return asks && (exitOf(file, branch) !== undefined || sendsBack.test(textOf(file, branch.body)));
  });
}

export const twoLevelVerification: PrimitiveProbes = {
  id: "two-level-verification",
  aspects: [
    { id: "result-check", required: true, text: "results are checked before acceptance" },
    { id: "guard-tests", required: true, text: "tests assert the invariants of the harness's guards" },
  ],
  probe,
  asserted:
    /den(y|ied|ies)|reject(s|ed)|(?<!(?:update|content|text|thinking|unknown|code|image|cache|tool|xml|search|diff|parse|markdown|text|quote|list|html)[ _]?)block(s|ed|_?list)\b|block_?list|budget|cost_?limit|exit_?cost|limit.{0,20}(exceed|reach)|exceed|permission|approval|guardrail|unsafe|dangerous|forbidden|not_?allowed|allowed_?to|travers|max_?(steps|turns|iterations)|tripwire|unauthori[sz]ed|sandbox.{0,40}(?:escape|refus|forbid|restrict|outside)/i,
  assertedAspect: "guard-tests",
  denied: /verification|guardrails/,
};
