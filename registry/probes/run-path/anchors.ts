/**
 * The anchors: where a model is called, where its tool calls are dispatched, and the loop around both. They are found
 * by following the model client through the repository's own functions, whatever these are called.
 */

import { type CallFact, contains, type FileFacts, type FunctionFact, functionAt, type Span } from "../source/facts.ts";
import { codeOf, escaped, lastName, offsetsIn, textOf } from "../source/query.ts";
import { isScreen } from "../source/scope.ts";
import { armsIn } from "./dispatch-arms.ts";
import { type ModelClient, modelClients, toolCallWords } from "./model-clients.ts";
import { isModelRequest } from "./model-requests.ts";

export type AnchorKind = "model-call" | "tool-dispatch" | "main-loop";

export interface Anchor {
  readonly kind: AnchorKind;
  readonly file: FileFacts;
  readonly offset: number;
  readonly note: string;
  /** 0 for the client call itself; one more for every function in between. */
  readonly distance: number;
}

export function modelCallsIn(file: FileFacts): Anchor[] {
  const renamed = importedAs(file);
  const anchor = (offset: number, note: string): Anchor => ({ kind: "model-call", file, offset, note, distance: 0 });
  const called = file.calls.flatMap((call) => {
    const client = clientOf(file, renamed.get(call.callee) ?? call.callee);
    if (client?.given && /^\(\s*\)$/.test(codeOf(file, { start: call.argumentsAt, end: call.end }))) return [];
    const id = client?.id ?? (isModelRequest(file, call) ? "http" : undefined);
    return id === undefined ? [] : [anchor(call.start, id)];
  });
  return [
    ...called,
    ...handedOver(file).flatMap(({ callee, start }) => {
      const client = receiverOfClient.test(callee) ? clientOf(file, callee) : undefined;
      return client ? [anchor(start, client.id)] : [];
    }),
  ];
}

/** A field of a setting may have the name of such a method. */
const receiverOfClient =
  /(?:model|llm|client|provider|chain|completions|messages|openai|anthropic|genai|agent|runner)\w*(?:\(\))?\.\w+$/i;
const asksModel =
  /[(,=]\s*((?:[\w$]+(?:\(\))?\.)+(?:a?create|stream|parse|a?run|a?call|a?predict\w*|a?invoke|a?generate\w*|generateContent\w*|a?completion|converse|a?chat|a?complete|kickoff\w*|send_message\w*|sendMessage\w*))(?=\s*[,)])/g;

/** A method of a client that goes on as a value, for others to call: `retry(client.messages.create, …)`. */
function handedOver({ code }: FileFacts): { readonly callee: string; readonly start: number }[] {
  return [...code.matchAll(asksModel)].map(({ 0: text, 1: callee = "", index }) => ({
    callee,
    start: index + text.indexOf(callee),
  }));
}

function clientOf(file: FileFacts, called: string): ModelClient | undefined {
  return modelClients.find(
    ({ callee, imports }) => callee.test(called) && (imports === undefined || imports.test(file.imports)),
  );
}

/** Names under which a file imports something else: `completion as litellm_completion`. */
function importedAs({ imports }: FileFacts): ReadonlyMap<string, string> {
  return new Map([...imports.matchAll(/\b([\w$]+)\s+as\s+([\w$]+)/g)].map(([, name = "", as = ""]) => [as, name]));
}

/** Functions of a client that are imported by name, so that they may go on as values: `partial(completion, …)`. */
export function importedClients(file: FileFacts): string[] {
  if (!/partial|wrap|retry|bind/i.test(file.code)) return [];
  const renamed = importedAs(file);
  const names = [...file.imports.matchAll(/\b([a-zA-Z_$][\w$]*)\b/g)].map(([name]) => name);
  return [...new Set(names)].filter((name) => {
    const called = renamed.get(name) ?? name;
    return /^[a-z]/.test(called) && clientOf(file, called)?.imports !== undefined;
  });
}

