/**
 * A cap on rounds, in whatever form: a comparison that leaves the loop or says that the maximum is reached, the head of
 * a loop that counts, a depth that every call of itself makes smaller, or a number handed to the framework that loops.
 */

import type { Finding } from "../finding.ts";
import {
  type BranchFact,
  contains,
  type FileFacts,
  type FunctionFact,
  functionAt,
  type Span,
} from "../source/facts.ts";
import { branchesOn, callsTo, codeOf, escaped, exitOf, finding, offsetsIn, textOf, worded } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";

const turnWords =
  /max_?(?:model_?|llm_?|api_?|agent_?|tool_?)?(turns|steps|iterations|iters?|rounds|reflections|loops?|roundtrips|calls|requests|actions|tool_?results)|(?:step|turn|iteration|call|recursion|round|chain)s?_?(limit|cap|budget)/i;
const turnCap = new RegExp(`(?:${turnWords.source})\\w*\\W.{0,60}?[<>]=?|[<>]=?.{0,40}?(?:${turnWords.source})`, "is");
export const comparesWithNothing = /[!=]==?\s*(?:null|undefined|None|["'])|\bis\s+(?:not\s+)?None/;

export function* capsOnRounds(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const cap = (offset: number) => finding("turn-cap", "turn-cap", "effect", offset, "a cap on turns");
  for (const branch of branchesOn(file, turnCap)) {
    if (comparesWithNothing.test(textOf(file, branch.condition)) && !/[<>]/.test(textOf(file, branch.condition)))
      continue;
    if (branch.kind !== "while" && !exitOf(file, branch)) continue;
    if (index.onRunPath(file, branch.start)) yield cap(branch.start);
    else if (index.farFromAnchors(file.path) <= 1)
      yield finding("turn-cap", "turn-cap", "called", branch.start, "a cap on turns beside the run path");
  }
  for (const loop of file.loops) {
    const header = headOf(file, loop);
    if (turnWords.test(header) && index.onRunPath(file, loop.start)) yield cap(loop.start);
  }
  for (const call of callsTo(
    file,
    /(^|\.)(stepCountIs|isStepCount|ModelCallLimitMiddleware|modelCallLimitMiddleware)$/,
  ))
    yield cap(call.start);
  yield* capsHandedOver(file, index);
  yield* countedLoops(file, index);
  for (const branch of file.branches)
    if (saysMaximum(file, branch) && index.farFromAnchors(file.path) <= 2)
      yield finding("turn-cap", "turn-cap", "called", branch.start, "leaves when a maximum of rounds is reached");
  for (const fn of file.functions) yield* depths(file, fn, index);
}

const handedOver =
  /\b(?:recursion_?limit|max_?turns|max_?steps|max_?iter(?:ation)?s?|max_?tool_?(?:calls|rounds)|max_consecutive_auto_reply)["']?\s*[:=]\s*(?!None|null|undefined|0\b|-1)[\w$(]/gi;
const loopsItself =
  /(?:Agent|Executor|Runner|Crew|Team|Chat)\w*$|(?:^|\.)a?(?:run\w*|invoke|stream\w*|kickoff\w*|generate\w*|initiate_chat\w*)$/;

/** A number of rounds given to a framework that loops: to an agent that it makes, or to a run. */
function* capsHandedOver(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 1) return;
  for (const offset of offsetsIn(file.text, handedOver)) {
    const given = file.calls.some(
      (call) => call.argumentsAt <= offset && offset < call.end && loopsItself.test(call.callee),
    );
    if (given) yield finding("cap-given", "turn-cap", "called", offset, "a number of rounds is given to who loops");
  }
}

function headOf(file: FileFacts, loop: Span): string {
  return codeOf(file, { start: loop.start, end: Math.min(loop.end, loop.start + 160) }).split(/\n|\{/)[0] ?? "";
}

const countingHead = [
  /^for\s+\w+\s+in\s+(?:tqdm\()?range\(/,
  /^for\s*\(\s*(?:let|var|const)?\s*\w+(?:\s*:\s*\w+)?\s*=\s*\d+\s*;[^;]*<=?/,
  /^while\b[^\n]*[\w$)\]]\s*[<>]=?\s*[\w$(]/,
];

/** Loops that count to a number and call the model each time, other than over a collection or to repeat a failed call. */
function* countedLoops(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const loop of file.loops) {
    const head = headOf(file, loop);
    if (
      !countingHead.some((pattern) => pattern.test(head)) ||
      /attempt|retr(?:y|ies)|tries|len\(|\.length|\.size/i.test(head)
    )
      continue;
    const calls = index.anchors.some(
      (anchor) =>
        anchor.kind === "model-call" && anchor.file === file && loop.start <= anchor.offset && anchor.offset < loop.end,
    );
    if (calls)
      yield finding("counted-loop", "turn-cap", "called", loop.start, "the loop around the model counts to a number");
  }
}

const bodyCharsMax = 400;

/** A comparison of two amounts that leaves with words like "maximum of loops". */
function saysMaximum(file: FileFacts, branch: BranchFact): boolean {
  if (branch.kind !== "if" || branch.body.end - branch.body.start > bodyCharsMax) return false;
  const condition = textOf(file, branch.condition);
  if (!/[\w)\]]\s*[<>]=?\s*[\w$(]/.test(condition) || /len\(|\.length/.test(condition)) return false;
  const exit = file.exits.find((one) => one.kind === "throw" && contains(branch.body, one));
  return exit !== undefined && turnWords.test(worded(textOf(file, branch.body)));
}

/** Each call of itself goes one deeper, and a branch compares how deep. */
function* depths(file: FileFacts, fn: FunctionFact, index: WorkspaceIndex): Iterable<Finding> {
  if (fn.name === "" || !index.onRunPath(file, fn.start + 1)) return;
  const again = file.calls.find(
    (call) => contains(fn, call) && new RegExp(`(?:^|\\.)${escaped(fn.name)}$`).test(call.callee),
  );
  if (!again) return;
  const code = codeOf(file, fn);
  const steps = offsetsIn(code, /\b\w*depth\w*\s*[-+]\s*1\b/gi, fn.start);
  const branch = file.branches.find(
    (one) => contains(fn, one) && /depth\w*\W{0,3}\s*[<>]=?|[<>]=?\s*[\w.]*depth/i.test(textOf(file, one.condition)),
  );
  if (steps.length > 0 && branch && functionAt(file, again.start) !== undefined)
    yield finding("depth-cap", "turn-cap", "called", branch.start, "each round goes one deeper, down to a limit");
}
