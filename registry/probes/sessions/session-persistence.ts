/**
 * Session persistence: each turn or event is written durably, and a load path continues the run.
 */

import type { Finding } from "../finding.ts";
import type { PrimitiveProbes } from "../primitive.ts";
import { type CallFact, type FileFacts, type FunctionFact, functionAt } from "../source/facts.ts";
import { argumentsOf, codeOf, finding, functionsNamed, lastName, typesNamed, worded } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { broughtStores, handedOn, resumption } from "./session-resume.ts";
import { messageRows } from "./session-rows.ts";
import { isOffered, remembers } from "./session-stores.ts";
import { aside, holdsTalk, notSession, otherSession, records, session, speaks } from "./session-words.ts";

const loads =
  /load|restore|resume|open|read|from|continue|hydrate|replay|get_?(items|messages|session|state|tuple)|fetch|parse|claim|hydrate|recover|rebuild/i;

/** Calls that act or tell, and keep nothing of the conversation. */
const keepsNothing =
  /(^|[._])(execute\w*|invoke|log|debug|info|warn|error|print|log_?event|create_\w*file)$|logger|tracer/i;
/** Shells, containers and connections have sessions of their own. */
const elsewhere =
  /docker|container|sandbox|terminal|shell|browser|mcp|connection|socket|realtime|executor|voice|audio|auth/i;
/** Names of what a conversation is kept in: such lines are the better evidence. */
const about = /session|transcript|conversation|history|thread|messages?|checkpoint|trajectory|rollout|turn/i;

/** A method that is given messages and the conversation that they belong to. */
function takesTalk(file: FileFacts, fn: FunctionFact): boolean {
  const head = codeOf(file, { start: fn.start, end: Math.min(fn.end, fn.start + 240) });
  const given = /\(([^)]*)\)/.exec(head)?.[1] ?? "";
  return /(?:thread|session|conversation|chat)_?id/i.test(given) && /\bmessages?\b/i.test(given);
}

/**
 * What takes something up tells that something is kept, though its write was not seen: in three of three repositories
 * where that was all there was, a reader found it.
 */
function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const one of conditions(file, index)) {
    yield one;
    if (one.aspect === "resume" && one.strength === "effect") yield { ...one, aspect: "trace", strength: "called" };
  }
}

function* conditions(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of file.calls) {
    if (!index.storage.writes(file, call) || keepsNothing.test(worded(call.callee)) || isEmptied(file, call)) continue;
    const fn = functionAt(file, call.start);
    if (!fn) continue;
    const names = `${fn.name} ${fn.owner} ${file.path.slice(file.path.lastIndexOf("/") + 1)}`;
    if (notSession.test(names) || aside.test(`${names} ${argumentsOf(file, call)}`) || /sandbox/i.test(file.path))
      continue;
    if (
      !session.test(worded(names)) &&
      !holdsTalk(file, fn) &&
      !records.test(index.storage.fieldsOf(file, fn)) &&
      !takesTalk(file, fn)
    )
      continue;
    if (!speaks(file, fn, index)) continue;
    const perTurn = (index.onRunPath(file, call.start) || index.callsOf(fn.name) > 0) && !isOffered(file, fn, index);
    const twin = index.functionsNamed(lastName(call.callee)).some((one) => remembers.test(one.fn.owner));
    yield finding(
      "durable-write",
      "write",
      perTurn && !twin ? "effect" : "declaration",
      call.start,
      "the session is written to a durable place",
      about.test(worded(`${call.callee} ${fn.name}`)) ? 5 : 0,
    );
  }
  for (const fn of functionsNamed(file, loads)) {
    const names = `${fn.name} ${fn.owner} ${file.path.slice(file.path.lastIndexOf("/") + 1)}`;
    if (notSession.test(`${fn.name} ${fn.owner}`) || /sandbox/i.test(file.path)) continue;
    if (!session.test(worded(names)) && !holdsTalk(file, fn) && !records.test(index.storage.fieldsOf(file, fn)))
      continue;
    if (!speaks(file, fn, index)) continue;
    const reads = index.storage.readsIn(file, fn);
    const first = reads[0];
    if (first === undefined || aside.test(`${names} ${argumentsOf(file, first)}`)) continue;
    const used = index.callsOf(fn.name) > 0 || index.callsOf(fn.owner) > 0;
    yield finding(
      "load-path",
      "load",
      used ? "effect" : "declaration",
      first.start,
      "the session is read back",
      about.test(worded(fn.name)) ? 5 : 0,
    );
  }
  yield* interfaces(file, index);
  yield* dumps(file, index);
  yield* resumption(file, index);
  yield* handedOn(file, index);
  yield* broughtStores(file, index);
  yield* messageRows(file, index);
  yield* saysItSaves(file, index);
}

