/**
 * Streaming events: a typed union, delivered while the run goes on, that covers the life of a tool call and ends with
 * a reason.
 */
import { coverageOf, type RunCoverage } from "./event-kinds.ts";
import { contains, type FileFacts, functionAt, type TypeFact } from "./facts.ts";
import type { Finding, Strength } from "./finding.ts";
import type { PrimitiveProbes } from "./primitive.ts";
import { callsTo, finding, insideNamed, offsetsIn, textOf } from "./query.ts";
import { kindsListed, type Variant, variantsOf } from "./variants.ts";
import type { WorkspaceIndex } from "./workspace-index.ts";

const eventName = /event|chunk|delta|update|notification|streampart|signal/i;
/** What a screen, a socket of a browser or a watcher of files sends is not the run. */
const elsewhere =
  /oauth|auth|severity|(?:level|phase|status)$|webview|mouse|keyboard|\bdom|window|telemetry|analytics|hook|webhook|file_?(?:change|watch)|config|settings|schedule|state_?update|partial|options|params|props|handler|listener|(?:emitter|protocol|delegate|bus|manager|queue|processor|store|log|bridge|dispatcher|translator|adapter)$/i;
const variantsMin = 3;
const delivery =
  /(^|\.)_?(emit|emit_event|emitEvent|publish|enqueue|broadcast|send_event|sendEvent|dispatchEvent|on_event|onEvent|yield_event|stream_event|put|put_nowait|sendUpdate|session_update|sessionUpdate|add_event|addEvent|postMessage|notify|notify_all|push|send|fire|next|write_event|writeEvent|callback|listener|handler|handle_event|handleEvent)$/;
const callback =
  /\??\.on_?\w*(?:step|action|tool|run|turn|llm|message|query|text|token|chunk|delta|progress|update|output|start|end|finish|result|reason|think)(?:s|ed|ing|er|_?events?|_?calls?|_?use)?$/i;
