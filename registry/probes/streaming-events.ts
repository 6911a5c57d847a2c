/**
 * Streaming events: a typed union, delivered while the run goes on, that covers the life of a tool call and ends with
 * a reason.
 */
import { type FileFacts, functionAt, type TypeFact } from "./facts.ts";
import type { Finding } from "./finding.ts";
import type { PrimitiveProbes } from "./primitive.ts";
import { callsTo, codeOf, finding, insideNamed, literalsIn, offsetsIn, textOf } from "./query.ts";
import type { WorkspaceIndex } from "./workspace-index.ts";

const eventName = /event|chunk|delta|update|notification|streampart|signal/i;
const members = /\btype\b\s*[:=]/g;
const toolLife =
  /^(tool|function|mcp)[\w.:-]*[_.:-]?(start|started|begin|called|call|end|ended|finish|finished|done|complete|completed|result|output|update|error|failed)\w*$|^tool[_-]?(execution|call|use|result|output)\w*$/i;
const terminal =
  /^(agent|run|session|task|conversation|loop|workflow|query)?[_.:-]?(end|ended|done|complete|completed|finished|finish|failed|error|aborted|exit|result)$/i;
const reason =
  /\b(stopReason|stop_reason|finishReason|finish_reason|reason|exit_status|exitReason|terminal_reason|errorMessage)\b/;
const delivery =
  /(^|\.)_?(emit|emit_event|emitEvent|publish|enqueue|broadcast|send_event|sendEvent|dispatchEvent|on_event|onEvent|yield_event|stream_event|put_nowait|sendUpdate|session_update|sessionUpdate|add_event|addEvent|postMessage|notify|notify_all|push)$/;
