/**
 * A decision that has been put into a variable: `const verdict = await requestApproval(call); if (!verdict) return`.
 */

import type { Finding } from "../finding.ts";
import { type CallFact, contains, type FileFacts, type FunctionFact, functionAt } from "../source/facts.ts";
import { exitOf, finding, lastName, textOf, worded } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { aptness, denialWeight, otherRooms } from "./permission-words.ts";

const asks =
  /^_*(?:request|ask|check|get|resolve|evaluate|decide|await|wait|needs?|requires?|should|can|has|is|prompt|judge|run|validate)_\w*(?:permission|approv|confirm|allow|consent|polic|den(?:y|ied)|block|safe|dangerous)|^_*(?:confirm|authori[sz]e|approve)(?:_|$)/i;
const notOfCalls =
  /origin|failure|retry|login|token|email|password|user_?role|feature|overwrite|http|cors|mime|memory|setup|cache/i;
const ofAnAct = /tool|command|cmd|action|execut|\brun\b|edit|write|delete|call|request|permission|approv/i;
/** A variable is looked for in so many branches after the call. */
const branchesMax = 3;

export function* answers(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (otherRooms.test(file.path)) return;
  for (const call of file.calls) {
    const name = worded(lastName(call.callee));
    if (!asks.test(name) || notOfCalls.test(name)) continue;
    // A bare yes or no is about a call only where the question says so.
    if (/confirm/i.test(name) && !ofAnAct.test(file.source.slice(call.start, Math.min(call.end, call.start + 300))))
      continue;
    const fn = functionAt(file, call.start);
    const held = fn && holderOf(file, call);
    if (!fn || held === undefined) continue;
    yield* judged(file, index, { call, fn, held, name });
  }
}

/** The name that a call's value is given, on the same line. */
function holderOf(file: FileFacts, call: CallFact): string | undefined {
  const before = file.code.slice(Math.max(0, call.start - 120), call.start);
  return /(?:^|[\n;{(\s])\[?\{?\s*([A-Za-z_$][\w$]*)(?:\s*[:,][^=\n;]{0,60})?[\])}]?\s*=\s*(?:await\s+|yield\*?\s+|not\s+|!+)*$/.exec(
    before,
  )?.[1];
}

interface Asked {
  readonly call: CallFact;
  readonly fn: FunctionFact;
  readonly held: string;
  readonly name: string;
}

function* judged(file: FileFacts, index: WorkspaceIndex, { call, fn, held, name }: Asked): Iterable<Finding> {
  const named = new RegExp(
    `^\\(?\\s*(?:not\\s+|!+)?\\s*${held.replace(/\$/g, "\\$")}(?:\\??\\.\\w+)*\\s*(?:\\)*$|[!=]==?|\\bis\\b|\\bin\\b)`,
  );
  const branches = file.branches.filter(
    (branch) => branch.start > call.start && contains(fn, branch) && named.test(textOf(file, branch.condition)),
  );
  const onPath = index.onRunPath(file, call.start);
  if (!onPath && index.callsOf(fn.name) === 0) return;
  for (const branch of branches.slice(0, branchesMax)) {
    const condition = textOf(file, branch.condition);
    const apt = aptness(file, fn, `${condition} ${name}`);
    if (apt < 3) continue;
    const exit = exitOf(file, branch);
    const strength = exit && onPath ? "effect" : "called";
    yield {
      ...finding("answer-judged", "decision", strength, branch.start, "the answer decides before the call"),
      apt,
    };
    if (exit)
      yield {
        ...finding("answer-blocks", "blocks", strength, branch.start, "the branch leaves before the call"),
        apt: Math.max(1, apt + denialWeight(condition)),
      };
  }
}
