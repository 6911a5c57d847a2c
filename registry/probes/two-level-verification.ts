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
const notCheck =
  /(httpx|ssl|cert)\w*_?verify|verify_?(option|api|repo|jwt|jws|webhook|domain|url|path|host|version|checksum|code|user|id|captcha)|email|jwt|jws|oauth|api_?key|tls|credential|verify_?(ssl|token|signature|cert|email|password|webhook|state|installed|login|auth)|guardrail_?(name|config)|evaluate_?(js|script|python)/i;

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const fn of functionsNamed(file, check)) {
    if (notCheck.test(fn.name)) continue;
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
  for (const call of callsTo(file, check)) {
    if (notCheck.test(call.callee) || !index.onRunPath(file, call.start)) continue;
    const around = surroundings(file, call.start);
    const decides = decidesBranch(file, call, around);
    const throwsInside = /raise|throw/.test(file.code.slice(call.start, Math.min(around.end, call.end + 200)));
    yield finding(
      "check-decides",
      "result-check",
      decides || throwsInside ? "effect" : "called",
      call.start,
      "the check decides whether the result is accepted",
    );
  }
  for (const offset of offsetsIn(
    file.code,
    /\bfor\s*\(?\s*(?:const\s+)?\w*(?:check|guardrail|validator|verifier)\w*\s+(?:of|in)\s/gi,
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

const resultWords = /result|answer|output|report|evidence|claim|patch|solution|completion|final|grader?|rubric|critic/i;
const completion =
  /attempt_?completion|complete_?task|task_?complete|submit_?(?:result|answer|output|report)|final_?answer|(?:^|_)finish_?(?:task|tool|action)/i;
const complaint = /error|reject|fail|invalid|missing|incomplete|cannot|must|not /i;

/** The tool with which the agent ends: a branch that refuses to end is a check of the result. */
function* completions(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 2 || isScreen(file.path)) return;
  for (const branch of file.branches) {
    const fn = functionAt(file, branch.start);
    if (
      !fn ||
      !completion.test(worded(`${fn.name} ${fn.owner}`)) ||
      /definition|schema|prompt|description/i.test(fn.name)
    )
      continue;
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

/** The check stands in a condition, or what it gave does. */
function decidesBranch(file: FileFacts, call: CallFact, around: Span): boolean {
  const before = file.code.slice(Math.max(0, call.start - 120), call.start);
  const given = /([\w$]+)\s*(?::[^=;]*)?=\s*(?:await\s+)?(?:self\.|this\.)?$/.exec(before)?.[1];
  const uses = given === undefined ? undefined : new RegExp(`\\b${given.replaceAll("$", "\\$")}\\b`);
  return file.branches.some(
    (branch) =>
      contains(around, branch) &&
      (contains(branch.condition, call) ||
        (uses !== undefined && branch.start >= call.start && uses.test(textOf(file, branch.condition)))),
  );
}

export const twoLevelVerification: PrimitiveProbes = {
  id: "two-level-verification",
  aspects: [
    { id: "result-check", required: true, text: "results are checked before acceptance" },
    { id: "guard-tests", required: true, text: "tests assert the invariants of the harness's guards" },
  ],
  probe,
  asserted:
    /den(y|ied|ies)|reject(s|ed)|block(s|ed)|budget|cost_?limit|limit.{0,20}(exceed|reach)|exceed|permission|approval|guardrail|unsafe|dangerous|forbidden|escape|travers|max_?(steps|turns|iterations)|tripwire|unauthori[sz]ed|sandbox/i,
  assertedAspect: "guard-tests",
  denied: /verification|guardrails/,
};
