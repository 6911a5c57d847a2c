/**
 * Streaming events: a typed union, delivered while the run goes on, that covers the life of a tool call and ends with
 * a reason.
 */

import type { Finding, Strength } from "../finding.ts";
import type { PrimitiveProbes } from "../primitive.ts";
import { contains, type FileFacts, functionAt, type TypeFact } from "../source/facts.ts";
import { callsTo, finding, insideNamed, textOf } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { eventName, isAside, isModelSide, runUnionsOf, type Union } from "./event-unions.ts";
import { toldWhileRunning, toNobody } from "./told-while-running.ts";

const delivery =
  /(^|\.)_?(emit|emit_event|emitEvent|publish|enqueue|broadcast|send_event|sendEvent|dispatchEvent|on_event|onEvent|yield_event|stream_event|put|put_nowait|sendUpdate|session_update|sessionUpdate|add_event|addEvent|postMessage|notify|notify_all|push|send|fire|next|write_event|writeEvent|callback|listener|handler|handle_event|handleEvent)$/;
const streamer = /stream|run|chat|send|generate|complete|query|ask|respond|step/i;

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const unions = runUnionsOf(index);
  for (const union of unions.in(file)) yield* covered(union, unions.proves(union) ? "effect" : "declaration");
  yield* toldWhileRunning(file, index);
  yield* delivered(file, index);
}

function* covered({ file, span, variants, coverage }: Union, strength: Strength): Iterable<Finding> {
  const { toolLife, ending, reasoned } = coverage;
  const count = new Set(variants.map(({ tag }) => tag)).size;
  const apt = (coverage.ofRun ? 5 : 0) + Math.min(3, Math.floor(count / 4)) + (isAside(file) ? 0 : 1);
  yield { ...finding("event-union", "union", strength, span.start, `${count} kinds of event in one type`), apt };
  if (toolLife !== undefined) {
    const offset = mentionOf(file, span, toolLife, /tool/i);
    yield {
      ...finding("tool-lifecycle", "tool-lifecycle", strength, offset, "events for the life of a tool call"),
      apt,
    };
  }
  if (ending !== undefined) {
    const offset = mentionOf(file, span, ending, /error|end|done|result|complete|fail/i);
    const said = reasoned ? strength : "declaration";
    yield { ...finding("terminal-event", "terminal", said, offset, "a last event with a reason"), apt };
  }
}

/** Where a type says the tag, or its name; else where something like it stands; else its beginning. */
function mentionOf(file: FileFacts, type: Pick<TypeFact, "start" | "end">, tag: string, like: RegExp): number {
  const text = textOf(file, type);
  const places = tag.split(" ").map((word) => text.indexOf(word));
  const at = places.find((place) => place >= 0) ?? text.search(like);
  return type.start + Math.max(0, at);
}

/** Something of a union's kind is made and handed to a function, which is no list and no test of its own. */
function* handedOn(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const names = runUnionsOf(index).kinds;
  if (names.size === 0) return;
  for (const call of file.calls) {
    if (isPlain(call.callee) || !handing.test(call.callee) || toNobody.test(call.callee)) continue;
    if (!index.onRunPath(file, call.start)) continue;
    const given = file.text.slice(call.argumentsAt + 1, Math.min(call.end, call.argumentsAt + 120));
    const made =
      /^\s*(?:new\s+)?(?:\w+\.)*([A-Z]\w+)\(|^\s*\{\s*["']?(?:type|kind|event)["']?\s*:\s*["']([\w.:-]+)["']|^\s*(?:["']([\w.:-]+)["']\s*,|(?:\w+\.)+([A-Z]\w+)\s*[,)])/.exec(
        given,
      );
    const name = made?.[1] ?? made?.[2] ?? (emitting.test(call.callee) ? (made?.[3] ?? made?.[4]) : undefined);
    if (name !== undefined && names.has(name))
      yield {
        ...finding("event-delivered", "delivered", "effect", call.start, "an event leaves while the run goes on"),
        apt: isAside(file) ? 0 : index.afterModel(file, call.start) ? 9 : 4,
      };
  }
}

/** Lists have these names too: the receiver says whether something is delivered. */
function isPlain(callee: string): boolean {
  return plain.test(callee) && !carrier.test(callee);
}

