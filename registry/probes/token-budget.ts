/**
 * Token budget: a limit on tokens or money is compared before the next model call and stops the run in a way of its
 * own; usage is accounted. A limit that is declared and never compared is a declaration.
 */
import { type BranchFact, contains, type FileFacts, functionAt } from "./facts.ts";
import type { Finding } from "./finding.ts";
import type { PrimitiveProbes } from "./primitive.ts";
import {
  argumentsOf,
  branchesOn,
  callsTo,
  codeOf,
  exitOf,
  finding,
  lastName,
  offsetsIn,
  textOf,
  worded,
} from "./query.ts";
import type { WorkspaceIndex } from "./workspace-index.ts";

const money =
  /budget|(?<![a-z])cost|spend|spent|\busd\b|price|max_?total_?tokens|token_?(budget|limit|quota)|tokens?_?(used|left|remaining|spent)|total_?tokens|usage/i;
/** Words that mean a budget wherever they stand. */
const budgetWords =
  /budget|max_?cost|cost_?limit|(?<![a-z])cost_?(?:exceed|cap)|spend|spent|nano_?usd|tokens?_?left|token_?(?:limit|quota)|max_?total_?tokens/i;
const limit = /budget|limit|max|quota|cap\b|ceiling|threshold|allow|remaining|left|exceed|exhaust/i;
const compares =
  /[<>]=?|exceed|exhaust|over_?(budget|limit)|has_?(budget|remaining)|within_?budget|out_?of|is_?over|remaining/i;
const aboutContext =
  /compact|context_?(window|limit|length|size|tokens)|contextWindow|truncat|chunk|char|summar|trim|keep|reserve|history|cache|prompt_?tokens|input_?tokens\b.*max_?input|max_?(input|output|chat|completion)_?\w*tokens?|thinking|repo_?map|map_?tokens|reasoning|display|format|image|line|byte|file/i;
