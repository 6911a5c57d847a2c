/**
 * Whether a run goes on from what was kept: by a function that says so, by a branch that picks a saved session up, by
 * what was read becoming the conversation, or by a store of a framework that does it.
 */

import type { Finding } from "../finding.ts";
import { type CallFact, contains, type FileFacts, type FunctionFact, functionAt } from "../source/facts.ts";
import {
  argumentsOf,
  branchesOn,
  escaped,
  finding,
  functionsNamed,
  lastName,
  textOf,
  worded,
} from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { aside, notSession, records, speaks } from "./session-words.ts";

const continues =
  /^_?a?(?:resume|continue|restore|load_?(session|history|messages|conversation|transcript|state|checkpoint|thread|(?:project|chat|run)$)|loadSession|from_?(checkpoint|state|saved|json|string)|open_?session|switch_?session|get_?(items|tuple|messages|session))/i;

/** What was read of a session is given to the next function: the run goes on with it. */
export function* handedOn(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of file.calls) {
    if (!index.storage.reads(file, call)) continue;
    const fn = functionAt(file, call.start);
    const targets = index.functionsNamed(lastName(call.callee)).filter((place) => place.file !== file);
    if (!fn || !targets.some((one) => records.test(index.storage.fieldsOf(one.file, one.fn)))) continue;
    const given = /(?:const|let|var)?\s*([\w$]+)\s*(?::[^=;()\n]*)?=\s*(?:await\s+)?$/.exec(
      file.code.slice(Math.max(fn.start, call.start - 120), call.start),
    )?.[1];
    if (given === undefined) continue;
    const rest = file.code.slice(call.end, fn.end);
    const taken = new RegExp(`(?:const|let|var)\\s*\\{?\\s*([\\w$]+)[^=\\n]*=\\s*${given}\\b`).exec(rest)?.[1] ?? given;
    const passed = new RegExp(`\\w\\([^()]*\\b(?:${given}|${taken})\\b`).test(rest);
    if (passed && index.farFromAnchors(file.path) <= 2)
      yield finding("loaded-goes-on", "resume", "effect", call.start, "what was loaded is handed to the run");
  }
}

/** Calls that bring back what was kept. */
const bringsBack =
  /(^|[._])(?:resume|restore|rehydrate|hydrate|replay|rebuild|reload|load|continue|open|read|fetch|get|from)_?\w*(?:session|history|messages|transcript|conversation|checkpoint|trajectory|thread|chat|state|run|task|rollout|items|json|dict|saved)?\w*$/i;
const goesOn = /(^|[._])(?:resume|restore|re?hydrate|hydrate|replay|rebuild|reload|load|continue)_?\w*$/i;
const kept =
  /session|histor|messages|transcript|conversation|checkpoint|trajectory|thread|chat|rollout|saved|resum|restor|\bstate/i;

export function* resumption(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const near = index.farFromAnchors(file.path) <= 3;
  for (const fn of functionsNamed(file, continues)) {
    if (!near || notSession.test(`${fn.name} ${fn.owner}`) || !speaks(file, fn, index)) continue;
    if (aside.test(worded(`${fn.name} ${fn.owner}`)) || asideIn(file, fn, index)) continue;
    if (index.callsOf(fn.name) === 0) continue;
    const clear = /resume|restore|continue|(?:re)?load/i.test(fn.name);
    const reads =
      index.storage.readsIn(file, fn).length > 0 ||
      file.calls.some((call) => contains(fn, call) && clear && bringsBack.test(call.callee) && kept.test(call.callee));
    // What is read of a store on the run path feeds the run; elsewhere the name must say that something goes on.
    if (!reads || !(clear || index.onRunPath(file, fn.start + 1))) continue;
    yield finding("resume-function", "resume", "effect", fn.start, "what was loaded goes on", clear ? 5 : 0);
  }
  for (const branch of branchesOn(
    file,
    /resum|continue_?(session|last)|restore_?(chat|session|history)|\.session\b.*(id|path)|session_?id|thread_?id/i,
  )) {
    if (!near || notSession.test(textOf(file, branch.condition))) continue;
    if (/callback|handler|signal|hook/i.test(textOf(file, branch.condition))) continue;
    // That there is an id says little: what is done with it must say that something goes on.
    const verbs = /resum|continue_|restore_/i.test(textOf(file, branch.condition)) ? bringsBack : goesOn;
    const call = file.calls.find(
      (one) =>
        (contains(branch.body, one) || contains(branch.condition, one)) &&
        ((verbs.test(one.callee) && kept.test(one.callee)) || (verbs === bringsBack && isReadInto(file, one, index))) &&
        !/_?ids?$/i.test(one.callee) &&
        !isPause(file, one),
    );
    if (call) yield finding("resume-branch", "resume", "effect", branch.start, "a saved session is picked up", 3);
  }
  yield* intoMessages(file, index);
}

