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
  /(^|\.)_?(emit|emit_event|emitEvent|publish|enqueue|broadcast|send_event|sendEvent|dispatchEvent|on_event|onEvent|yield_event|stream_event|put_nowait|sendUpdate|session_update|sessionUpdate|push)$/;
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
  }
  yield* hierarchies(file);
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

function variants(file: FileFacts, type: TypeFact): number {
  const body = textOf(file, type);
  if (type.kind === "alias") {
    const tagged = [...body.matchAll(members)].length;
    const named = body
      .slice(body.indexOf("=") + 1)
      .split("|")
      .filter((part) => /^\s*[\w.]+(<[^<>]*>)?\s*;?\s*$/.test(part)).length;
    const literals = [...body.matchAll(/\|\s*["']/g)].length;
    return Math.max(tagged, named, literals);
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
