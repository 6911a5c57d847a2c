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
  /budget|(?<![a-z])cost|spend|spent|\busd\b|price|credits?|max_?total_?tokens|tokens?_?(used|left|remaining|spent|consumed)|(?:total|used|session|cumulative|accumulated|consumed|billed|run)_?\w*tokens?|token_?quota|usage/i;
/** Words that mean a budget wherever they stand. */
const budgetWords =
  /budget|max_?cost|cost_?limit|(?<![a-z])cost_?(?:exceed|cap)|spend|spent|nano_?usd|tokens?_?left|token_?quota|max_?total_?tokens/i;
const limit = /budget|limit|max|quota|cap\b|ceiling|threshold|allow|remaining|left|exceed|exhaust/i;
const compares =
  /[<>]=?|exceed|exhaust|over_?(budget|limit)|has_?(budget|remaining)|within_?budget|out_?of|is_?over|remaining/i;
/** What a conversation, a prompt, a picture or a path may fill is no limit on what a run may use. */
const aboutContext =
  /compact|compress|condens|context_?(window|limit|length|size|tokens|budget)|truncat|chunk|char|summar|trim|prune|evict|keep|reserve|preserv|retain|history|cache|estimat\w*_?tokens|(?<![a-z])est_\w*tokens|(?<![a-z])len\(|len_tokens|count_?tokens|projection|prompt_?tokens|input_?tokens\b.*max_?input|max_?(input|output|chat|completion)_?\w*tokens?|target_?tokens|thinking|repo_?map|map_?tokens|reasoning|effort|display|format|image|line|byte|file|length|width|height|path_?segment|render|preview|notification|memory_?usage|disk|cpu|heap|percent|colou?r|rate_?limit|per_?minute|token_?limit\s*\(|shorten|ellips|(?<![a-z])paths?(?![a-z])|pricing|tier|consolidat|code_?pos|split|chunk_?size/i;
const contextFolder =
  /(^|\/)(context|compaction|compress\w*|condens\w*|history|summar\w*|repo_?map|prompts?|render\w*|channels?|connectors?)\/|(^|\/)memory(\.[a-z]+$|\/)/i;
/** Calls, turns and the like are counted, not paid. */
const counted =
  /calls?\b|counts?\b|turns?\b|steps?\b|iterations?\b|attempts?\b|results?\b|requests?\b|retries|rounds?\b/i;
const paid = /token|cost|usd|budget|spend|spent|price|money|credit|usage/i;
/** Something used against something allowed: a check of a parameter against zero is validation. */
const comparesTwo =
  /[A-Za-z_)\]]\s*[<>]=?\s*[\w.$([]*[A-Za-z_]|\b(?:is|has|have|was|over|out_?of|exceed|exhaust|reached|within)\w*(?:over|remaining|left|exceed|exhaust|budget|limit)\w*|(?:remaining|left|exceeded|exhausted|isOver)\w*\s*\(/i;
/** Reading an error message of the provider is not comparing a limit. */
const saidInWords = /\.(includes|match|test|search|startsWith)\(|["'][^"']* [^"']*["']|[!=]==?\s*["']|["']\s*[!=]==?/;
const turnWords =
  /max_?(?:model_?|llm_?|api_?|agent_?|tool_?)?(turns|steps|iterations|iters?|rounds|reflections|loops?|roundtrips|calls|requests|actions|tool_?results)|(?:step|turn|iteration|call|recursion|round|chain)s?_?(limit|cap|budget)/i;
const turnCap = new RegExp(`(?:${turnWords.source})\\w*\\W.{0,60}?[<>]=?|[<>]=?.{0,40}?(?:${turnWords.source})`, "is");
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
/** Budgets that the framework underneath keeps: it compares and stops, the caller only names the amount. */
const framework =
  /\b(?:max_?budget_?usd|total_?tokens_?limit|(?:response|request|output|input)_?tokens_?limit)\s*[:=](?!\s*(?:None|null|undefined)\b)/i;

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
    const guessed = /estimat/i.test(about) && !/cost|usd|spend|spent|money/i.test(about);
    if (guessed || aboutContext.test(about) || contextFolder.test(file.path)) {
      if (reached && stops && /token|context/i.test(about))
        yield finding("context-check", "context-check", "called", branch.start, "the context window is checked");
      continue;
    }
    if (!stops || (counted.test(about) && !paid.test(condition))) continue;
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
  yield* keptByFramework(file);
  for (const call of callsTo(file, /(^|\.)(h?incrby|h?incr|h?incrbyfloat|hIncrBy|increment\w*)$/i)) {
    if (/token|cost|usd|usage|nano|spent/i.test(argumentsOf(file, call)))
      yield finding("usage-accounted", "accounting", "effect", call.start, "usage adds up in the store");
  }
  for (const offset of offsetsIn(file.code, declared))
    yield finding("limit-declared", "limit", "declaration", offset, "a limit is declared");
  for (const offset of offsetsIn(file.code, accounted)) {
    const line = file.code.slice(offset, file.code.indexOf("\n", offset));
    if (!/len\(|\.length/.test(line) && !isAboutMessages(file, offset, line))
      yield finding("usage-accounted", "accounting", "effect", offset, "usage adds up");
  }
}

/** Sizes of messages are added up to cut a conversation, not to pay for it. */
function isAboutMessages(file: FileFacts, offset: number, line: string): boolean {
  const fn = functionAt(file, offset);
  const about = worded(
    `${line} ${fn?.name ?? ""} ${fn?.owner ?? ""} ${file.path.slice(file.path.lastIndexOf("/") + 1)}`,
  );
  return (
    contextFolder.test(file.path) ||
    /compact|compress|condens|estimat|trim|truncat|prune|summari|rolling|count_?tokens|chunk/i.test(about)
  );
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

/** A cap on turns, in a condition, in the head of a loop, or handed to the framework that runs the loop. */
function* caps(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const cap = (offset: number) => finding("turn-cap", "turn-cap", "effect", offset, "a cap on turns");
  for (const branch of branchesOn(file, turnCap)) {
    if (comparesWithNothing.test(textOf(file, branch.condition)) && !/[<>]/.test(textOf(file, branch.condition)))
      continue;
    if ((branch.kind === "while" || exitOf(file, branch)) && index.onRunPath(file, branch.start))
      yield cap(branch.start);
  }
  for (const loop of file.loops) {
    const header =
      codeOf(file, { start: loop.start, end: Math.min(loop.end, loop.start + 160) }).split(/\n|\{/)[0] ?? "";
    if (turnWords.test(header) && index.onRunPath(file, loop.start)) yield cap(loop.start);
  }
  for (const call of callsTo(
    file,
    /(^|\.)(stepCountIs|isStepCount|ModelCallLimitMiddleware|modelCallLimitMiddleware)$/,
  ))
    yield cap(call.start);
}

/** Limits that are the framework's to keep. */
function* keptByFramework(file: FileFacts): Iterable<Finding> {
  for (const call of callsTo(file, /(^|\.|\s)(UsageLimits|ClaudeAgentOptions|ClaudeCodeOptions|query)$/)) {
    if (!framework.test(codeOf(file, { start: call.argumentsAt, end: call.end }))) continue;
    if (/query$/.test(call.callee) && !/claude[-_](agent|code)/.test(file.imports)) continue;
    yield finding("limit-given", "limit", "effect", call.start, "a limit that the framework compares");
    yield finding("limit-given", "stop", "effect", call.start, "the framework stops with an error of its own");
    yield finding("limit-given", "accounting", "effect", call.start, "the framework accounts for what is used");
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