const collection = "[\\w$.]*(?:tool|func(?:tion)?|command|handler|action|registr|skill|callable)\\w*";
const key = "[\\w$.?!]*(?:name|tool|action|func(?:tion)?|fn|cmd|command)(?:\\[[^\\]]{0,20}\\]|\\.\\w+)*\\s*[)\\],]";
/** A tool looked up by the name the model gave. */
const lookups: readonly RegExp[] = [
  new RegExp(`${collection}\\??(?:\\.|\\?\\.)get\\w*\\(\\s*${key}`, "gi"),
  new RegExp(`${collection}\\[\\s*${key}(?!\\s*=[^=])`, "gi"),
  new RegExp(`${collection}\\??\\.find\\w*\\(\\s*\\(?\\s*\\w+[^)]{0,30}\\)?\\s*=>[^;]{0,80}?\\.name\\s*===?`, "gi"),
  // Whatever the collection is called, a key that is the name of a tool call looks a tool up.
  /[\w$.]+\??(?:\[|\.get\()\s*[\w$.]*(?:tool|call|func(?:tion)?|block|action)\w*\??\.name\s*[)\]]/gi,
  /\b(?:[\w$]+\.)*_*(?:(?:get|find|lookup|look_up|resolve)_?\w*(?:tool|command|function)\w*|\w*(?:tool|command|function)_?by_?name)\(\s*[\w$.]*name\b(?!\s*=)/gi,
  /\b(?:[\w$]+\.)*_*(?:get|find|lookup|look_up|resolve)_?\w*(?:tool|command|function)_?(?:class_?)?(?:from|by|for|with)_?name\(\s*[\w$.]*(?:action|tool|command|function)\b(?!\s*=)/gi,
  /\bnext\(\s*\(?\s*\w+\s+for\s+\w+\s+in\s+[\w.]*(?:tool|function|command)\w*\s+if\s+\w+\.name\s*==/gi,
  /\{\s*(\w+)\.name\s*:\s*\1\s+for\b[^}]{1,80}\}\s*(?:\.get\(|\[)\s*[\w.]*name/gi,
  /\bgetattr\(\s*[\w.]+,\s*(?:f?["'][^"']*["']\s*\+?\s*)?[\w.]*(?:name|tool|action|command)\w*/gi,
];
const nameSwitch =
  /\bswitch\s*\(\s*[\w.?]*(?:tool|call|function|action|name)[\w.?]*\s*\)|\b(?:tool_?name|toolName|function_?name|(?:tool|call|block|fn|function)\w*\.name)\s*===?\s*["']/gi;
const execution =
  /(^|\.)(execute|run|call|invoke|ainvoke|forward|handler|handle|func|fn|callable|apply|__call__|executeTool|run_tool|execute_tool|call_tool|callTool|function_to_call|tool)\w*$|\]$|tool|func/i;

/** What is said of a dispatch that names every tool. */
export const ARM_BY_ARM = "arm by arm";

export function dispatchesIn(file: FileFacts): Anchor[] {
  // A screen shows tool calls; it carries none out.
  if (isScreen(file.path)) return [];
  return file.functions.flatMap((fn) => {
    if (fn.name === "" || fn.end - fn.start > 60_000) return [];
    const chosen = chosenActionsIn(file, fn);
    if (chosen !== undefined) return [dispatch(file, chosen, "name by name")];
    const code = codeOf(file, fn);
    const speaksOfTools =
      toolCallWords.test(textOf(file, fn)) ||
      /tool|action|dispatch|func/i.test(fn.name) ||
      /\b(?:get|find|lookup|resolve)_?\w*tool\w*(?:from|by)_?name\(/i.test(code);
    if (!speaksOfTools) return [];
    const arms = armsIn(file, fn);
    if (arms !== undefined) return [dispatch(file, arms, ARM_BY_ARM)];
    const executes = file.calls.some((call) => contains(fn, call) && execution.test(call.callee));
    const body = Math.max(0, code.search(/[{:]\s*\n|=>/));
    const lookup = lookups
      .flatMap((pattern) => offsetsIn(code, pattern, fn.start))
      .find((at) => at >= fn.start + body && !isTally(file.code, at));
    if (lookup !== undefined && executes) return [dispatch(file, lookup, "looked up by name")];
    const named = offsetsIn(textOf(file, fn), nameSwitch, fn.start);
    return named.length > 0 && (executes || /tool|exec|dispatch|run|handle/i.test(fn.name))
      ? [dispatch(file, named[0] ?? fn.start, "name by name")]
      : [];
  });
}

/** In a loop, three or more named actions of what the model chose: `step.action === "search"`. */
function chosenActionsIn(file: FileFacts, fn: FunctionFact): number | undefined {
  if (!file.loops.some((loop) => contains(fn, loop))) return undefined;
  const found = [...textOf(file, fn).matchAll(/\b\w+\??\.action\s*===?\s*["']([\w-]+)["']/g)];
  return new Set(found.map(([, name]) => name)).size >= 3 ? fn.start + (found[0]?.index ?? 0) : undefined;
}

/** Numbers and states kept by the name of a tool, and what is put there: nothing is looked up to be run. */
function isTally(code: string, offset: number): boolean {
  const line = code.slice(offset, offset + 160).split("\n")[0] ?? "";
  return /^[\w$.]*(?:stat|count|metric|usage|result|timing|label|icon|title|color|descr|kind|override|consent|polic|setting|cache|freq|keys|_ids?(?![a-z]))\w*\??[.[]|^[\w$.]+\.get\(\s*[\w.]+,\s*["'\d]|^[\w$.]*(?:polic\w*|alias|key|kind|config|label|icon|title|hint|(?<!(?:by|from|for|with)_?)names?|description|part|fingerprint|state|threshold|key|string|metadata|path|version|candidate)s?\(|^[\w$.]+\[[^\]]*\](?:\[[^\]]*\])*\s*(?:[-+|]?=)(?!=)/i.test(
    line,
  );
}

function dispatch(file: FileFacts, offset: number, note: string): Anchor {
  return { kind: "tool-dispatch", file, offset, note, distance: 0 };
}

const processCall =
  /(^|\.)(subprocess\.\w+|Popen|run_cmd|exec|execSync|execFile|execAsync|spawn|spawnSync|execute|execute_action|run_command|execute_actions|apply_updates|apply_edits|check_output)$/;
const textParser =
  /(^|\.)(findall|search|finditer|matchAll|match|exec|parse_action|parseAction|parse_actions|get_edits|split)$/;

/** Functions that act on commands taken from the model's text instead of on tool calls. */
export function textDispatchesIn(file: FileFacts, isOnRunPath: (fn: FunctionFact) => boolean): Anchor[] {
  return file.functions.flatMap((fn) => {
    if (fn.name === "" || !isOnRunPath(fn) || !/action|command|execut|step|observ|edit|apply|run/i.test(fn.name))
      return [];
    const call = file.calls.find((candidate) => contains(fn, candidate) && processCall.test(candidate.callee));
    const parses = file.calls.some((candidate) => textParser.test(candidate.callee));
    const given =
      call && /\b(?:actions?|commands?|tool_?calls?)\b/i.test(codeOf(file, { start: call.argumentsAt, end: call.end }));
    return call && (parses || given) ? [dispatch(file, call.start, "commands parsed from text")] : [];
  });
}

/** A function that calls itself: a method through its object, a plain function by its bare name. */
function recursionIn(file: FileFacts, fn: FunctionFact): CallFact | undefined {
  const itself = fn.owner === "" ? fn.name : new RegExp(`^(?:this|self)\\.${escaped(fn.name)}$`);
  const speaksOfTools = toolCallWords.test(textOf(file, fn));
  return file.calls.find(
    (call) =>
      contains(fn, call) &&
      lastName(call.callee) === fn.name &&
      (typeof itself === "string" ? call.callee === itself : itself.test(call.callee)) &&
      (speaksOfTools || deeper.test(textOf(file, { start: call.argumentsAt, end: call.end }))),
  );
}

/** What a function that calls itself for the next round hands on. */
const deeper = /\b\w*(?:depth|turns?|steps?|iterations?|rounds?|level)\b/i;

const retryHeader = /attempt|retr(y|ies)|backoff|tries|to_?try\b|fallback/i;

/** Loops that call the model again and again, except those that only repeat a failed call; and functions that call themselves. */
export async function loopsAround(modelCalls: readonly Anchor[], breathe: () => Promise<void>): Promise<Anchor[]> {
  const seen = new Set<string>();
  const found: Anchor[] = [];
  for (const { file, offset, distance } of modelCalls) {
    await breathe();
    const call = { start: offset, end: offset + 1 };
    const around = file.loops.filter(
      (loop) => contains(loop, call) && !isRetry(file, loop.start) && offset >= roundStart(file, loop),
    );
    const loop = around.at(0);
    const fn = functionAt(file, offset);
    const recursion = fn && !loop ? recursionIn(file, fn) : undefined;
    const start = loop?.start ?? recursion?.start;
    if (start === undefined || seen.has(`${file.path}:${start}`)) continue;
    seen.add(`${file.path}:${start}`);
    const note = loop ? "loop around the model call" : "the function calls itself";
    found.push({ kind: "main-loop", file, offset: start, note, distance });
  }
  return found;
}

/** Where what is done again begins: what a loop runs through is asked for once, before the first round. */
function roundStart({ code }: FileFacts, loop: Span): number {
  if (!/^(?:async\s+)?for\b/.test(code.slice(loop.start, loop.start + 16))) return loop.start;
  let depth = 0;
  let counted = false;
  for (let at = loop.start; at < loop.end; at += 1) {
    const char = code[at] ?? "";
    if (/[([{]/.test(char)) depth += 1;
    else if (/[)\]}]/.test(char)) depth -= 1;
    // A counter is asked in each round.
    if (char === ";" && depth === 1) counted = true;
    if (depth === 0 && (char === ":" || char === ")")) return counted ? loop.start : at;
  }
  return loop.start;
}

function isRetry(file: FileFacts, loopStart: number): boolean {
  const end = file.code.indexOf("\n", loopStart);
  return retryHeader.test(file.code.slice(loopStart, end < 0 ? undefined : end));
}