/** A file that is made, or made empty, keeps nothing yet. */
function isEmptied(file: FileFacts, call: CallFact): boolean {
  return /,\s*(["'`])\1\s*[,)]/.test(argumentsOf(file, call).slice(0, 200));
}

/** Methods that add to a conversation and methods that give it back, in one type. */
function* interfaces(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const type of typesNamed(
    file,
    /session|checkpointer|saver|(?:thread|conversation|history|message|chat|memory)_?(?:store|storage|adapter|backend|service|provider|config|manager|repository)/i,
  )) {
    if (otherSession.test(worded(type.name)) || elsewhere.test(worded(`${type.name} ${file.path}`))) continue;
    if (index.farFromAnchors(file.path) > 3) continue;
    const body = codeOf(file, type);
    if (
      records.test(worded(body)) &&
      /\b(?:add|append|save|put|create|store|write)_?\w*(?:items?|messages?|state|turn|checkpoint|session|results?|thread|history)?\w*\??\s*[:(]/i.test(
        body,
      ) &&
      /\b(?:get|load|read|list|fetch)_?\w*(?:items?|messages?|state|session|tuple|history|thread)?\w*\??\s*[:(]/i.test(
        body,
      )
    )
      yield finding(
        "session-interface",
        "write",
        "declaration",
        type.start,
        "a place for sessions that the user may fill",
      );
  }
}

const saves =
  /^_?a?(?:save|persist|store|flush|checkpoint|sync|upload|archive|snapshot)_?(?:the_?|current_?|all_?|chat_?|agent_?|run_?|task_?)*(?:session|messages?|conversation|transcript|history|chat|threads?|turns?|trajectory)(?:s|_?(?:state|data|log|history|to_?\w+))?$/i;

/** On the run path something is called that says it saves the conversation, though its end was not seen. */
function* saysItSaves(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of file.calls) {
    if (!saves.test(worded(lastName(call.callee))) || aside.test(worded(call.callee))) continue;
    if (!index.onRunPath(file, call.start) && index.farFromAnchors(file.path) > 1) continue;
    yield finding("says-it-saves", "write", "called", call.start, "a call that says that it saves the conversation");
  }
}

/** The conversation itself is what is written, whoever writes it; or it is put under a key of what writes each key. */
function* dumps(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const note = "the conversation itself is written";
  for (const call of file.calls) {
    const given = argumentsOf(file, call).slice(0, 300);
    const whole =
      index.storage.writes(file, call) &&
      !keepsNothing.test(worded(call.callee)) &&
      (dumped.test(given) || (/\bdump$/.test(call.callee) && handedOver.test(given)));
    const fn = functionAt(file, call.start);
    if (
      whole &&
      fn &&
      !otherSession.test(worded(`${fn.name} ${fn.owner}`)) &&
      !isOffered(file, fn, index) &&
      (index.onRunPath(file, call.start) || index.callsOf(fn.name) > 0)
    )
      yield finding("conversation-dumped", "write", "effect", call.start, note, 6);
  }
  for (const match of file.code.matchAll(putUnderKey)) {
    const kept = index.functionsNamed("__setitem__").some((one) => index.storage.writesIn(one.file, one.fn).length > 0);
    if (kept) yield finding("conversation-put", "write", "effect", match.index + match[0].search(/\S/), note, 6);
  }
}

const conversation = "(?:\\w*messages|transcript|conversation|chat_?history)";
const dumped =
  /["'`]\w*(?:messages|transcript|conversation|trajectory)\w*\.(?:jsonl?|md|txt|ya?ml)["'`]|(?:JSON\.stringify|dumps?)\(\s*(?:\w*messages|transcript|conversation)(?:_?data)?\b/i;
/** The first thing that a `dump` is given. */
const handedOver = /^\(\s*(?:\w+\.)*_?(?:messages|transcript|conversation|chat_?history|history)\s*,/i;
const putUnderKey = new RegExp(
  `^[ \\t]*[\\w.]+\\[[^\\]\\n]+\\][ \\t]*=[ \\t]*json\\.dumps\\(\\s*${conversation}\\b`,
  "gim",
);

export const sessionPersistence: PrimitiveProbes = {
  id: "session-persistence",
  aspects: [
    { id: "write", required: true, text: "a durable write per turn or event" },
    { id: "load", required: true, supporting: true, text: "a path that loads what was written" },
    { id: "resume", required: true, supporting: true, text: "the loaded session continues the run" },
    { id: "trace", required: false, text: "something kept is taken up" },
  ],
  probe,
  asserted: /session|resum|restor|persist|checkpoint|transcript|history/i,
  denied:
    /(?:session )?persistence|persistent sessions?|sessions? (?:support|storage|saving|management|restor\w+)|memory between (?:calls|runs)|state between calls/,
};
