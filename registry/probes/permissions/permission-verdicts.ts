/**
 * Functions that say yes or no of one call: allowed or denied by the tool, the command or the arguments they are given,
 * and outcomes that are classes of their own.
 */

import type { Finding } from "../finding.ts";
import { contains, type FileFacts, type FunctionFact, functionAt } from "../source/facts.ts";
import { finding, functionsNamed, textOf } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { aptness, otherRooms } from "./permission-words.ts";

const decides =
  /^_*(?:should|must|can|may|needs?|requires?|is|are|check|validate|assert)_?\w*(?:block|allow|deny|denied|ask|confirm|approv|permit|permission|forbid|dangerous|destructive|safe|trusted)|^_*(?:allowed_?to|authorize|permission)|has_?permissions?/i;
const ofSandbox = /import|module|domain|host|origin|mime|extension|attribute|url|user|role|scope|feature|model/i;
/** A bare yes, or a record or pair that begins with one. */
const yes = /^return\s+(?:true|True|await\b)|^return\s*[{([]\s*(?:["']?\w+["']?\s*:\s*)?(?:true|True)\b/;
const no =
  /^return\s*(?:false|False|None|null|undefined)?\s*;?\s*$|^return\s*[{([]\s*(?:["']?\w+["']?\s*:\s*)?(?:false|False)\b/;

/** A function of yes and no decides by its argument where a condition on the argument leads to either. */
export function* verdicts(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const fn of functionsNamed(file, decides)) {
    const head = textOf(file, { start: fn.start, end: Math.min(fn.end, fn.start + 240) });
    const given = (/\(([^)]*)\)/.exec(head)?.[1] ?? "").match(
      /\b(?:tool|command|cmd|action|args|call|path|invocation)\w*/gi,
    )?.[0];
    if (given === undefined || ofSandbox.test(fn.name) || otherRooms.test(file.path)) continue;
    const at = bothWays(file, fn, given) ?? asked(file, fn, given);
    if (at !== undefined)
      yield {
        ...finding(
          "yes-or-no",
          "outcomes",
          index.callsOf(fn.name) > 0 ? "effect" : "declaration",
          at,
          "allows or denies by the argument",
        ),
        apt: 6,
      };
  }
  yield* classesOfOutcome(file, index);
}

function bothWays(file: FileFacts, fn: FunctionFact, given: string): number | undefined {
  const exits = file.exits
    .filter((exit) => contains(fn, exit))
    .map((exit) => ({ ...exit, said: textOf(file, exit).trim() }));
  const either =
    exits.some(({ said }) => yes.test(said)) && exits.some(({ kind, said }) => no.test(said) || kind === "throw");
  if (!either) return undefined;
  return file.branches.find(
    (one) => contains(fn, one) && new RegExp(`\\b${given}\\b`).test(textOf(file, one.condition)),
  )?.start;
}

/** The answer itself is a question about the argument: whether it is in a list, or any rule is about it. */
function asked(file: FileFacts, fn: FunctionFact, given: string): number | undefined {
  if (/path/i.test(given)) return undefined;
  const question = new RegExp(
    `^return\\b[^;]{0,300}(?:(?:===?|\\bin\\b)[^;]{0,60}\\b${given}\\b|\\b${given}\\b[^;]{0,60}(?:===?|\\bin\\b)|(?:includes|has|some|match|search|test|startsWith|startswith)\\([^;]{0,60}\\b${given}\\b)`,
  );
  return file.exits.find(
    (exit) => exit.kind === "return" && contains(fn, exit) && question.test(textOf(file, exit).trim()),
  )?.start;
}

const ofClass =
  /(?:isinstance\([^()]*?,\s*\(?\s*|instanceof\s+)[\w., |]*?\b_?\w*?(Approv|Allow|Grant|Den|Reject|Refus|Block)(?:al|ed|ied|y)\b/;

/** Yes and no as classes of their own: the answer is told apart by what it is an instance of. */
function* classesOfOutcome(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const told = file.branches.flatMap((branch) => {
    const condition = textOf(file, branch.condition);
    const kind = ofClass.exec(condition)?.[1];
    const fn = functionAt(file, branch.start);
    if (kind === undefined || fn === undefined) return [];
    const apt = aptness(file, fn, condition);
    return apt < 3 ? [] : [{ branch, fn, kind, apt }];
  });
  if (new Set(told.map(({ kind }) => /Approv|Allow|Grant/.test(kind))).size < 2) return;
  for (const { branch, fn, apt } of told)
    yield {
      ...finding(
        "class-of-outcome",
        "outcomes",
        index.onRunPath(file, branch.start) || index.callsOf(fn.name) > 0 ? "effect" : "declaration",
        branch.start,
        "the outcome decides what happens",
      ),
      apt,
    };
}