const plain = /(?:^|\.)(?:push|put|put_nowait|send|next|write|post|record|report|add)$/;
const carrier =
  /(?:queue|stream|channel|emitter|subject|bus|controller|subscriber|listener|socket|conn\w*|transport|sink|writer|client|wire|peer|ws)[?!]?\.\w+$/i;
const emitting = /(?:emit|publish|fire|dispatch|broadcast|notify)\w*$/i;
const handing =
  /(?:^|[._])_?(?:\w*(?:send|emit|publish|notify|dispatch|put|push|broadcast|fire|report|record|event|post|write|trigger|callback|handler|listener)\w*)$/i;

function* delivered(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  yield* handedOn(file, index);
  for (const call of callsTo(file, delivery)) {
    if (!index.onRunPath(file, call.start) || isPlain(call.callee) || toNobody.test(call.callee)) continue;
    const around = file.text.slice(call.argumentsAt, Math.min(call.end, call.argumentsAt + 200));
    const typed =
      /\b(?:type|kind|sessionUpdate|event)\s*:\s*["'\w]|["']type["']\s*:|Event\b|Event\(|Event\.|Update\(|Chunk\(/.test(
        around,
      );
    const general = /(^|\.)(put|send|next|push|callback|listener|handler)$/.test(call.callee);
    if (typed || (!general && /event/i.test(call.callee)))
      yield finding("event-delivered", "delivered", "effect", call.start, "an event leaves while the run goes on");
  }
  yield* yielded(file, index);
}

/** A record with a kind, or something that is called like what a run gives. */
const eventMade =
  /\b(?:type|kind)\b["']?\s*:|^yield\s+(?:[\w.]+\.)?[A-Z]\w*(?:Event|Delta|Output|Step|Chunk|Update|Progress|Message|Part|Notification|Status|Result|Response)\w*\(/;

/** Lines of a change, and completions in an editor, are no run. */
const edits = /diff|patch|autocomplet/i;

function* yielded(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  // What a model's adapter yields is an answer.
  if (isModelSide(file)) return;
  const { kinds } = runUnionsOf(index);
  for (const { kind, start, end } of file.exits) {
    if (kind !== "yield") continue;
    if (!index.onRunPath(file, start)) {
      // Whoever reads the run from elsewhere gets it from a generator of its events.
      const fn = functionAt(file, start);
      if (fn && index.callsOf(fn.name) > 0 && givesTyped(file, start, index) && !isAside(file))
        yield finding("event-read", "delivered", "effect", start, "events of the run are given to readers", 2);
      continue;
    }
    if (insideNamed(file, start, edits)) continue;
    const what = textOf(file, { start, end });
    const made = /^yield\s+(?:[\w.]+\.)?([A-Z]\w*)\(/.exec(what)?.[1] ?? "";
    if (eventMade.test(what) || kinds.has(made) || givesTyped(file, start, index))
      yield {
        ...finding("event-yielded", "delivered", "effect", start, "the run yields events"),
        apt: isAside(file) ? 0 : kinds.has(made) ? 6 : 3,
      };
    else if (insideNamed(file, start, streamer))
      yield finding("chunk-yielded", "chunks", "called", start, "the run yields chunks");
  }
}

/** Whether the function says that it gives events of a declared type. */
function givesTyped(file: FileFacts, offset: number, index: WorkspaceIndex): boolean {
  const fn = file.functions.findLast((one) => contains(one, { start: offset, end: offset }));
  if (!fn) return false;
  if (
    runUnionsOf(index)
      .in(file)
      .some(({ span }) => functionAt(file, span.start) === fn)
  )
    return true;
  const head = file.code.slice(fn.start, Math.min(fn.end, fn.start + 600));
  const given =
    /(?:Async)?(?:Generator|Iterator|Iterable|IterableIterator)\s*[<[]\s*["']?(?:[\w$]+\.)*([A-Z][\w$]*)/.exec(
      head,
    )?.[1];
  return given !== undefined && eventName.test(given) && index.typeNamed(given) !== undefined;
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
  asserted:
    /(event|emit|stream)\w*.{0,60}\b(tool|run|agent|turn|delta|chunk|order|sequence|finish|start|end|done|text)|\b(tool|run|agent|turn|delta|chunk|text)\w*.{0,60}(event|emit|stream)/i,
  denied: /streaming|event stream/,
};
