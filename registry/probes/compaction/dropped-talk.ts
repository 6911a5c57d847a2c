/**
 * The oldest of a conversation dropped by number: sliced off, taken from the front, or left out of what is handed on.
 * No summary and no marker stands for it; that is less than compaction, and more than sending everything.
 */

import type { Finding } from "../finding.ts";
import { contains, type FileFacts, type FunctionFact } from "../source/facts.ts";
import { callsTo, codeOf, finding, offsetsIn, textOf, worded } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";

const talk =
  "[\\w$.]*(?:messages?|msgs|history|histories|conversation|transcript|dialog(?:ue)?|turns|chat_?(?:log|history)|memor(?:y|ies))\\w*(?:\\.\\w+)?";
/** More than the last one is kept: from minus some name or number on, or from a computed place on. */
const tail = "(?:\\[\\s*-\\s*(?!1\\s*:)[\\w.()$]+\\s*:\\s*\\]|\\??\\.slice\\(\\s*-\\s*(?!1\\s*\\))[\\w.$()]+\\s*\\))";
const shorter = "(?:trim|truncat|prun|compress|compact|condens|shorten|cut|limit|fit|reduc)";
const cuts: readonly RegExp[] = [
  // Given to something that shortens, and put back under its name.
  new RegExp(
    `\\b(${talk})\\s*=(?!=)\\s*(?:await\\s+)?[\\w$.]*(?<![a-z])${shorter}\\w*\\(\\s*(?:\\w+\\s*=\\s*)?\\1\\b`,
    "gi",
  ),
  new RegExp(`\\b(${talk})\\s*=(?!=)[^\\n;]*?\\1\\s*${tail}`, "gi"),
  // From a place on that was found out before.
  new RegExp(
    `\\b(${talk})\\s*=(?!=)\\s*\\1\\??\\.slice\\(\\s*[\\w$.]*(?:id|index|start|cut\\w*|from|offset)\\s*\\)`,
    "gi",
  ),
  // Head and tail with a hole between them.
  new RegExp(
    `\\b(${talk})\\[\\s*:\\s*[\\w.]+\\s*\\]\\s*\\+\\s*(?:\\[[^\\]]*\\]\\s*\\+\\s*)?\\1\\[[^\\]\\n]{1,60}:\\s*\\]`,
    "gi",
  ),
  new RegExp(`\\bdel\\s+${talk}\\[\\s*:\\s*[\\w.-]+\\s*\\]|\\b${talk}\\.splice\\(\\s*[01]\\s*,`, "gi"),
];
const copies: readonly RegExp[] = [
  new RegExp(`\\breturn\\s+(?:list\\()?${talk}\\s*${tail}`, "gi"),
  new RegExp(
    `\\b(?:recent|last|latest|tail|trimmed|truncated|kept|limited|bounded|context|window)\\w*\\s*(?::[^=\\n]+)?=(?!=)\\s*(?:list\\()?${talk}\\s*${tail}`,
    "gi",
  ),
];
const fromFront = new RegExp(`\\b${talk}\\.(?:pop\\(\\s*[01]\\s*\\)|popleft\\(|shift\\()`, "gi");
const shown =
  /render|display|print|show|preview|title|label|list_|export|format_?(?:for|output)|debug|(?<![a-z])log(?![a-z])|search|find|undo|rewind|revert|test|eval/i;

/** Memories, contexts and middleware of frameworks that keep the end of a conversation, or a summary of the rest. */
const ofFrameworks =
  /(?:^|\.|\bnew )(?:ConversationBufferWindowMemory|Conversation(?:Summary|TokenBuffer)\w*Memory|ChatMemoryBuffer(?:\.from_defaults)?|ChatSummaryMemoryBuffer(?:\.from_defaults)?|(?:Buffered|HeadAndTail|TokenLimited)ChatCompletionContext|MessageHistoryLimiter|MessageTokenLimiter|ChatHistory(?:Truncation|Summarization)Reducer|(?:SlidingWindow|Summarizing)ConversationManager|SummarizationMiddleware|summarizationMiddleware|SummarizationNode|TokenLimiter(?:Processor)?|ContextEditingMiddleware|contextEditingMiddleware|trim_messages|trimMessages|pruneMessages)$/;

export function* droppedTalk(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) <= 2)
    for (const call of callsTo(file, ofFrameworks))
      yield finding("framework-cuts", "replaced", "called", call.start, "the framework keeps the end or a summary");
  for (const fn of file.functions) {
    if (fn.name === "" || shown.test(worded(`${fn.name}`)) || !isAsked(file, fn, index)) continue;
    const code = codeOf(file, fn);
    const put = cuts.flatMap((cut) => offsetsIn(code, cut, fn.start))[0] ?? guarded(file, fn, code);
    const at = put ?? copies.flatMap((copy) => offsetsIn(code, copy, fn.start))[0];
    const note = "the oldest messages are dropped, nothing stands for them";
    // What is put back in its place says more than a copy of the end of it.
    if (at !== undefined) yield finding("oldest-dropped", "replaced", "called", at, note, put === undefined ? 0 : 6);
  }
}

function isAsked(file: FileFacts, fn: FunctionFact, index: WorkspaceIndex): boolean {
  if (index.onRunPath(file, fn.start + 1)) return true;
  return index.farFromAnchors(file.path) <= 2 && index.callsOf(fn.name) > 0;
}

/** Taken from the front only while there are too many: a queue is emptied from there as well. */
function guarded(file: FileFacts, fn: FunctionFact, code: string): number | undefined {
  return offsetsIn(code, fromFront, fn.start).find((at) =>
    file.branches.some(
      (branch) =>
        contains(fn, branch) &&
        contains(branch.body, { start: at, end: at + 1 }) &&
        /(?:len\(|length|tokens?|size|count).{0,80}[<>]|[<>]=?.{0,40}(?:max|limit)|too_?(?:big|long|many)|exceed/i.test(
          worded(textOf(file, branch.condition)),
        ),
    ),
  );
}
