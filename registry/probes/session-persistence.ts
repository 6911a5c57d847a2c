/**
 * Session persistence: each turn or event is written durably, and a load path continues the run.
 */
import { type FileFacts, functionAt } from "./facts.ts";
import type { Finding } from "./finding.ts";
import type { PrimitiveProbes } from "./primitive.ts";
import { branchesOn, codeOf, finding, functionsNamed, lastName, textOf, typesNamed } from "./query.ts";
import type { WorkspaceIndex } from "./workspace-index.ts";

const session =
  /session|transcript|conversation|chat_?history|history_?file|history\b|thread|checkpoint|rollout|trajectory|\bmessages?\b|snapshot|run_?state|memory/i;
const notSession =
  /settings|config|auth|token|cookie|cache|model_?list|theme|credential|input_?history|prompt_?history|html|screenshot|oauth|history_?for_?(prompt|input)|tmp|sandbox|image/i;
/** Fields of a record that is a conversation, whatever the record and its writer are called. */
const records = /\b(transcript|messages|conversation(?:_?history)?|chat_?history|turns|trajectory)\b/i;
const loads =
  /load|restore|resume|open|read|from|continue|hydrate|replay|get_?(items|messages|session|state|tuple)|fetch|parse|claim|hydrate|recover|rebuild/i;
const continues =
  /^_?a?(?:resume|continue|restore|load_?(session|history|messages|conversation|transcript|state|checkpoint|thread)|loadSession|from_?(checkpoint|state|saved|json|string)|open_?session|switch_?session|get_?(items|tuple|messages|session))/i;

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of file.calls) {
    if (!index.storage.writes(file, call)) continue;
    const fn = functionAt(file, call.start);
    if (!fn) continue;
    const names = `${fn.name} ${fn.owner} ${file.path.slice(file.path.lastIndexOf("/") + 1)}`;
    if (notSession.test(names) || /sandbox/i.test(file.path)) continue;
    if (!session.test(names) && !records.test(index.storage.fieldsOf(file, fn))) continue;
    const perTurn = index.onRunPath(file, call.start) || index.callsOf(fn.name) > 0;
    yield finding(
      "durable-write",
      "write",
      perTurn ? "effect" : "declaration",
      call.start,
      "the session is written to a durable place",
    );
  }
  for (const fn of functionsNamed(file, loads)) {
    const names = `${fn.name} ${fn.owner} ${file.path.slice(file.path.lastIndexOf("/") + 1)}`;
    if (notSession.test(`${fn.name} ${fn.owner}`) || /sandbox/i.test(file.path)) continue;
    if (!session.test(names) && !records.test(index.storage.fieldsOf(file, fn))) continue;
    const reads = index.storage.readsIn(file, fn);
    const first = reads[0];
    if (first === undefined) continue;
    const used = index.callsOf(fn.name) > 0 || index.callsOf(fn.owner) > 0;
    yield finding("load-path", "load", used ? "effect" : "declaration", first.start, "the session is read back");
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
  yield* resumption(file, index);
  yield* handedOn(file, index);
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

function* resumption(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const fn of functionsNamed(file, continues)) {
    if (notSession.test(`${fn.name} ${fn.owner}`)) continue;
    if (/message|history|state|session|entries|thread/i.test(textOf(file, fn)) && index.callsOf(fn.name) > 0) {
      yield finding("resume-function", "resume", "effect", fn.start, "what was loaded goes on");
    }
  }
  for (const branch of branchesOn(
    file,
    /resume|continue_?(session|last)|restore_?(chat|session|history)|\.session\b.*(id|path)|session_?id/i,
  )) {
    if (/resume|restore|load|continue|open/i.test(textOf(file, branch.body)))
      yield finding("resume-branch", "resume", "effect", branch.start, "a saved session is picked up");
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
  denied: /(?:session )?persistence|sessions?|memory between (?:calls|runs)|state between calls/,
};
