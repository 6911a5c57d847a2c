/**
 * Which of many anchors a reader is shown first: the call that answers the task, the dispatch that runs what was
 * chosen, the loop that goes round by round.
 */

import { contains, type FileFacts, functionAt, type Span } from "../source/facts.ts";
import { lastName } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import type { Anchor } from "./anchors.ts";

/** Where a model is asked beside the run: to try a key, to measure, to embed, to name a conversation. */
const besideTheRun =
  /test|valid|verif|check|key\b|ping|\blog|telemetry|analytics|health|doctor|admin|lint|bench|embed|speech|transcri|title|name|caption|grade|screenshot|judge/i;
/** What turns calls into a vendor's words dispatches nothing. */
const adapter =
  /(?:^|\/)(?:providers?|llms?|models?|api|adapters?|transform|backends?|convert\w*|llm_provider|agents?_rpc)\//i;
const taken =
  /^\s*(?:(?:const|let)\s+)?(?:\w*_?(?:tool|action)(?:_?(?:fn|func\w*|impl|instance|object|obj|def|entry|class|cls|call|callable|handler|to_?call))?|fn|func|function|handler|command|impl|target|callable)\s*(?::[^=]{0,60})?=[^=]|\breturn\b|\]\s*\(/i;
/** Goes on until something ends it, or counts its rounds. */
const byRounds =
  /^(?:while\b|do\b|for\s*\(\s*;|for\s*\(\s*(?:let|var)\s+\w*(?:turn|step|iter|round|i)\w*\s*=|for\s+\w+\s+in\s+range\b)/i;

/** Asks again what failed, or asks another instead. */
const repeats = /retr(?:y|ies)|fallback|continuation|attempt/i;

/** Says how early an anchor is shown: less comes first. */
export function placing(index: WorkspaceIndex): (anchor: Anchor) => number {
  const dispatches = index.anchors.filter(({ kind }) => kind === "tool-dispatch");
  const dispatchers = new Set(dispatches.map(({ file, offset }) => functionAt(file, offset)?.name ?? ""));
  dispatchers.delete("");
  const homes = new Set(index.anchors.filter(({ kind }) => kind !== "tool-dispatch").map(({ file }) => folderOf(file)));
  const homeOf = ({ file, offset }: Anchor) => `${functionAt(file, offset)?.name ?? ""} ${file.path}`;
  const placeOfLoop = (anchor: Anchor): number => {
    const { file, offset, distance, note } = anchor;
    const rounds = note !== "loop around the model call" || byRounds.test(file.code.slice(offset, offset + 80));
    const loop = file.loops.find(({ start }) => start === offset) ?? { start: offset, end: offset };
    const bonus = held(dispatchesIn(file), loop)
      ? 20
      : file.calls.some((call) => contains(loop, call) && dispatchers.has(lastName(call.callee)))
        ? 12
        : 0;
    return distance + (rounds ? -bonus : 6 - bonus / 4) + (repeats.test(homeOf(anchor)) ? 8 : 0);
  };
  const byFile = new Map<FileFacts, number[]>();
  for (const { file, offset } of dispatches) byFile.set(file, [...(byFile.get(file) ?? []), offset]);
  const dispatchesIn = (file: FileFacts) => byFile.get(file) ?? [];
  return (anchor) => {
    const { kind, file, offset, distance, note } = anchor;
    if (kind === "model-call") return 2 * distance + (besideTheRun.test(homeOf(anchor)) ? 3 : 0);
    if (kind === "main-loop") return placeOfLoop(anchor);
    const line = file.code.slice(file.code.lastIndexOf("\n", offset) + 1, offset + 200).split("\n")[0] ?? "";
    return (
      (index.afterModel(file, offset) ? 0 : 4) +
      (taken.test(line) ? 0 : 2) +
      (adapter.test(file.path) ? 3 : 0) +
      (homes.has(folderOf(file)) ? 0 : 2) +
      (note === "name by name" ? 1 : 0)
    );
  };
}

function held(offsets: readonly number[], loop: Span): boolean {
  return offsets.some((offset) => loop.start <= offset && offset < loop.end);
}

function folderOf({ path }: FileFacts): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}