const streamer = /stream|run|chat|send|generate|complete|query|ask|respond|step/i;
const textChunks =
  /\b(stream\s*=\s*True|stream:\s*true|on_?(token|text|chunk|delta)|textStream|text_stream|stream_options)\b/gi;

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const type of file.types) {
    if (!eventName.test(type.name) || type.end - type.start > 30_000) continue;
    const count = variants(file, type);
    if (count < 3) continue;
    yield finding(
      "event-union",
      "union",
      isMentioned(index, type.name) ? "effect" : "declaration",
      type.start,
      `${count} kinds of event in one type`,
    );
    yield* coverage(file, type);
    yield* coverageOfMembers(file, type, index);
  }
  yield* hierarchies(file);
  yield* families(file, index);
  for (const call of callsTo(file, delivery)) {
    const around = file.text.slice(call.argumentsAt, Math.min(call.end, call.argumentsAt + 160));
    const typed = /\btype\s*:|["']type["']\s*:|Event\b|Event\(/.test(around) || /event/i.test(call.callee);
    if (typed && index.onRunPath(file, call.start))
      yield finding("event-delivered", "delivered", "effect", call.start, "an event leaves while the run goes on");
  }
  for (const { kind, start, end } of file.exits) {
    if (kind !== "yield" || !index.onRunPath(file, start)) continue;
    const what = textOf(file, { start, end });
    if (/\btype\b["']?\s*:|Event|Delta|Output|Step|Chunk|^yield\s+[A-Z]\w+\(/.test(what))
      yield finding("event-yielded", "delivered", "effect", start, "the run yields events");
    else if (insideNamed(file, start, streamer))
      yield finding("chunk-yielded", "chunks", "called", start, "the run yields chunks");
  }
  for (const offset of offsetsIn(file.code, textChunks)) {
    const call = file.calls.findLast((candidate) => candidate.start <= offset && offset < candidate.end);
    const download = call !== undefined && /(^|\.)(requests|httpx|session|http)\.|\.get$/.test(call.callee);
    if (!download && index.farFromAnchors(file.path) <= 1)
      yield finding("text-stream", "chunks", "called", offset, "text is streamed");
  }
}

/** Types are used everywhere they are imported; without types at run time, being exported is the use. */
function isMentioned(index: WorkspaceIndex, name: string): boolean {
  return name !== "" && index.understood;
}

/** A union of names is covered by what these names stand for, wherever they are declared. */
function* coverageOfMembers(file: FileFacts, type: TypeFact, index: WorkspaceIndex): Iterable<Finding> {
  const members = [...new Set(textOf(file, type).match(/\b[A-Za-z_$][\w$]{3,}\b/g) ?? [])].filter(
    (name) => name !== type.name,
  );
  const placed = members.slice(0, 60).flatMap((name) => index.typeNamed(name) ?? []);
  const bodies = placed.map((one) => textOf(one.file, one.type).slice(0, 1_500));
  if (bodies.filter((body) => toolLiteral.test(body)).length >= 2)
    yield finding("tool-lifecycle", "tool-lifecycle", "effect", type.start, "events for the life of a tool call");
  if (bodies.some((body) => endLiteral.test(body)) || placed.some((one) => reason.test(codeOf(one.file, one.type))))
    yield finding("terminal-event", "terminal", "effect", type.start, "a last event with a reason");
}

const toolLiteral = /["']\w*(?:tool|function)[\w.:-]*["']/i;
const endLiteral =
  /["'](?:(?:agent|run|session|task|turn|conversation)[_.:-]?)?(?:end|ended|done|complete|completed|finished|error|failed|aborted|result)["']/i;

const familySizeMin = 6;
const began = /(Action|Call|ToolUse|Start|Started|Begin|Request)$/;
const ended = /(Observation|Result|Output|End|Ended|Finished|Completed|Response)$/;
const final =
  /(Finish|Complete|Stop|End|Reject|Error|StateChanged|Terminal|Abort)\w*(Action|Observation|Event|Message)?$/;

/** Classes of event below one base, spread over files: the base stands for the union. */
function* families(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const type of file.types) {
    if (type.kind !== "class" || !/(event|notification|delta|chunk)$/i.test(type.name)) continue;
    const members = index.below(type.name);
    if (members.length < familySizeMin) continue;
    yield finding("event-family", "union", "effect", type.start, `${members.length} classes of event below one`);
    if (members.some((name) => began.test(name)) && members.some((name) => ended.test(name)))
      yield finding(
        "tool-lifecycle",
        "tool-lifecycle",
        "effect",
        type.start,
        "classes for the start and the end of a call",
      );
    if (members.some((name) => final.test(name)))
      yield finding("terminal-event", "terminal", "effect", type.start, "a class for the end of the run");
  }
}

function variants(file: FileFacts, type: TypeFact): number {
  const body = textOf(file, type);
  if (type.kind === "alias") {
    const tagged = [...body.matchAll(members)].length;
    const named = body
      .slice(body.indexOf("=") + 1)
      .split("|")
      .filter((part) => /^\s*[\w.]+(<[^<>]*>)?\s*;?\s*$/.test(part)).length;
    const literals = [...body.matchAll(/\|\s*["']/g)].length;
    const listed = /[uU]nion\w*\(/.test(body.slice(0, 120))
      ? [...body.matchAll(/[[,]\s*[A-Za-z_$][\w$.]*\s*(?=[,\]])/g)].length
      : 0;
    return Math.max(tagged, named, literals, listed);
  }
  if (type.kind === "enum") return body.split(",").length;
  if (/\bEnum\b/.test(body.slice(0, 120))) return [...body.matchAll(/^\s+\w+\s*=\s*["']/gm)].length;
  return 0;
}

function* coverage(file: FileFacts, type: { readonly start: number; readonly end: number }): Iterable<Finding> {
  const tools =
    literalsIn(file, type, toolLife).size +
    new Set(codeOf(file, type).match(/\b\w*Tool\w*(?:Start|Call|End|Result|Output|Event)\w*\b/g)).size;
  if (tools >= 2)
    yield finding(
      "tool-lifecycle",
      "tool-lifecycle",
      "effect",
      at(file, type, /tool/i),
      "events for the life of a tool call",
    );
  const ends = literalsIn(file, type, terminal).size > 0;
  if (ends || reason.test(codeOf(file, type)))
    yield finding(
      "terminal-event",
      "terminal",
      "effect",
      at(
        file,
        type,
        ends ? /["'](?:\w+[_.:-])?(?:end|done|complete|completed|finished|failed|error|aborted|result)["']/i : reason,
      ),
      "a last event with a reason",
    );
}

function at(file: FileFacts, type: { readonly start: number; readonly end: number }, what: RegExp): number {
  return type.start + Math.max(0, textOf(file, type).search(what));
}

/** Event classes under one base, or a union of them: the way Python says it. */
function* hierarchies(file: FileFacts): Iterable<Finding> {
  if (file.language !== "python") return;
  const classes = file.types.filter(
    ({ kind, name }) => kind === "class" && /(Event|Delta|Chunk|Step|Output|Item|Message)$/.test(name),
  );
  const events = classes.filter(({ name }) => /Event$|Delta$|Chunk$/.test(name));
  const union =
    /^(\w*(?:Event|Chunk|Delta|Item)\w*)\s*(?::\s*TypeAlias\s*)?=\s*(?:Annotated\[\s*)?(?:Union\[|\w+\s*\|)/gm;
  const span = { start: 0, end: file.source.length };
  for (const offset of offsetsIn(file.code, union)) {
    yield finding("event-union", "union", "effect", offset, "a union of events");
    yield* coverage(file, span);
  }
  const first = events[0];
  if (events.length >= 4 && first) {
    yield finding("event-classes", "union", "effect", first.start, `${events.length} classes of event`);
    yield* coverage(file, span);
  }
  const returned = /->\s*(?:Async)?(?:Generator|Iterator|Iterable)\[[^\]]*\|[^\]]*\|/g;
  for (const offset of offsetsIn(file.code, returned)) {
    yield finding(
      "yielded-union",
      "union",
      "effect",
      functionAt(file, offset)?.start ?? offset,
      "a generator of several kinds of event",
    );
    yield* coverage(file, functionAt(file, offset) ?? span);
  }
}

export const streamingEvents: PrimitiveProbes = {
  id: "streaming-events",
  aspects: [
    { id: "union", required: true, text: "a typed union of events" },
    { id: "delivered", required: true, text: "delivered while running" },
    { id: "tool-lifecycle", required: true, supporting: true, text: "covers the life of a tool call" },
    { id: "terminal", required: true, supporting: true, text: "has a terminal reason" },
    { id: "chunks", required: false, text: "text chunks or untyped callbacks" },
  ],
  probe,
  asserted: /event|stream|emit/i,
  denied: /streaming|event stream/,
};
