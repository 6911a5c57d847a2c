/**
 * Session persistence: each turn or event is written durably, and a load path continues the run.
 */
import { contains, type FileFacts, type FunctionFact, functionAt } from "./facts.ts";
import type { Finding } from "./finding.ts";
import type { PrimitiveProbes } from "./primitive.ts";
import {
  argumentsOf,
  branchesOn,
  codeOf,
  finding,
  functionsNamed,
  lastName,
  textOf,
  typesNamed,
  worded,
} from "./query.ts";
import type { WorkspaceIndex } from "./workspace-index.ts";

const session =
  /session|transcript|conversation|chat_?history|history_?file|history\b|thread_?(?:store|id|state|messages|history|data|record)|(?<![a-z])threads?(?![a-z])|checkpoint|rollout|trajectory|\bmessages?\b|run_?state/i;
const notSession =
  /settings|config|auth|token|cookie|cache|model_?list|theme|credential|input_?history|prompt_?history|html|screenshot|oauth|history_?for_?(prompt|input)|tmp|sandbox|image/i;
/** What a person typed before, what it cost, and files that can be put back are kept beside the conversation. */
const aside = /(?:prompt|input|command|readline)_?(?:history|log)|billing|credits?\b|cost[_-]?track|undo|redo\b/i;
/** Fields of a record that is a conversation, whatever the record and its writer are called. */
const records = /\b(transcript|messages|conversation(?:_?history)?|chat_?history|turns|trajectory)\b/i;
const loads =
  /load|restore|resume|open|read|from|continue|hydrate|replay|get_?(items|messages|session|state|tuple)|fetch|parse|claim|hydrate|recover|rebuild/i;
const continues =
  /^_?a?(?:resume|continue|restore|load_?(session|history|messages|conversation|transcript|state|checkpoint|thread)|loadSession|from_?(checkpoint|state|saved|json|string)|open_?session|switch_?session|get_?(items|tuple|messages|session))/i;

/** Calls that act or tell, and keep nothing of the conversation. */
const keepsNothing =
  /(^|[._])(execute\w*|invoke|log|debug|info|warn|error|print|log_?event|create_?file)$|logger|tracer/i;
/** Names of what a conversation is kept in: such lines are the better evidence. */
const about = /session|transcript|conversation|history|thread|messages?|checkpoint|trajectory|rollout|turn/i;

/** What a conversation is made of: who writes or reads one speaks of it. */
const talk =
  /messages?|histor|transcript|conversation|\bturns?\b|entries|\bchat|trajectory|\bevents?\b|\bitems\b|checkpoint|rollout|_?state\b/i;
/** Sessions of other things: connections, databases, processes, browsers. */
const otherSession =
  /client_?session|session_?factory|session_?maker|db_?session|http|browser_?session|cookie|session_?(?:key|token)|primary_?thread|thread_?pool|daemon/i;

/** A method that saves an object which holds the conversation. */
function holdsTalk(file: FileFacts, fn: FunctionFact): boolean {
  if (fn.owner === "" || !/^_?a?(?:save|dump|persist|write|store|export|load|restore)/i.test(fn.name)) return false;
  const type = file.types.find(({ name }) => name === fn.owner);
  return (
    type !== undefined &&
    /\b(?:self|this)\.#?_?(?:messages|history|conversation|transcript|trajectory)\b/.test(codeOf(file, type))
  );
}

/** A method that is given messages and the conversation that they belong to. */
function takesTalk(file: FileFacts, fn: FunctionFact): boolean {
  const head = codeOf(file, { start: fn.start, end: Math.min(fn.end, fn.start + 240) });
  const given = /\(([^)]*)\)/.exec(head)?.[1] ?? "";
  return /(?:thread|session|conversation|chat)_?id/i.test(given) && /\bmessages?\b/i.test(given);
}

