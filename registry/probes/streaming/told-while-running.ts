/**
 * What a run tells while it goes on, in forms weaker than a union of events: a function that was handed in is called,
 * an observer is told, chunks of an answer are sent or yielded. Any of them makes streaming partial, none makes it whole.
 */

import type { Finding } from "../finding.ts";
import { type CallFact, contains, type FileFacts, functionAt } from "../source/facts.ts";
import { argumentsOf, callsTo, finding, lastName, offsetsIn, textOf } from "../source/query.ts";
import { wordsIn } from "../source/variants.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";

const callback =
  /\??\.on_?\w*(?:step|action|tool|run|turn|llm|message|query|text|token|chunk|delta|progress|update|output|start|end|finish|result|reason|think)(?:s|ed|ing|er|_?events?|_?calls?|_?use)?$/i;
const textChunks =
  /\b(stream\s*=\s*True|stream:\s*true|on_?(token|text|chunk|delta)|textStream|text_stream|stream_options)\b/gi;
/** Downloads, and the output of processes and containers. */
const otherStreams =
  /(^|\.)(requests|httpx|session|http)\.|\.get$|exec_|docker|container|socket|subprocess|\blogs$|pull$/i;

export function* toldWhileRunning(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  yield* callbacks(file, index);
  yield* observers(file, index);
  yield* webhooks(file, index);
  yield* answersSent(file, index);
  for (const offset of offsetsIn(
    file.text,
    /["']?\bstream_?mode["']?\s*(?::|=(?!=))\s*[\w["'(]|\.(?:a?stream_events|astream_log|streamEvents|run_stream(?:ed|_events)?)\(/gi,
  ))
    if (index.farFromAnchors(file.path) <= 2 && functionAt(file, offset) && !/\bdef\b/.test(headAt(file, offset)))
      yield finding("framework-stream", "chunks", "called", offset, "the framework streams what it does", 2);
  for (const offset of offsetsIn(file.code, textChunks)) {
    const call = file.calls.findLast((candidate) => candidate.start <= offset && offset < candidate.end);
    if (call !== undefined && otherStreams.test(call.callee)) continue;
    if (!isPrinted(file, offset) && index.farFromAnchors(file.path) <= 1)
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

/** Names of functions that somebody hands in to be told. Who is asked, billed or cleaned up after is told nothing. */
const told =
  /^(?:on_?(?:\w*_)?\w*(?:step|action|tool|run|turn|llm|message|text|token|chunk|delta|progress|update|output|start|end|finish|result|reason|think|event|status|state|task|iteration|data|partial|log|complete)\w*|(?:\w+_)?callback|\w+Callback|notify\w*|(?:event|update|progress|message|step|stream)_?(?:listener|observer|handler|hook|sink|callback))$/i;
const asked =
  /cost|usage|retry|close|cleanup|auth|approv|confirm|permission|consent|ask|input|login|before|dispose|mount|click|change$/i;

/** Told of the network, of a page or of a process: not of the run. */
const elsewhere = /on_?(?:request|response|frame|page|node|socket|connect|exit|std\w+)\w*$/i;

/** The first argument, as far as it is a name or a literal. */
function firstOf(file: FileFacts, call: CallFact): string {
  return /^\(\s*(["'`]?[\w$.-]{1,60})/.exec(argumentsOf(file, call))?.[1] ?? "";
}

/** What a program notes of itself. */
const ownAffairs = /(?<!dia)log(?:s|ger|_|[A-Z]|$|\b)|telemetry|metric|analytics|error|auth|usage|cost|state_?update/i;

/** Something is told of the run while it goes on, by one function for each thing. */
function* callbacks(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of file.calls) {
    const known = callback.test(call.callee);
    if (elsewhere.test(call.callee) || (!known && !isHandedIn(file, call, index))) continue;
    if (index.onRunPath(file, call.start))
      yield finding(
        "callback",
        "chunks",
        "called",
        call.start,
        "a callback is told while the run goes on",
        known ? 1 : 0,
      );
  }
}

/** The repository declares no function of that name: whoever calls the run hands it in. */
function isHandedIn(file: FileFacts, call: CallFact, index: WorkspaceIndex): boolean {
  const name = lastName(call.callee);
  if (!told.test(name) || asked.test(name) || index.functionsNamed(name).length > 0) return false;
  if (/^\(\s*\)$/.test(argumentsOf(file, call))) return false;
  const bare = call.callee.replace(/[?!.]+$/, "") === name;
  return bare
    ? isParameter(file, call, name)
    : /^(?:self|this|options|opts|params|props|config|callbacks|handlers|hooks|args|input)\b/.test(call.callee);
}

/** How far a function's parameters reach at most. In UTF-16 units. */
const headCharsMax = 1_200;

/** A function around the call takes something of that name. */
function isParameter(file: FileFacts, call: CallFact, name: string): boolean {
  return file.functions.some((fn) => {
    if (!contains(fn, call)) return false;
    const head = file.code.slice(fn.start, Math.min(call.start, fn.start + headCharsMax));
    return new RegExp(`[(,{\\s]${name}\\??\\s*[:=,)}]`).test(head);
  });
}

/** A generator is asked for its next value, a span is given a mark, a memory something to keep, a pipe fails: nobody is told. */
export const toNobody =
  /(?:span\w*|memory|history|body|req|request|response|process|child|std\w+|watcher|server)\??\.\w+$|(?:^|(?:self|this)\.)add_?event$|(?:^|\.)a(?:send|throw)$/i;
const telling =
  /\.(?:update\w*|notify\w*|report\w*|on_\w+|emit\w*|publish\w*|send\w*|post\w*|push\w*|stream\w*|broadcast\w*)$/i;
const outside = new Set(
  "console ui view reporter notifier observer monitor frontend websocket socketio sio emitter ws webhook broadcaster bus hub".split(
    " ",
  ),
);
/** Whatever it is called on, it tells. */
const tells =
  /^_?(?:emit|publish|broadcast|notify|send_?(?:event|update|progress|status|chunk|token)|(?:push|post|report|stream)_?(?:event|update|progress|status|chunk|token))(?:s$|_?[A-Z]|_|$)/;

/** What stands outside of the run and is kept informed: its display, its socket, whoever looks on. */
function* observers(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of file.calls) {
    const receiver = telling.test(call.callee) ? lastName(call.callee.replace(telling, "")) : "";
    const isTold = wordsIn(receiver).some((word) => outside.has(word)) || tells.test(lastName(call.callee));
    if (
      isTold &&
      !toNobody.test(call.callee) &&
      !ownAffairs.test(`${call.callee} ${firstOf(file, call)}`) &&
      index.onRunPath(file, call.start)
    )
      yield finding("observer-told", "chunks", "called", call.start, "an observer is told while the run goes on");
  }
}

const posting = /(?:^|\.)(?:post|fetch|axios|request)$/i;

/** Whoever asked for it is told by a request to an address of theirs. */
function* webhooks(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 2) return;
  for (const call of callsTo(file, posting)) {
    const fn = functionAt(file, call.start);
    if (fn === undefined || index.callsOf(fn.name) === 0 || !/web_?hook/i.test(argumentsOf(file, call))) continue;
    if (/status|event|progress|step|state/i.test(textOf(file, fn)))
      yield finding("webhook-called", "chunks", "called", call.start, "a web hook is told what the run does");
  }
}

const sender = /(?:^|\.)(?:res|resp|response|reply|writer|controller)\w*(?:\.raw)?\.(?:write|enqueue)$/i;
const streamedResponse =
  /(?:^|\.)(?:StreamingResponse|EventSourceResponse|StreamingHttpResponse|ServerSentEvent|streamSSE|streamText|createDataStream\w*|createUIMessageStream\w*|to(?:DataStream|UIMessageStream|TextStream|AIStream)\w*|pipe(?:DataStream|UIMessageStream|TextStream)\w*|mergeIntoDataStream|stream_with_context)(?:\.\w+)?$/;

/** An answer goes out piece by piece over a connection. */
function* answersSent(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of callsTo(file, sender))
    if (index.farFromAnchors(file.path) <= 1 && /["'`]data: /.test(file.source.slice(call.argumentsAt, call.end)))
      yield finding("chunk-sent", "chunks", "called", call.start, "chunks are sent while the answer is made", 2);
  for (const call of callsTo(file, streamedResponse))
    if (index.farFromAnchors(file.path) <= 2 && !isDownload(file, call))
      yield finding("response-streamed", "chunks", "called", call.start, "the answer is streamed to who asked", 1);
}

/** A file goes out the same way, under a type of its own. */
function isDownload(file: FileFacts, call: CallFact): boolean {
  return /attachment|octet|zip|\bfile|bytes|s3|pdf|image\/|audio/i.test(argumentsOf(file, call));
}
