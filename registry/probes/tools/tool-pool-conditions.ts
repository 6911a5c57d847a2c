/**
 * A pool put together piece by piece: tools join it under conditions of the session, the agent or the surroundings. One
 * condition is a flag; two or more are a computation.
 */

import type { Finding } from "../finding.ts";
import { type BranchFact, contains, type FileFacts, type FunctionFact, type Span } from "../source/facts.ts";
import { codeOf, finding, offsetsIn, textOf } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";

/** Tools themselves; what was called of them, and what came of it, is something else. */
const pool =
  "(?!\\w*(?:call|result|use|output|message|event|name|stat|count|metric|block|progress|approval|pending|schema_cache)\\w*)\\w*(?:[tT]ools?|[tT]ool_?(?:set|list|kit|map|box|registry|collection|classes|instances)|TOOLS?)";
const joins = new RegExp(
  `\\b(?:[\\w$]+\\??\\.)*${pool}\\??\\.(?:append|extend|push|unshift|add\\w*|register\\w*|set|update|insert)\\(|\\b(?:[\\w$]+\\.)*${pool}(?:\\[[^\\]\\n]{1,60}\\]\\s*=(?!=)|\\s*\\+=|\\s*=\\s*\\[\\s*(?:\\.\\.\\.|\\*)\\s*[\\w$.]*${pool}\\b|\\s*=\\s*(?:[\\w$]+\\.)*${pool}\\s*\\+)|\\b\\w*[rR]egistry\\.(?:register|add|set)\\(\\s*\\w*[tT]ool|\\bregister_?[tT]ool\\w*\\(|\\badd_?[tT]ools?\\(`,
  "g",
);
/** What a session, an agent, a mode or the surroundings allow. */
const reasons =
  /\b\w*(?:config|settings?|feat(?:ures?)?|flags?|env|permissions?|capabilit\w*|ctx|context|profile|scopes?|role|session|user|client|process)\w*\??[.[(]|\b(?:is|has|can|use|with|allow|enable|disable|include|support|want|need)s?_?[A-Z_a-z]\w*|\w*(?:enabled|disabled|available|allowed|supported|supports|scopes|mode|runtime|delegation|memory)\w*\b/;
/** A vendor's words for each kind of tool, or a check of what was given, decides nothing about a session. */
const noReason =
  /\btool\w*\??\.(?:type|kind|name|function|strategy|schema|metadata)|\[["'](?:type|name)["']\]|\.get\(["'](?:type|name)["']|["'][^"']*["']\s*(?:in\b|===?)|isinstance|instanceof|\.has\w*\(|\bhas_?[tT]ool|isclass|is_?(?:dir|file)|issubclass|\berror\.|is not None\s*$|is None\s*$|Array\.isArray|callable\(|typeof|hasattr|startsWith|startswith|os\.path|duplicat|verbose|debug|\btool_?(?:name|type|def|kind)\b|\btool\s*===?|===?\s*["']/i;
/** Turns tools into a vendor's words. */
const adapter =
  /(?:^|\/)(?:providers?|llms?|llm_api|models?|adapters?|openai-adapters|transform|convert\w*|bedrock\w*)(?:\/|\.\w+$)|[cC]onverter|_client\.py$|_provider\.py$|[mM]odel\.tsx?$/;

interface Joining {
  readonly branch: BranchFact;
  readonly reason: string;
}

/** Branches of the function in which a tool joins the pool, or is passed over, each for a reason of its own. */
function joiningsIn(file: FileFacts, fn: FunctionFact): Joining[] {
  const found = new Map<string, Joining>();
  const spots = offsetsIn(codeOf(file, fn), joins, fn.start);
  if (spots.length === 0) return [];
  for (const branch of file.branches) {
    if (branch.kind !== "if" || !contains(fn, branch)) continue;
    const reason = textOf(file, branch.condition).replace(/\s+/g, " ");
    if (noReason.test(reason) || !reasons.test(reason)) continue;
    if (!spots.some((at) => inside(branch.body, at)) && !passesOver(file, branch, spots)) continue;
    if (!found.has(reason)) found.set(reason, { branch, reason });
  }
  return [...found.values()];
}

/** In the loop in which tools join, the branch goes on to the next one. */
function passesOver(file: FileFacts, branch: BranchFact, spots: readonly number[]): boolean {
  const skips = file.exits.some((exit) => exit.kind === "continue" && contains(branch.body, exit));
  return (
    skips &&
    file.loops.some((loop) => contains(loop, branch) && spots.some((at) => at > branch.end && inside(loop, at)))
  );
}

function inside({ start, end }: Span, at: number): boolean {
  return start <= at && at < end;
}

export function* joinedUnderConditions(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (adapter.test(file.path)) return;
  for (const fn of file.functions) {
    if (fn.name === "" || fn.end - fn.start > 40_000) continue;
    const joinings = joiningsIn(file, fn);
    const first = joinings[0];
    if (!first || !(index.onRunPath(file, fn.start + 1) || index.callsOf(fn.name) > 0)) continue;
    const strength = joinings.length > 1 ? "effect" : "declaration";
    yield finding("tools-join", "computed", strength, first.branch.start, "tools join the set under conditions", 1);
  }
}
