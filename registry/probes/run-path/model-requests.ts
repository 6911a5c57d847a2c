/**
 * A model asked over plain HTTP: known by its address, or, where the address comes from settings, by what the request
 * carries. What serves such a request, and what asks anything else, is none.
 */
import { type CallFact, type FileFacts, functionAt } from "../source/facts.ts";
import { codeOf } from "../source/query.ts";
import { httpCall, modelEndpoint } from "./model-clients.ts";

/** A longer function does more than ask. In UTF-16 units. */
const askerCharsMax = 8_000;

export function isModelRequest(file: FileFacts, call: CallFact): boolean {
  if (!httpCall.test(call.callee) || servesRoute(file, call) || asksElsewhere(file, call)) return false;
  const fn = functionAt(file, call.start);
  const around = fn ? file.source.slice(fn.start, fn.end) : file.source.slice(call.start, call.end);
  if (modelEndpoint.test(around)) return true;
  // A constant of the file, passed by a name that says so.
  if (
    /\b\w*(?:url|endpoint)\b/i.test(codeOf(file, call)) &&
    modelEndpoint.test(constantsOf(file)) &&
    /messages|prompt/i.test(around)
  )
    return true;
  const home = `${fn?.owner ?? ""} ${fn?.name ?? ""} ${file.path.slice(file.path.lastIndexOf("/") + 1)}`;
  return fn !== undefined && around.length <= askerCharsMax && speaksOfModel.test(home) && carriesPrompt(around);
}

const speaksOfModel =
  /llm|model|complet|chat|infer|gpt|claude|openai|anthropic|gemini|ollama|mistral|bedrock|provider/i;

/** The address is a setting: a key, the name of a model and the messages go to it. */
function carriesPrompt(around: string): boolean {
  return (
    /\bauthorization\b|\bapi[-_]?key\b|\bbearer\b/i.test(around) &&
    /\bmodel\b/i.test(around) &&
    /\b(?:messages|prompt|contents)\b|\bMessages?\[\]/i.test(around) &&
    /\b(?:body|json|data)\b/.test(around) &&
    !/\bembed|\bspeech|\baudio|\btranscri|\bimages?\/generations/i.test(around)
  );
}

/** `app.post("/api/chat", …)`, `@router.post("/")`: the repository's own route. */
function servesRoute({ code }: FileFacts, call: CallFact): boolean {
  if (/(?:^|\n)\s*@\s*$/.test(code.slice(Math.max(0, call.start - 40), call.start))) return true;
  return (
    /(?:^|[._])(?:app|\w*router|server|fastify|hono|blueprint|bp|routes)\.(?:post|get|put|request|all|use)$/i.test(
      call.callee,
    ) && /^\(\s*["'`]/.test(code.slice(call.argumentsAt, call.argumentsAt + 40))
  );
}

/** Written out, the address is of something else. */
function asksElsewhere({ source }: FileFacts, call: CallFact): boolean {
  const address = /^\(\s*["'`](https?:\/\/[^"'`\n]*)["'`]/.exec(
    source.slice(call.argumentsAt, call.argumentsAt + 300),
  )?.[1];
  return address !== undefined && !modelEndpoint.test(`"${address}"`);
}

/** Module code before the first function: where a client keeps its address. */
function constantsOf(file: FileFacts): string {
  return file.source.slice(0, file.functions[0]?.start ?? 4_000);
}
