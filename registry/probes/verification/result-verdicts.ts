/**
 * Verdicts on results: a function that accepts or rejects, an end that is refused until a condition holds, a score or a
 * model's own word on its work that is compared before the work goes on.
 */

import type { Finding } from "../finding.ts";
import { contains, type FileFacts, functionAt } from "../source/facts.ts";
import { callsTo, exitOf, finding, textOf, worded } from "../source/query.ts";
import { isScreen } from "../source/scope.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { checksNamed, saysBack } from "./result-checks.ts";

export function* resultVerdicts(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 2 || isScreen(file.path)) return;
  yield* verdicts(file, index);
  yield* completions(file);
  yield* scores(file, index);
  yield* ownWord(file, index);
  yield* routes(file);
}

const accepts = /\b(verified|accepted|approved|passed|valid|ok|holds|success\w*|true|pass|complete[d]?)\b/i;
const rejects =
  /\b(reject\w*|refus\w*|failed|invalid|denied|retry|revise|false|fail|problems?|reasons?|needs_revision|throw|raise)\b/i;
/** What a web server checks is its caller, not a result. */
const entrance = /(^|\/)(routes?|auth|oauth|webhooks?|integrations?)\//i;

/** A check that ends in one of two ways and whose answer is used. */
function* verdicts(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (entrance.test(file.path)) return;
  for (const fn of checksNamed(file)) {
    if (index.callsOf(fn.name) === 0) continue;
    const exits = file.exits.filter((exit) => exit.kind !== "yield" && contains(fn, exit));
    const said = (pattern: RegExp) =>
      exits.find((exit) => pattern.test(file.text.slice(exit.start, Math.min(exit.end, exit.start + 300))));
    const branches = file.branches.some((branch) => contains(fn, branch));
    if (branches && said(rejects) && said(accepts))
      yield finding("verdict", "result-check", "effect", fn.start, "a result is accepted or rejected");
  }
}

const completion =
  /attempt_?completion|complete_?task|task_?complete|submit_?(?:result|answer|output|report)|final_?answer|(?:^|_)finish_?(?:task|tool|action)/i;
/** The call of that tool is told by its name. */
const completionName =
  /===?\s*["'\w.]*(?:complete_?task|attempt_?completion|final_?answer|submit_?(?:result|answer)|finish_?task)/i;
const complaint = /error|reject|fail|invalid|missing|incomplete|cannot|must|not /i;

/** What is asked for and not there yet, in a function that decides whether the run goes on. */
const unfulfilled =
  /\b(?:uncalled|unmet|unfulfilled)|(?:uncalled|unmet|missing|incomplete|unfinished|required)_?\w*(?:tools?|todos?|requirements?|criteria|sections?|fields?)\b/i;
const ending = /continu|should_?(?:stop|end)|finish|complet|terminat|decide|finali[sz]e/i;

/** The tool with which the agent ends: a branch that refuses to end is a check of the result. */
function* completions(file: FileFacts): Iterable<Finding> {
  const outer = file.branches.filter(
    ({ kind, condition, body }) =>
      kind === "if" && body.end - body.start < 6_000 && completionName.test(textOf(file, condition)),
  );
  for (const branch of file.branches) {
    const fn = functionAt(file, branch.start);
    if (!fn || /definition|schema|prompt|description/i.test(fn.name)) continue;
    const unmet = unfulfilled.test(worded(textOf(file, branch.condition))) && ending.test(worded(fn.name));
    const inside = outer.some(({ body }) => contains(body, branch));
    if (!inside && !unmet && !completion.test(worded(`${fn.name} ${fn.owner}`))) continue;
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

const reviews = /review|critic|critique|judge|grader?|verif|evaluator|evaluat|rubric|assess/i;
const scored =
  /\b[\w.]*(?:accept|score|grade|verdict|passed|approved)\w*\s*[<>]=?\s*[\w.]*(?:accept|threshold|score|min|max|required|pass)\w*|\b[\w.]*(?:verdict|decision|result)\w*\s*[!=]==?\s*["'](?:needs_?revision|reject(?:ed)?|accept(?:ed)?|fail(?:ed)?|pass(?:ed)?|satisfied)["']/i;

/** What a reviewer gave is compared, and decides whether the work goes on. */
function* scores(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const base = file.path.slice(file.path.lastIndexOf("/") + 1);
  for (const branch of file.branches) {
    if (!scored.test(textOf(file, branch.condition)) || !exitOf(file, branch)) continue;
    const fn = functionAt(file, branch.start);
    if (!fn || !reviews.test(worded(`${fn.name} ${fn.owner} ${base}`)) || index.callsOf(fn.name) === 0) continue;
    yield finding("score-compared", "result-check", "effect", branch.start, "what a review gave decides");
  }
}

const routed = /(?:^|\.)add_?conditional_?edges?$/i;
const onward = /["'](?:accept\w*|approv\w*|pass\w*|satisfied|valid|ok|done|good|success|finish|end|complete)["']\s*:/i;
const back =
  /["'](?:revis\w*|retry|redo|reject\w*|fail\w*|rework|improve|fix|needs?_\w+|invalid|not_\w+|regenerate)["']\s*:/i;

/** A graph that goes on where a result is accepted and back where it is not: `{"accept": END, "revise": "writer"}`. */
function* routes(file: FileFacts): Iterable<Finding> {
  for (const call of callsTo(file, routed)) {
    const given = textOf(file, { start: call.argumentsAt, end: call.end });
    if (onward.test(given) && back.test(given))
      yield finding(
        "graph-verdict",
        "result-check",
        "effect",
        call.start,
        "the graph goes back where a result is refused",
      );
  }
}

/** A model's or a reviewer's word on the work: `ledger["is_request_satisfied"]`, `plan_valid`, `critique.passed`. */
const wordOnWork = new RegExp(
  [
    "(?:is_?|request_?|task_?|goal_?|answer_?)\\w*(?:satisfied|sufficient|acceptable)\\b",
    "(?:task|result|answer|plan|output|solution|patch)(?:_?result|_?is)?_?(?:confirmed|verified|accepted|correct|valid|acceptable)\\b",
    "is_?(?:task|result|answer|plan|output|solution|patch)_?(?:confirmed|verified|accepted|correct|valid|done|complete)\\b",
    "(?<![a-z])(?:critique|critic|evaluation|verdict|review|assessment|grade|judg(?:e)?ment|reflection)\\w*[\\w.?!\\[\\]\"']*(?:pass|passed|success|satisfied|approved|accepted|valid|ok|correct|done|complete)\\b",
    "has_?enough_?(?:context|information|evidence|data)",
  ].join("|"),
  "i",
);

/** That word stands in a condition on the run path, and the branch ends the work or sends it back. */
function* ownWord(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const branch of file.branches) {
    if (branch.kind === "ternary" || branch.kind === "case") continue;
    if (!wordOnWork.test(worded(textOf(file, branch.condition)))) continue;
    if (!exitOf(file, branch) && !saysBack(textOf(file, branch.body))) continue;
    if (!index.onRunPath(file, branch.start)) continue;
    yield finding(
      "word-on-work",
      "result-check",
      "effect",
      branch.start,
      "a word on the work decides whether it ends",
      2,
    );
  }
}
