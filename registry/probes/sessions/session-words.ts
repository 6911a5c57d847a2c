/**
 * The words by which a function, a class or a file tells that it is about the conversation of a run, and the words that
 * only sound like it.
 */
import type { FileFacts, FunctionFact } from "../source/facts.ts";
import { codeOf, worded } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";

export const session =
  /session|transcript|conversation|chat_?history|history_?file|history\b|thread_?(?:store|id|state|messages|history|data|record)|(?<![a-z])threads?(?![a-z])|checkpoint|rollout|trajectory|(?<![a-z])(?:messages?|chats?|dialogu?e?s?)(?![a-z])|(?:run|project|agent)_?state|state_?manager|(?:event|step|trace|episode)_?record(?:er|ing)/i;
export const notSession =
  /settings|config|auth|token|cookie|cache|model_?list|theme|credential|input_?history|prompt_?history|html|screenshot|oauth|history_?for_?(prompt|input)|tmp|sandbox|image/i;
/** What a person typed before, what it cost, and files that can be put back are kept beside the conversation. */
export const aside =
  /(?:prompt|input|command|readline)_?(?:history|log)|artifact|billing|credits?\b|cost[_-]?track|undo|redo\b/i;
/** Fields of a record that is a conversation, whatever the record and its writer are called. */
export const records = /\b(transcript|messages|conversation(?:_?history)?|chat_?history|turns|trajectory)\b/i;
/** What a conversation is made of: who writes or reads one speaks of it. */
const talk =
  /messages?|histor|transcript|conversation|\bturns?\b|entries|\bchat|trajectory|\bevents?\b|\bitems\b|checkpoint|rollout|_?state\b/i;
/** Sessions of other things: connections, databases, processes, browsers. */
export const otherSession =
  /client_?session|session_?factory|session_?maker|db_?session|http|browser_?session|cookie|session_?(?:key|token)|primary_?thread|thread_?pool|daemon/i;

/** A method that saves an object which holds the conversation. */
export function holdsTalk(file: FileFacts, fn: FunctionFact): boolean {
  if (fn.owner === "" || !/^_?a?(?:save|dump|persist|write|store|export|load|restore)/i.test(fn.name)) return false;
  const type = file.types.find(({ name }) => name === fn.owner);
  return (
    type !== undefined &&
    /\b(?:self|this)\.#?_?(?:messages|history|conversation|transcript|trajectory)\b/.test(codeOf(file, type))
  );
}

export function speaks(file: FileFacts, fn: FunctionFact, index: WorkspaceIndex): boolean {
  return (
    !otherSession.test(worded(`${fn.name} ${fn.owner}`)) &&
    (holdsTalk(file, fn) || talk.test(codeOf(file, fn)) || records.test(index.storage.fieldsOf(file, fn)))
  );
}
