/**
 * What a run has used so far: names that tokens or money are added to and that outlive the function that adds, and
 * functions that hand them out. What such a name is compared with limits the run; what is counted afresh before each
 * call is the size of a prompt.
 */
import { type BranchFact, type FileFacts, type FunctionFact, functionAt } from "../source/facts.ts";
import { codeOf, escaped, textOf, worded } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";

const usedWord = /tokens?(?![a-z])|cost|usage|spent|spend|usd|credits?/i;
/** How often something was used is no amount. */
const uses =
  /\w*(?:usage_?(?:counts?|limit)|use_?counts?|times_?used|max_?(?:uses|usages?)(?![a-z]))\w*|\busage\.(?:requests|calls|turns|steps|tool_?calls)\b/gi;
const adds =
  /(?<![\w$.])([\w$]+(?:\??\.[\w$]+|\[[^\]\n]{0,40}\])*)\s*(?:\+=\s*|=\s*\(?\1(?:\s*(?:\?\?|\|\||or)\s*0\))?\s*\+\s*)([^\n;]{1,160})/g;
/** Sizes of what is kept or sent are added up to cut it, not to pay for it. */
const ofMessages =
  /compact|compress|condens|estimat|trim|truncat|prune|summari|rolling|count_?(?:tokens|text)|hist(?:ory)?_?tokens?|chunk|len\(|\.length/i;

const totals = new WeakMap<WorkspaceIndex, ReadonlySet<string>>();

/** Without what only says how often something was used. */
export function withoutUses(text: string): string {
  return text.replace(uses, (name) => (/token|cost|usd|money|spen[dt]/i.test(name) ? name : ""));
}

function totalsOf(index: WorkspaceIndex): ReadonlySet<string> {
  const known = totals.get(index);
  if (known) return known;
  const names = new Set<string>();
  for (const file of index.product) for (const { name } of totalsIn(file)) names.add(name);
  const all = new Set(names);
  for (const file of index.product)
    for (const fn of file.functions)
      if (fn.name !== "usage" && usedWord.test(worded(fn.name)) && handsOut(file, fn, names)) all.add(fn.name);
  totals.set(index, all);
  return all;
}

/** A longer function does more than hand out a total. In UTF-16 units. */
const handingOutCharsMax = 600;

function handsOut(file: FileFacts, fn: FunctionFact, names: ReadonlySet<string>): boolean {
  if (fn.end - fn.start > handingOutCharsMax) return false;
  const returned = /\breturn\b([^;]{0,200})|=>([^;]{0,200})/.exec(codeOf(file, fn)) ?? [];
  return (`${returned[1] ?? ""} ${returned[2] ?? ""}`.match(/[\w$]+/g) ?? []).some((word) => names.has(word));
}

interface Total {
  readonly name: string;
  readonly at: number;
}

/** Where this file adds what was used to what was used before. */
export function* totalsIn(file: FileFacts): Iterable<Total> {
  for (const { 0: line, 1: target = "", index: at } of file.code.matchAll(adds)) {
    const name = /([\w$]+)(?:\[[^\]]*\])*$/.exec(target)?.[1] ?? "";
    const words = withoutUses(worded(name));
    if (!usedWord.test(words) || ofMessages.test(worded(line))) continue;
    const fn = functionAt(file, at);
    if (fn && ofMessages.test(worded(`${fn.name} ${fn.owner}`))) continue;
    if (name.toLowerCase() !== "usage" && (/[.[]/.test(target) || outlives(file, fn, name))) yield { name, at };
  }
}

/** A plain name outlives the function when another one makes it. */
function outlives(file: FileFacts, fn: FunctionFact | undefined, name: string): boolean {
  if (fn === undefined) return false;
  return !new RegExp(
    `\\b(?:let|var|const)\\s+${escaped(name)}\\b|^\\s*${escaped(name)}\\s*(?::[^=\\n]+)?=(?!=)`,
    "m",
  ).test(codeOf(file, fn));
}

const limitWord = /budget|limit|max|quota|cap(?![a-z])|ceiling|threshold|allow|remaining|left|investment/i;
/** What a conversation may fill is no limit on what a run may use. */
const ofContext =
  /compact|compress|condens|context_?(?:window|limit|length|size)|truncat|summar|trim|prune|evict|warn/i;
const operandEnd = /\b(?:and|or|not|if|elif|while|return|is)\b|&&|\|\||[,;{}?:=\n]/;

/** Whether the text compares a total of what was used with something that may be used. */
export function comparesTotal(text: string, index: WorkspaceIndex): boolean {
  const names = totalsOf(index);
  for (const { 0: sign, index: at } of text.matchAll(/(?<=[\w)\]]\s+)[<>]=?(?=\s)/g)) {
    const left =
      text
        .slice(Math.max(0, at - 120), at)
        .split(operandEnd)
        .at(-1) ?? "";
    const right = text.slice(at + sign.length, at + 120).split(operandEnd)[0] ?? "";
    const counted = [left, right].map((side) => (side.match(/[\w$]+/g) ?? []).some((word) => names.has(word)));
    if (counted[0] === counted[1]) continue;
    const other = worded(counted[0] ? right : left);
    if (limitWord.test(other) && !ofContext.test(other)) return true;
  }
  return false;
}

/**
 * Whether an operand of the condition is a size that the same function has just counted: with a counter of tokens, or by
 * adding up in a name of its own while it calls no model.
 */
export function isSizeHere(file: FileFacts, branch: BranchFact, index: WorkspaceIndex): boolean {
  const fn = functionAt(file, branch.start);
  if (!fn) return false;
  const code = worded(codeOf(file, fn));
  const calls = index.anchors.some(
    ({ kind, file: home, offset }) =>
      kind !== "tool-dispatch" && home === file && fn.start <= offset && offset < fn.end,
  );
  const operands = new Set(textOf(file, branch.condition).match(/(?<![\w$.])[a-zA-Z_$][\w$]{2,}(?![\w$.(])/g) ?? []);
  return [...operands].some((operand) => {
    const name = `\\b${escaped(worded(operand))}\\b`;
    const counted = `${name}\\s*\\}?\\s*(?::\\s*\\w+\\s*)?=(?![=>])[^;=]{0,240}?\\b\\w*${counters}\\w*\\(`;
    const addedUp = `${name}\\s*\\+=`;
    return (
      new RegExp(counted, "i").test(code) ||
      (!calls && usedWord.test(worded(operand)) && new RegExp(addedUp).test(code) && !outlives(file, fn, operand))
    );
  });
}

const counters = "(?:count_?tokens|tokens?_?count(?:er)?|estimate\\w*|num_?tokens|tokenizer?)";