function speaks(file: FileFacts, fn: FunctionFact, index: WorkspaceIndex): boolean {
  return (
    !otherSession.test(worded(`${fn.name} ${fn.owner}`)) &&
    (holdsTalk(file, fn) || talk.test(codeOf(file, fn)) || records.test(index.storage.fieldsOf(file, fn)))
  );
}

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of file.calls) {
    if (!index.storage.writes(file, call) || keepsNothing.test(worded(call.callee))) continue;
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
    const perTurn = index.onRunPath(file, call.start) || index.callsOf(fn.name) > 0;
    yield finding(
      "durable-write",
      "write",
      perTurn ? "effect" : "declaration",
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
  for (const type of typesNamed(file, /session|checkpointer|saver|thread_?store|conversation_?store/i)) {
    const body = codeOf(file, type);
    if (
      /\b(?:add|append|save|put)_?(?:items?|messages?|state|turn|checkpoint|session)?\s*\(/i.test(body) &&
      /\b(?:get|load)_?(?:items?|messages?|state|session|tuple)?\s*\(/i.test(body)
    ) {
      yield finding(
        "session-interface",
        "write",
        "declaration",
        type.start,
        "a place for sessions that the user may fill",
      );
    }
  }
  yield* dumps(file, index);
  yield* resumption(file, index);
  yield* handedOn(file, index);
  yield* broughtStores(file, index);
}

/** What was read of a session is given to the next function: the run goes on with it. */
function* handedOn(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
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

function* resumption(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
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
        verbs.test(one.callee) &&
        kept.test(one.callee) &&
        !/_?ids?$/i.test(one.callee),
    );
    if (call) yield finding("resume-branch", "resume", "effect", branch.start, "a saved session is picked up", 3);
  }
  yield* intoMessages(file, index);
}

/** All that a function reads is something beside the conversation. */
function asideIn(file: FileFacts, fn: FunctionFact, index: WorkspaceIndex): boolean {
  const reads = index.storage.readsIn(file, fn);
  return reads.length > 0 && reads.every((call) => aside.test(argumentsOf(file, call)));
}

/** The conversation itself is what is written, whoever writes it; or it is put under a key of what writes each key. */
function* dumps(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const note = "the conversation itself is written";
  for (const call of file.calls) {
    const given = argumentsOf(file, call).slice(0, 300);
    const whole = index.storage.writes(file, call) && !keepsNothing.test(worded(call.callee)) && dumped.test(given);
    const fn = functionAt(file, call.start);
    if (
      whole &&
      fn &&
      !otherSession.test(worded(`${fn.name} ${fn.owner}`)) &&
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
const putUnderKey = new RegExp(
  `^[ \\t]*[\\w.]+\\[[^\\]\\n]+\\][ \\t]*=[ \\t]*json\\.dumps\\(\\s*${conversation}\\b`,
  "gim",
);

/** What was read becomes the conversation of an agent. */
function* intoMessages(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of file.calls) {
    if (!index.storage.reads(file, call)) continue;
    const before = file.code.slice(Math.max(0, call.start - 100), call.start);
    if (
      /\b(?:self|this|agent|session|chat|coder|state)\.[\w.]*(?:messages|history|transcript|conversation)\w*\s*=\s*(?:await\s+)?$/i.test(
        before,
      )
    )
      yield finding(
        "loaded-into-messages",
        "resume",
        "effect",
        call.start,
        "what was loaded becomes the conversation",
        4,
      );
  }
}

/** Stores of conversations that frameworks bring: made in the product, they write each step and load by their id. */
function* broughtStores(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 3) return;
  const store =
    /(^|\.|\s)((?:Async)?(?:Sqlite|SQLite|Postgres|Redis|MongoDB|DynamoDB|Firestore|Shallow\w+)Saver(\.\w+)?|SQLAlchemySession|(?:Advanced|Encrypted|Async)?SQLiteSession|DatabaseSessionService|FileChatMessageHistory|SQLChatMessageHistory|RedisChatMessageHistory|PostgresChatMessageHistory)$/;
  const framework = /langgraph|langchain|["'\s]agents[.\s"']|@openai\/agents|google\.adk/;
  if (!framework.test(file.imports)) return;
  for (const call of file.calls.filter(({ callee }) => store.test(callee))) {
    for (const aspect of ["write", "load", "resume"])
      yield finding("framework-store", aspect, "effect", call.start, "a durable store of the framework", 4);
  }
}

export const sessionPersistence: PrimitiveProbes = {
  id: "session-persistence",
  aspects: [
    { id: "write", required: true, text: "a durable write per turn or event" },
    { id: "load", required: true, supporting: true, text: "a path that loads what was written" },
    { id: "resume", required: true, supporting: true, text: "the loaded session continues the run" },
  ],
  probe,
  asserted: /session|resum|restor|persist|checkpoint|transcript|history/i,
  denied:
    /(?:session )?persistence|persistent sessions?|sessions? (?:support|storage|saving|management|restor\w+)|memory between (?:calls|runs)|state between calls/,
};