const streamer = /stream|run|chat|send|generate|complete|query|ask|respond|step/i;
const textChunks =
  /\b(stream\s*=\s*True|stream:\s*true|on_?(token|text|chunk|delta)|textStream|text_stream|stream_options)\b/gi;

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const unions = unionsIn(index);
  const anyWhole = unions.some(isWhole);
  const ofTools = unions.filter(({ coverage }) => coverage.toolLife !== undefined);
  for (const union of unions) {
    if (union.file !== file) continue;
    // What covers half a run proves nothing beside what covers the whole of it, and ends prove nothing without tools.
    const beside = union.coverage.toolLife !== undefined || union.coverage.ofRun;
    if (anyWhole ? isWhole(union) : ofTools.length === 0 || beside)
      yield* covered(union, index.understood && ofTools.length > 0 ? "effect" : "declaration");
  }
  yield* callbacks(file, index);
  yield* delivered(file, index);
  for (const offset of offsetsIn(file.text, /["']?\bstream_?mode["']?\s*(?::|=(?!=))\s*[\w["'(]/gi))
    if (index.farFromAnchors(file.path) <= 2 && functionAt(file, offset) && !/\bdef\b/.test(headAt(file, offset)))
      yield finding("framework-stream", "chunks", "called", offset, "the framework streams what it does", 2);
  for (const call of callsTo(
    file,
    /(?:^|\.)(?:res|resp|response|reply|writer|controller)\w*(?:\.raw)?\.(?:write|enqueue)$/i,
  ))
    if (index.farFromAnchors(file.path) <= 1 && /["'`]data: /.test(file.source.slice(call.argumentsAt, call.end)))
      yield finding("chunk-sent", "chunks", "called", call.start, "chunks are sent while the answer is made", 2);
  for (const offset of offsetsIn(file.code, textChunks)) {
    const call = file.calls.findLast((candidate) => candidate.start <= offset && offset < candidate.end);
    const download = call !== undefined && /(^|\.)(requests|httpx|session|http)\.|\.get$/.test(call.callee);
    if (!download && !isPrinted(file, offset) && index.farFromAnchors(file.path) <= 1)
      yield finding("text-stream", "chunks", "called", offset, "text is streamed");
  }
}

/** The line up to an offset. */
function headAt({ code }: FileFacts, offset: number): string {
  return code.slice(code.lastIndexOf("\n", offset) + 1, offset);
}

/** Chunks that the same function prints, and gives to nobody, are shown and not delivered. */
function isPrinted(file: FileFacts, offset: number): boolean {
  const fn = functionAt(file, offset);
  if (!fn) return false;
  const prints = file.calls.some(
    (call) =>
      contains(fn, call) &&
      /^(?:print|(?:\w+\.)*stdout\.write|console\.log|(?:\w+\.)*console\.print)$/.test(call.callee),
  );
  const gives =
    file.exits.some((exit) => exit.kind === "yield" && contains(fn, exit)) || callsTo(file, callback, fn).length > 0;
  return prints && !gives;
}

/** A union of events, wherever its kinds are declared. */
interface Union {
  readonly file: FileFacts;
  readonly span: Pick<TypeFact, "start" | "end">;
  readonly variants: readonly Variant[];
  readonly coverage: RunCoverage;
}

const isWhole = ({ coverage }: Union): boolean =>
  coverage.toolLife !== undefined && coverage.ending !== undefined && coverage.reasoned;

const known = new WeakMap<WorkspaceIndex, readonly Union[]>();

/** All unions of the workspace that tell of a tool call or of an end. */
function unionsIn(index: WorkspaceIndex): readonly Union[] {
  const made =
    known.get(index) ?? index.product.flatMap((file) => [...declaredIn(file, index), ...givenIn(file, index)]);
  known.set(index, made);
  return made;
}

function declaredIn(file: FileFacts, index: WorkspaceIndex): Union[] {
  if (index.farFromAnchors(file.path) >= 4) return [];
  return file.types.flatMap((type) => {
    if (elsewhere.test(type.name) || type.end - type.start > 30_000) return [];
    if (!eventName.test(type.name) && !index.carried.has(type.name)) return [];
    const below = type.kind === "class" ? index.below(type.name) : [];
    const variants =
      below.length >= variantsMin
        ? below.flatMap((name) => kindsListed(name, index))
        : variantsOf({ file, type }, index);
    return unionOf(file, type, variants);
  });
}

/** Several kinds named in the type of what a generator gives. */
function givenIn(file: FileFacts, index: WorkspaceIndex): Union[] {
  const generators = file.code.matchAll(/->\s*(?:Async)?(?:Generator|Iterator|Iterable)\[([^\]]*\|[^\]]*\|[^\]]*)\]/g);
  return [...generators].flatMap((match) => {
    const start = functionAt(file, match.index)?.start ?? match.index;
    const variants = (match[1] ?? "").split(/[|,]/).flatMap((name) => kindsListed(name.trim(), index));
    return unionOf(file, { start, end: match.index + match[0].length }, variants);
  });
}

function unionOf(file: FileFacts, span: Pick<TypeFact, "start" | "end">, variants: readonly Variant[]): Union[] {
  if (new Set(variants.map(({ tag }) => tag)).size < variantsMin) return [];
  const coverage = coverageOf(variants);
  // A union without a word of tools or of an end tells of something else than a run.
  if (coverage.toolLife === undefined && coverage.ending === undefined) return [];
  return [{ file, span, variants, coverage }];
}

/** Events of models, of other programs and of screens beside those of the run. */
const otherRuns = /(?:^|\/)(?:models?|providers?|llms?|api|extensions?|experimental|integrations?|realtime|codex)\//i;