/** What was kept is read into the object itself. */
function isReadInto(file: FileFacts, call: CallFact, index: WorkspaceIndex): boolean {
  const before = file.code.slice(Math.max(0, call.start - 80), call.start);
  return index.storage.reads(file, call) && /\b(?:self|this)\.\w+\s*=\s*(?:await\s+)?$/.test(before);
}

/** `executor.resume()`: what is told to go on without being told what was kept was only paused. */
function isPause(file: FileFacts, call: CallFact): boolean {
  if (/^(?:self|this)\./.test(call.callee)) return false;
  return /(^|\.)(?:resume|continue|restart)$/.test(call.callee) && /^\(\s*\)$/.test(argumentsOf(file, call));
}

/** All that a function reads is something beside the conversation. */
function asideIn(file: FileFacts, fn: FunctionFact, index: WorkspaceIndex): boolean {
  const reads = index.storage.readsIn(file, fn);
  return reads.length > 0 && reads.every((call) => aside.test(argumentsOf(file, call)));
}

const becomesMessages = "[\\w$.]*\\.[\\w.]*(?:messages|history|transcript|conversation)\\w*\\s*=\\s*(?:await\\s+)?";
/** A setter of the conversation that a screen's state gives: `setMessages(stored)`. */
const setsMessages = /(^|\.)set_?(?:initial|chat|all|stored)?_?(?:messages|chat_?history|conversation)$/i;

/** What was read becomes the conversation of an agent: at once, by a variable, or by a setter. */
function* intoMessages(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const note = "what was loaded becomes the conversation";
  for (const call of file.calls) {
    if (!index.storage.reads(file, call)) continue;
    const before = file.code.slice(Math.max(0, call.start - 100), call.start);
    const fn = functionAt(file, call.start);
    if (!new RegExp(`${becomesMessages}$`, "i").test(before) && !(fn && isSetLater(file, fn, call))) continue;
    for (const aspect of ["load", "resume"])
      yield finding("loaded-into-messages", aspect, "effect", call.start, note, 4);
  }
}

function isSetLater(file: FileFacts, fn: FunctionFact, call: CallFact): boolean {
  const held = /([\w$]+)\s*(?::[^=;()\n]*)?=\s*(?:await\s+)?$/.exec(
    file.code.slice(Math.max(fn.start, call.start - 100), call.start),
  )?.[1];
  const rest = file.code.slice(call.end, fn.end);
  if (held !== undefined && new RegExp(`${becomesMessages}(?:\\w+\\()?${escaped(held)}\\b`, "i").test(rest))
    return true;
  return (
    /messages|history|conversation|chat/i.test(call.callee) &&
    file.calls.some((one) => one.start > call.start && contains(fn, one) && setsMessages.test(one.callee))
  );
}

/** Stores of conversations that frameworks bring: made in the product, they write each step and load by their id. */
export function* broughtStores(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 3) return;
  // A server of the framework keeps each thread that it is told to run, and goes on with it.
  for (const call of /langgraph_sdk|langgraph-sdk/.test(file.imports) ? file.calls : [])
    if (/\.runs\.(?:create|stream|wait)$/.test(call.callee) && /thread/i.test(argumentsOf(file, call)))
      for (const aspect of ["write", "load", "resume"])
        yield finding(
          "framework-server",
          aspect,
          "effect",
          call.start,
          "a server of the framework keeps the thread",
          4,
        );
  const store =
    /(^|\.|\s)((?:Async)?(?:Sqlite|SQLite|Postgres|Redis|MongoDB|DynamoDB|Firestore|Shallow\w+)Saver(\.\w+)?|SQLAlchemySession|(?:Advanced|Encrypted|Async)?SQLiteSession|DatabaseSessionService|FileChatMessageHistory|SQLChatMessageHistory|RedisChatMessageHistory|PostgresChatMessageHistory)$/;
  const framework = /langgraph|langchain|["'\s]agents[.\s"']|@openai\/agents|google\.adk/;
  if (!framework.test(file.imports)) return;
  for (const call of file.calls.filter(({ callee }) => store.test(callee))) {
    for (const aspect of ["write", "load", "resume"])
      yield finding("framework-store", aspect, "effect", call.start, "a durable store of the framework", 4);
  }
}
