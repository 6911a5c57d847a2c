/**
 * Two-level verification: results are checked before they are accepted, and tests assert that the harness's own guards
 * hold.
 */
import { type CallFact, contains, type FileFacts, functionAt, type Span } from "./facts.ts";
import type { Finding } from "./finding.ts";
import type { PrimitiveProbes } from "./primitive.ts";
import { callsTo, finding, functionsNamed, offsetsIn, surroundings, textOf } from "./query.ts";
import type { WorkspaceIndex } from "./workspace-index.ts";

const check =
  /(verif(y|ier|ication)|(validat|check|review|evaluat|grade|judge)\w*_?(output|result|answer|final|completion|response|patch|solution)|(output|final|result|answer)_?\w*(check|guardrail|validat|verif)|final_answer_check|guardrail|lint_?(edited|file|s)|auto_?(lint|test)|run_?tests?|self_?check|structured_?output)/i;
const notCheck =
  /verify_?(ssl|token|signature|cert|email|password|webhook|state|installed|login|auth)|guardrail_?(name|config)|evaluate_?(js|script|python)/i;

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
