/**
 * Work that goes on by a status that was kept: what is read from a store is looked at, and what is open is taken up.
 */

import type { Finding } from "../finding.ts";
import { type CallFact, contains, type FileFacts, functionAt } from "../source/facts.ts";
import { branchesOn, codeOf, escaped, finding, functionsNamed, textOf, worded } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { fieldsOf, progressIn } from "./work-progress.ts";

/** Names of functions that look for work that is open. */
const takesUp =
  /resum|recover|reclaim|requeue|re_?enqueue|re_?schedul|waiting|pending|claim|due|poll|dequeue|reap|orphan|interrupted|stale|unfinished|incomplete|take_?up|pick_?up|next_?(?:task|job|run|step)|reconcil/i;
/** A query that asks for rows of one status. */
const byStatus =
  /\b\w*(?:status|phase)\b\w*\s*(?:={1,3}|!=|:|,|\.(?:in_?|eq|is_?)\(|\bin\b|<>)\s*|\bstatus\s+(?:IN|NOT|IS)\b/i;

/** Rows of a status that is open are asked of the store by what takes them up. */
export function* openRows(
  file: FileFacts,
  index: WorkspaceIndex,
  isOther: (name: string) => boolean,
): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 3) return;
  for (const fn of functionsNamed(file, takesUp)) {
    if (isOther(worded(`${fn.name} ${fn.owner}`)) || index.callsOf(fn.name) === 0) continue;
    const query = index.storage
      .readsIn(file, fn)
      .find((call) => byStatus.test(file.source.slice(call.start, call.end)) && !isOnlyPassed(file, call));
    if (query)
      yield finding("open-rows", "resume", "effect", query.start, "rows of an open status are taken up again", 5);
  }
}

/** A status in a record that is merely handed on asks for nothing. */
function isOnlyPassed(file: FileFacts, call: CallFact): boolean {
  return (
    call.end - call.start > 1_500 ||
    /(?:insert|update|upsert|create|add|set)\w*$/i.test(file.code.slice(call.start, call.argumentsAt))
  );
}

const looksAt =
  /\b(\w+)\??(?:\.|\[["']|\.get\(["'])(?:\w*_)?(?:status|state|phase|current_?step|step_?index)\w*(?:\.value|["'][)\]])?\s*(?:[!=]==?|\bis\b|\bin\b|\bnot in\b)\s*(?:["'([]|\w*(?:Status|State|Phase|Step)\w*\.|[\w.]*(?:STATES|STATUSES|_STATUS|_STATE)\b)/i;

/** On the run path a record is read from the store, and its status decides. */
export function* readStatus(
  file: FileFacts,
  index: WorkspaceIndex,
  isOther: (name: string) => boolean,
): Iterable<Finding> {
  for (const branch of branchesOn(file, looksAt)) {
    const fn = functionAt(file, branch.start);
    if (!fn || isOther(worded(`${fn.name} ${fn.owner}`)) || !index.onRunPath(file, branch.start)) continue;
    const name = looksAt.exec(textOf(file, branch.condition))?.[1] ?? "";
    const before = file.code.slice(fn.start, branch.start);
    const at = [...before.matchAll(new RegExp(`\\b${escaped(name)}\\s*(?::[^=\\n]+)?=(?!=)`, "g"))].at(-1);
    if (at === undefined) continue;
    const from = fn.start + at.index;
    const read = file.calls.find(
      (call) => call.start >= from && call.start < from + 160 && contains(fn, call) && index.storage.reads(file, call),
    );
    if (read)
      yield finding(
        "read-status",
        "resume",
        "effect",
        branch.start,
        "the status that was read decides what is done",
        4,
      );
  }
}

const loadsWork = /^_?a?(?:load|resume|restore|recover|reopen|re_?hydrate)/i;
const progressFieldsMin = 2;
const headCharsMax = 500;

/** A record of how far the work has come is read back by what says that it loads it. */
export function* loadedProgress(
  file: FileFacts,
  index: WorkspaceIndex,
  isOther: (name: string) => boolean,
): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 2) return;
  for (const fn of functionsNamed(file, loadsWork)) {
    if (isOther(worded(`${fn.name} ${fn.owner}`)) || index.callsOf(fn.name) === 0 || /todo/i.test(file.path)) continue;
    if (index.storage.readsIn(file, fn).length === 0) continue;
    const code = codeOf(file, fn).slice(0, headCharsMax);
    const head = /^[\s\S]*?\)[^\n]*/.exec(code)?.[0] ?? code;
    const types = [...new Set(head.match(/\b[A-Z]\w{2,}\b/g) ?? [])].flatMap((name) => index.typeNamed(name) ?? []);
    if (!types.some((one) => progressIn(fieldsOf(one.file, one.type)) >= progressFieldsMin)) continue;
    yield finding(
      "loaded-progress",
      "resume",
      "effect",
      fn.start,
      "a record of how far the work has come is loaded",
      2,
    );
  }
}