/** Something used against something allowed: a check of a parameter against zero is validation. */
const comparesTwo =
  /[A-Za-z_)\]]\s*[<>]=?\s*[\w.$([]*[A-Za-z_]|remaining|left|exceed|exhaust|over_?(budget|limit)|isOver|within|has_?budget|out_?of/i;
/** Reading an error message of the provider is not comparing a limit. */
const saidInWords = /\.(includes|match|test|search|startsWith)\(|["'][^"']* [^"']*["']|[!=]==?\s*["']|["']\s*[!=]==?/;
const turns =
  /(turn|step|iteration|round|n_calls|call_?count|num_?calls|depth|reflection|cycle|loop)\w*.{0,40}(<|>|===?).{0,40}|(<|>)=?.{0,30}(max_?(turns|steps|iterations|rounds|reflections)|step_limit|len\()/i;
const turnCap =
  /max_?(turns|steps|iterations|rounds|reflections|loops?|tool_?(calls|rounds|roundtrips)|calls)|(step|turn|iteration|call)_?limit|stopWhen|stepCountIs|recursion_?limit/i;
const declared =
  /\b(?:max_?budget\w*|budget_?usd|max_?cost\w*|cost_?limit|token_?budget|max_?total_?tokens|cost_?budget|spend(?:ing)?_?limit|global_?cost_?limit)\b/gi;
const accounted =
  /\b[\w.$]*(?:total|usage|cost|token|spent)[\w.$]*\s*\+=|\b(?:usage|total_?usage|token_?usage|cost_?tracker)\w*\.(?:add|track|record|update|increment|merge)\w*\(|=\s*[\w.$]*(?:total|usage|cost)[\w.$]*\s*\+\s*[\w.$]*(?:usage|cost|tokens?)/gi;

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const branch of file.branches) {
    if (!isAboutMoney(file, branch, index)) continue;
    const condition = conditionOf(file, branch, index);
    if (
      !(limit.test(condition) || limit.test(saidInBody(file, branch))) ||
      !compares.test(condition) ||
      saidInWords.test(textOf(file, branch.condition)) ||
      !comparesTwo.test(condition)
    )
      continue;
    const fn = functionAt(file, branch.start);
    const about = worded(
      `${textOf(file, branch.condition)} ${fn?.name ?? ""} ${file.path.slice(file.path.lastIndexOf("/") + 1)}`,
    );
    const stops = branch.kind === "while" || exitOf(file, branch) !== undefined;
    const reached = index.onRunPath(file, branch.start) || (fn !== undefined && index.callsOf(fn.name) > 0);
    if (aboutContext.test(about)) {
      if (reached && stops)
        yield finding("context-check", "context-check", "called", branch.start, "the context window is checked");
      continue;
    }
    if (!stops) continue;
    yield finding(
      "limit-compared",
      "limit",
      reached ? "effect" : "declaration",
      branch.start,
      "a limit on tokens or money stops the run",
    );
    if (isDistinct(file, branch))
      yield finding(
        "distinct-stop",
        "stop",
        reached ? "effect" : "declaration",
        branch.start,
        "the stop says that the budget is spent",
      );
  }
  yield* caps(file, index);
  for (const call of callsTo(file, /(^|\.)(h?incrby|h?incr|h?incrbyfloat|hIncrBy|increment\w*)$/i)) {
    if (/token|cost|usd|usage|nano|spent/i.test(argumentsOf(file, call)))
      yield finding("usage-accounted", "accounting", "effect", call.start, "usage adds up in the store");
  }
  for (const offset of offsetsIn(file.code, declared))
    yield finding("limit-declared", "limit", "declaration", offset, "a limit is declared");
  for (const offset of offsetsIn(file.code, accounted)) {
    const line = file.code.slice(offset, file.code.indexOf("\n", offset));
    if (/usage|cost|spent|tokens/i.test(line) && !/len\(|\.length/.test(line))
      yield finding("usage-accounted", "accounting", "effect", offset, "usage adds up");
  }
}

const comparesWithNothing = /[!=]==?\s*(?:null|undefined|None|["'])|\bis\s+(?:not\s+)?None/;
const bodyCharsMax = 400;

/** What the branch does, where it is short: a comparison may say only there what it compares. */
function saidInBody(file: FileFacts, { body }: BranchFact): string {
  return body.end - body.start > bodyCharsMax ? "" : worded(textOf(file, body));
}

/** What the condition says, with the bodies of the repository's own predicates that it asks. */
function conditionOf(file: FileFacts, branch: BranchFact, index: WorkspaceIndex): string {
  const own = textOf(file, branch.condition);
  // What is compared with nothing or with a word is no amount, whatever else the condition asks.
  if (comparesWithNothing.test(own)) return worded(own);
  const asked = file.calls.filter((call) => contains(branch.condition, call)).map(({ callee }) => lastName(callee));
  const owner = functionAt(file, branch.start)?.owner ?? "";
  const bodies = [...new Set(asked)].slice(0, 3).flatMap((name) => {
    const places = index.functionsNamed(name);
    const near = places.filter((place) => place.file === file && place.fn.owner === owner);
    const chosen = near.length > 0 ? near : places.length <= 3 ? places : [];
    return chosen
      .filter(({ fn }) => fn.end - fn.start < predicateCharsMax)
      .map((place) => `${place.fn.owner} ${textOf(place.file, place.fn)}`);
  });
  return worded([own, ...bodies].join(" "));
}

/** A predicate longer than this does more than compare. */
const predicateCharsMax = 900;

/** The words may stand in the condition, in what it asks, in the class that compares, or in what the branch leaves with. */
function isAboutMoney(file: FileFacts, branch: BranchFact, index: WorkspaceIndex): boolean {
  const own = textOf(file, branch.condition);
  if (money.test(worded(own))) return true;
  const asks = /\(/.test(own) && !saidInWords.test(own);
  const compared = comparesTwo.test(worded(own));
  if (!asks && !compared) return false;
  const fn = functionAt(file, branch.start);
  const leaves = compared && exitOf(file, branch) ? saidInBody(file, branch) : "";
  const words = worded(`${fn?.owner ?? ""} ${leaves}`);
  return budgetWords.test(words) || (asks && budgetWords.test(conditionOf(file, branch, index)));
}

function isDistinct(file: FileFacts, branch: BranchFact): boolean {
  return (
    branch.kind === "while" ||
    /budget|limit|exceed|exhaust|cost|token|quota|max/i.test(file.source.slice(branch.body.start, branch.body.end))
  );
}

function* caps(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const branch of branchesOn(file, turnCap)) {
    if (!turns.test(textOf(file, branch.condition)) && branch.kind !== "while") continue;
    if (index.onRunPath(file, branch.start))
      yield finding("turn-cap", "turn-cap", "effect", branch.start, "a cap on turns");
  }
  for (const loop of file.loops) {
    const header =
      codeOf(file, { start: loop.start, end: Math.min(loop.end, loop.start + 160) }).split(/\n|\{/)[0] ?? "";
    if (turnCap.test(header) && index.onRunPath(file, loop.start))
      yield finding("turn-cap", "turn-cap", "effect", loop.start, "a cap on turns");
  }
}

export const tokenBudget: PrimitiveProbes = {
  id: "token-budget",
  aspects: [
    { id: "limit", required: true, text: "a limit on tokens or money is compared before the next model call" },
    { id: "stop", required: true, supporting: true, text: "the stop is a distinct one" },
    { id: "accounting", required: true, text: "usage is accounted" },
    { id: "turn-cap", required: false, text: "a cap on turns" },
    { id: "context-check", required: false, text: "a check against the context window" },
  ],
  probe,
  asserted: /budget|cost|token.{0,20}limit|limit.{0,20}(exceed|token|cost)|usage|max_?(steps|turns)/i,
  denied: /(?:token |cost )?budgets?|cost (?:limits?|tracking)|token limits?/,
};