function* covered({ file, span, variants, coverage }: Union, strength: Strength): Iterable<Finding> {
  const { toolLife, ending, reasoned } = coverage;
  const count = new Set(variants.map(({ tag }) => tag)).size;
  const apt = (coverage.ofRun ? 5 : 0) + Math.min(3, Math.floor(count / 4)) + (otherRuns.test(file.path) ? 0 : 1);
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

/** Something is told of the run while it goes on, by one function for each thing. */
function* callbacks(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of callsTo(file, callback)) {
    if (index.onRunPath(file, call.start))
      yield finding("callback", "chunks", "called", call.start, "a callback is told while the run goes on");
  }
}

/** Names of the kinds of all unions that tell of a run. */
function kindsOf(index: WorkspaceIndex): ReadonlySet<string> {
  const made =
    kinds.get(index) ??
    new Set(
      unionsIn(index)
        .flatMap(({ variants }) => variants.flatMap(({ tag }) => tag.split(" ")))
        .filter((name) => name.length > 4),
    );
  kinds.set(index, made);
  return made;
}

const kinds = new WeakMap<WorkspaceIndex, ReadonlySet<string>>();

/** Something of a union's kind is made and handed to a function, which is no list and no test of its own. */
function* handedOn(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const names = kindsOf(index);
  if (names.size === 0) return;
  for (const call of file.calls) {
    if (isPlain(call.callee) || !handing.test(call.callee) || !index.onRunPath(file, call.start)) continue;
    const given = file.text.slice(call.argumentsAt + 1, Math.min(call.end, call.argumentsAt + 120));
    const made =
      /^\s*(?:new\s+)?(?:\w+\.)*([A-Z]\w+)\(|^\s*\{\s*["']?(?:type|kind|event)["']?\s*:\s*["']([\w.:-]+)["']|^\s*["']([\w.:-]+)["']\s*,/.exec(
        given,
      );
    const name = made?.[1] ?? made?.[2] ?? (emitting.test(call.callee) ? made?.[3] : undefined);
    if (name !== undefined && names.has(name))
      yield {
        ...finding("event-delivered", "delivered", "effect", call.start, "an event leaves while the run goes on"),
        apt: index.afterModel(file, call.start) ? 9 : 4,
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
    if (!index.onRunPath(file, call.start) || isPlain(call.callee)) continue;
    const around = file.text.slice(call.argumentsAt, Math.min(call.end, call.argumentsAt + 200));
    const typed =
      /\b(?:type|kind|sessionUpdate|event)\s*:\s*["'\w]|["']type["']\s*:|Event\b|Event\(|Event\.|Update\(|Chunk\(/.test(
        around,
      );
    const general = /(^|\.)(put|send|next|push|callback|listener|handler)$/.test(call.callee);
    if (typed || (!general && /event/i.test(call.callee)))
      yield finding("event-delivered", "delivered", "effect", call.start, "an event leaves while the run goes on");
  }
  for (const { kind, start, end } of file.exits) {
    if (kind !== "yield") continue;
    if (!index.onRunPath(file, start)) {
      // Whoever reads the run from elsewhere gets it from a generator of its events.
      const fn = functionAt(file, start);
      if (fn && index.callsOf(fn.name) > 0 && givesTyped(file, start, index) && !otherRuns.test(file.path))
        yield finding("event-read", "delivered", "effect", start, "events of the run are given to readers", 2);
      continue;
    }
    const what = textOf(file, { start, end });
    if (
      /\b(?:type|kind)\b["']?\s*:|Event|Delta|Output|Step|Chunk|^yield\s+(?:[\w.]+\.)?[A-Z]\w+\(/.test(what) ||
      givesTyped(file, start, index)
    )
      yield {
        ...finding("event-yielded", "delivered", "effect", start, "the run yields events"),
        apt: otherRuns.test(file.path) ? 0 : 3,
      };
    else if (insideNamed(file, start, streamer))
      yield finding("chunk-yielded", "chunks", "called", start, "the run yields chunks");
  }
}

/** Whether the function says that it gives events of a declared type. */
function givesTyped(file: FileFacts, offset: number, index: WorkspaceIndex): boolean {
  const fn = file.functions.findLast((one) => contains(one, { start: offset, end: offset }));
  if (!fn) return false;
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
