/**
 * Token budget: a limit on tokens or money is compared before the next model call and stops the run in a way of its
 * own; usage is accounted. A limit that is declared and never compared is a declaration.
 */

import type { Finding } from "../finding.ts";
import type { PrimitiveProbes } from "../primitive.ts";
import { type BranchFact, contains, type FileFacts, type FunctionFact, functionAt, lineOf } from "../source/facts.ts";
import { argumentsOf, callsTo, codeOf, exitOf, finding, lastName, offsetsIn, textOf, worded } from "../source/query.ts";
import type { Place, WorkspaceIndex } from "../source/workspace-index.ts";
import { capsOnRounds, comparesWithNothing } from "./rounds.ts";
import { comparesTotal, isSizeHere, totalsIn, withoutUses } from "./spent-totals.ts";

const money =
  /budget|(?<![a-z])cost|spend|spent|\busd\b|price|credits?|max_?total_?tokens|tokens?_?(used|left|remaining|spent|consumed)|(?:total|used|session|cumulative|accumulated|consumed|billed|run)_?\w*tokens?|token_?quota|usage/i;
/** Words that mean a budget wherever they stand. */
const budgetWords =
  /budget|max_?cost|cost_?limit|(?<![a-z])cost_?(?:exceed|cap)|spend|spent|nano_?usd|tokens?_?left|token_?quota|max_?total_?tokens/i;
const limit = /budget|limit|max|quota|cap\b|ceiling|threshold|allow|remaining|left|exceed|exhaust/i;
const compares =
  /[<>]=?|exceed|exhaust|over_?(budget|limit)|has_?(budget|remaining)|within_?budget|out_?of|is_?over|remaining/i;
