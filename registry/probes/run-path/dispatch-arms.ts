/**
 * Dispatch name by name: a switch, a match or a chain of conditions over the name of a tool call, in which every arm
 * carries out, or makes, something of its own. What only describes or draws a call has no such arms.
 */
import { type BranchFact, contains, type FileFacts, type FunctionFact, type Span } from "../source/facts.ts";
import { textOf } from "../source/query.ts";

/** Fewer arms are special cases beside a look-up. */
const armsMin = 4;
const subject =
  "[\\w.?!$()\\[\\]\"']*(?:tool|call|block|func(?:tion)?|fn|action|command|use)\\w*(?:[.?!]*\\.\\w+)*[.?!]*\\.(?:name|tool_?name|function\\.name)|(?:[\\w$.]+\\.)?(?:tool_?name|function_?name|func_?name|tool_?type|action_?type)";
const switched = new RegExp(
  `\\b(?:switch\\s*\\(\\s*(?:${subject})\\s*(?:as\\s+\\w+\\s*)?\\)\\s*\\{|match\\s+(?:${subject})\\s*:)`,
  "gi",
);
const compared = new RegExp(`(?:${subject})\\s*===?\\s*\\S|===?\\s*(?:${subject})`, "i");
const carriesOut =
  /(^|\.)_?(?:handle|execute|exec|run|call|invoke|apply|perform|do|process|spawn)\w*$|(?:tool|action|command)s?(?:\.\w+)?$|^(?:new\s+)?[A-Z]\w*(?:Action|Tool|Command)$/i;

/** Where in the function the arms begin; undefined where there are too few of them. */
export function armsIn(file: FileFacts, fn: FunctionFact): number | undefined {
  const text = textOf(file, fn);
  for (const match of text.matchAll(switched)) {
    const start = fn.start + match.index;
    const span = { start, end: fn.end };
    const cases = file.branches.filter((branch) => branch.kind === "case" && contains(span, branch));
    if (count(file, cases) >= armsMin) return start;
  }
  const chain = file.branches.filter(
    (branch) => branch.kind === "if" && contains(fn, branch) && compared.test(textOf(file, branch.condition)),
  );
  return count(file, chain) >= armsMin ? chain[0]?.start : undefined;
}

/** Arms that differ in what they call. */
function count(file: FileFacts, branches: readonly BranchFact[]): number {
  return new Set(branches.flatMap((branch) => calledIn(file, branch.kind === "case" ? branch : branch.body))).size;
}

function calledIn(file: FileFacts, span: Span): string[] {
  const call = file.calls.find((one) => contains(span, one) && carriesOut.test(one.callee));
  return call ? [call.callee] : [];
}