/** What a conversation, a prompt, a picture or a path may fill is no limit on what a run may use. */
const aboutContext =
  /compact|compress|condens|context_?(window|limit|length|size|tokens|budget)|truncat|chunk|char|pixel|dimension|screenshot|object_?depth|(?<![a-z])string|catalog|summar|trim|prune|evict|keep|reserve|preserv|retain|history|cache|estimat\w*_?tokens|(?<![a-z])est_\w*tokens|(?<![a-z])len\(|len_tokens|count_?tokens|projection|prompt_?tokens|input_?tokens\b.*max_?input|max_?(input|output|chat|completion)_?\w*tokens?|target_?tokens|thinking|repo_?map|map_?tokens|reasoning|effort|display|format|image|line|byte|file|length|width|height|path_?segment|render|preview|notification|memory_?usage|disk|cpu|heap|percent|colou?r|rate_?limit|per_?minute|token_?limit\s*\(|shorten|ellips|(?<![a-z])paths?(?![a-z])|pricing|tier|consolidat|code_?pos|split|chunk_?size/i;
/** What an account may spend is between its owner and who sells the calls: no limit of the run's. */
const ofAccount = /billing|subscri|monthly|payment|invoice|customer|balance|paywall|(?<![a-z])plans?(?![a-z])/i;
const contextFolder =
  /(^|\/)(context|compaction|compress\w*|condens\w*|history|summar\w*|repo_?map|prompts?|render\w*|channels?|connectors?)\/|(^|\/)memory(\.[a-z]+$|\/)/i;
/** Calls, turns and the like are counted, not paid. */
const counted =
  /calls?\b|counts?\b|turns?\b|steps?\b|iterations?\b|attempts?\b|results?\b|requests?\b|retries|rounds?\b/i;
const paid = /token|cost|usd|budget|spend|spent|price|money|credit|usage/i;
/** Something used against something allowed: a check of a parameter against zero is validation. */
const comparesTwo =
  /[A-Za-z_)\]]\s*[<>]=?\s*[(]*[A-Za-z_$]|\b(?:is|has|have|was|over|out_?of|exceed|exhaust|reached|within)\w*(?:over|remaining|left|exceed|exhaust|budget|limit)\w*|(?:remaining|left|exceeded|exhausted|isOver)\w*\s*\(/i;
/** Reading an error message of the provider is not comparing a limit. */
const saidInWords = /\.(includes|match|test|search|startsWith)\(|["'][^"']* [^"']*["']|[!=]==?\s*["']|["']\s*[!=]==?/;
const declared =
  /\b(?:max_?budget\w*|budget_?usd|max_?cost\w*|cost_?limit|token_?budget|max_?total_?tokens|cost_?budget|spend(?:ing)?_?limit|global_?cost_?limit)\b/gi;
/** What a model used, added to what it used before. */
const used =
  "(?:usage|cost|spent|(?:input|output|prompt|completion|cached?|reasoning|total)_?\\w*tokens?|tokens?_?(?:used|sent|received|in|out|count|spent|usage))";
const accounted = new RegExp(
  [
    `\\b[\\w.$\\[\\]]*${used}[\\w.$\\]]*\\s*\\+=`,
    `\\b(?:\\w*_?usage|\\w*usage|cost_?tracker|token_?counter|metrics)\\w*\\??\\.(?:add|track|record|update|increment|merge|accumulate)\\w*\\(`,
    `[=:]\\s*\\(?[\\w.$?]*${used}[\\w.$]*(?:\\s*(?:\\?\\?|or)\\s*0\\))?\\s*\\+\\s*\\(?[\\w.$?]*(?:${used}|usage|delta)`,
  ].join("|"),
  "gi",
);
/** What a call used, taken from its answer; nothing is added up there. */
const readOnce = /\.(?:usage|usage_metadata|usageMetadata|token_usage|tokenUsage)\b\??\.?[^\n;]{0,60}tokens?/gi;
/** How often something was done, told beside what it cost. */
const countsUses = /^[\w$.]*(?:usage_?counts?|(?:step|call|turn|request|tool|iteration)s?_?counts?)\s*\+=/i;
/** Budgets that the framework underneath keeps: it compares and stops, the caller only names the amount. */
const framework =
  /\b(?:max_?budget_?usd|total_?tokens_?limit|(?:response|request|output|input)_?tokens_?limit)\s*[:=](?!\s*(?:None|null|undefined)\b)/i;

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const branch of file.branches) {
    const stops = branch.kind === "while" || exitOf(file, branch) !== undefined;
    const fn = functionAt(file, branch.start);
    const reached = isReached(file, branch, fn, index);
    if (stops && limitsTotal(file, branch, index) && !isSizeHere(file, branch, index)) {
      yield* limits("total-compared", file, branch, reached, true);
      continue;
    }
    if (!isAboutMoney(file, branch, index)) continue;
    const condition = conditionOf(file, branch, index);
    if (
      !(limit.test(condition) || limit.test(saidInBody(file, branch))) ||
      !compares.test(condition) ||
      saidInWords.test(textOf(file, branch.condition)) ||
      !comparesTwo.test(condition)
    )
      continue;
    const about = worded(
      `${textOf(file, branch.condition)} ${fn?.name ?? ""} ${file.path.slice(file.path.lastIndexOf("/") + 1)}`,
    );
    const guessed = /estimat/i.test(about) && !/cost|usd|spend|spent|money/i.test(about);
    if (guessed || aboutContext.test(about) || contextFolder.test(file.path) || isSizeHere(file, branch, index)) {
      if (reached && stops && /token|context/i.test(about))
        yield finding("context-check", "context-check", "called", branch.start, "the context window is checked");
      continue;
    }
    if (!stops || (counted.test(about) && !paid.test(condition))) continue;
    if (ofAccount.test(about))
      yield finding("account-limit", "limit", "called", branch.start, "what an account may spend is compared");
    else yield* limits("limit-compared", file, branch, reached, isDistinct(file, branch));
  }
  yield* capsOnRounds(file, index);
  yield* keptByFramework(file);
  for (const call of callsTo(file, /(^|\.)(h?incrby|h?incr|h?incrbyfloat|hIncrBy|increment\w*)$/i)) {
    if (/token|cost|usd|usage|nano|spent/i.test(argumentsOf(file, call)))
      yield finding("usage-accounted", "accounting", "effect", call.start, "usage adds up in the store");
  }
  for (const offset of offsetsIn(file.code, declared))
    yield finding("limit-declared", "limit", "declaration", offset, "a limit is declared");
  for (const offset of offsetsIn(file.code, readOnce))
    if (index.onRunPath(file, offset))
      yield finding("usage-read", "accounting", "called", offset, "what a call used is read");
  const totals = new Set([...totalsIn(file)].map(({ at }) => lineOf(file, at)));
  for (const offset of offsetsIn(file.code, accounted)) {
    const line = file.code.slice(offset, file.code.indexOf("\n", offset));
    if (/len\(|\.length/.test(line) || countsUses.test(worded(line)) || isAboutMessages(file, offset, line)) continue;
    const apt = totals.has(lineOf(file, offset)) ? 5 : 0;
    yield finding("usage-accounted", "accounting", "effect", offset, "usage adds up", apt);
  }
}

/** On the run path, or in something that is called or made at all. */
function isReached(file: FileFacts, branch: BranchFact, fn: FunctionFact | undefined, index: WorkspaceIndex): boolean {
  if (index.onRunPath(file, branch.start)) return true;
  return fn !== undefined && (index.callsOf(fn.name) > 0 || (fn.owner !== "" && index.callsOf(fn.owner) > 0));
}

function* limits(
  probe: string,
  file: FileFacts,
  branch: BranchFact,
  reached: boolean,
  distinct: boolean,
): Iterable<Finding> {
  const strength = reached ? "effect" : "declaration";
  const at = branch.start;
  const throws = file.exits.some((exit) => exit.kind === "throw" && contains(branch.body, exit));
  const apt = probe !== "total-compared" ? 0 : (throws ? 3 : 0) + (isDistinct(file, branch) ? 3 : 0);
  yield finding(probe, "limit", strength, at, "a limit on tokens or money stops the run", apt);
  if (distinct) yield finding("distinct-stop", "stop", strength, at, "the stop says that the budget is spent", apt);
}

/** Whether the condition, or what it asks, compares what was used so far with what may be used. */
function limitsTotal(file: FileFacts, branch: BranchFact, index: WorkspaceIndex): boolean {
  if (contextFolder.test(file.path) || shortens(file, functionAt(file, branch.start))) return false;
  if (comparesTotal(textOf(file, branch.condition), index)) return true;
  return askedOf(file, branch, index).some((place) => {
    const known = predicates.get(place.fn);
    if (known !== undefined) return known;
    const made = !shortens(place.file, place.fn) && comparesTotal(textOf(place.file, place.fn), index);
    predicates.set(place.fn, made);
    return made;
  });
}

/** What makes a conversation shorter compares totals as well, to know when. */
function shortens({ path }: FileFacts, fn: FunctionFact | undefined): boolean {
  const about = `${path.slice(path.lastIndexOf("/") + 1)} ${fn?.name ?? ""} ${fn?.owner ?? ""}`;
  return /compact|compress|condens|truncat|summar|trim|prune|evict/i.test(worded(about));
}

const predicates = new WeakMap<FunctionFact, boolean>();

/** Sizes of messages are added up to cut a conversation, not to pay for it. */
function isAboutMessages(file: FileFacts, offset: number, line: string): boolean {
  const fn = functionAt(file, offset);
  const about = worded(
    `${line} ${fn?.name ?? ""} ${fn?.owner ?? ""} ${file.path.slice(file.path.lastIndexOf("/") + 1)}`,
  );
  return (
    contextFolder.test(file.path) ||
    /compact|compress|condens|estimat|trim|truncat|prune|summari|rolling|count_?(?:tokens|text)|hist(?:ory)?_?tokens?|chunk/i.test(
      about,
    )
  );
}

const bodyCharsMax = 400;

/** What the branch does, where it is short: a comparison may say only there what it compares. */
function saidInBody(file: FileFacts, { body }: BranchFact): string {
  return body.end - body.start > bodyCharsMax ? "" : worded(textOf(file, body));
}

/** What the condition says, with the bodies of the repository's own predicates that it asks. */
function conditionOf(file: FileFacts, branch: BranchFact, index: WorkspaceIndex): string {
  const own = textOf(file, branch.condition);
  // What is compared with nothing or with a word is no amount, whatever else the condition asks.
  if (comparesWithNothing.test(own)) return withoutUses(worded(own));
  const bodies = askedOf(file, branch, index).map((place) => `${place.fn.owner} ${textOf(place.file, place.fn)}`);
  return withoutUses(worded([own, ...bodies].join(" ")));
}

/** The repository's own short predicates that a condition asks, properties of the same class among them. */
function askedOf(file: FileFacts, { condition, start }: BranchFact, index: WorkspaceIndex): Place[] {
  const called = file.calls.filter((call) => contains(condition, call)).map(({ callee }) => lastName(callee));
  const owner = functionAt(file, start)?.owner ?? "";
  const read = [...textOf(file, condition).matchAll(/\b(?:self|this)\.([\w$]+)(?![\w$(.])/g)].map(
    ([, name = ""]) => name,
  );
  const near = (name: string) =>
    index.functionsNamed(name).filter((place) => place.file === file && place.fn.owner === owner);
  const asked = [...new Set(called)].slice(0, 3).flatMap((name) => {
    const own = near(name);
    const places = index.functionsNamed(name);
    // Of several functions of one name, only one whose name says what it compares is meant.
    const known = places.length === 1 || (places.length <= 3 && (money.test(worded(name)) || limit.test(worded(name))));
    return own.length > 0 ? own : known ? places : [];
  });
  return [...asked, ...(owner === "" ? [] : [...new Set(read)].flatMap(near))].filter(
    ({ fn }) => fn.end - fn.start < predicateCharsMax,
  );
}

/** A predicate longer than this does more than compare. */
const predicateCharsMax = 900;

/** The words may stand in the condition, in what it asks, in the class that compares, or in what the branch leaves with. */
function isAboutMoney(file: FileFacts, branch: BranchFact, index: WorkspaceIndex): boolean {
  const own = textOf(file, branch.condition);
  if (money.test(withoutUses(worded(own)))) return true;
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

/** Limits that are the framework's to keep. */
function* keptByFramework(file: FileFacts): Iterable<Finding> {
  if (/\blitellm\b/.test(file.imports))
    for (const offset of offsetsIn(file.code, /\blitellm\.max_budget\s*=(?!=)/g)) yield* given(offset);
  for (const call of callsTo(file, /(^|\.|\s)(UsageLimits|ClaudeAgentOptions|ClaudeCodeOptions|query)$/)) {
    if (!framework.test(codeOf(file, { start: call.argumentsAt, end: call.end }))) continue;
    if (/query$/.test(call.callee) && !/claude[-_](agent|code)/.test(file.imports)) continue;
    yield* given(call.start);
  }
}

function* given(offset: number): Iterable<Finding> {
  yield finding("limit-given", "limit", "effect", offset, "a limit that the framework compares");
  yield finding("limit-given", "stop", "effect", offset, "the framework stops with an error of its own");
  yield finding("limit-given", "accounting", "effect", offset, "the framework accounts for what is used");
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
