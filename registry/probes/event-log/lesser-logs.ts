/**
 * Logs that are less than a harness's own event log: lines of text in a file, traces and telemetry that are exported, a
 * record of steps that is written as a whole. Any of them makes the log partial, none makes it whole.
 */

import type { Finding } from "../finding.ts";
import { type CallFact, contains, type FileFacts, type FunctionFact, functionAt } from "../source/facts.ts";
import { argumentsOf, callsTo, finding, lastName, textOf } from "../source/query.ts";
import { isScreen } from "../source/scope.ts";
import type { Place, WorkspaceIndex } from "../source/workspace-index.ts";

export function* lesserLogs(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  yield* textLogs(file, index);
  yield* recorded(file, index);
  yield* tracing(file);
  yield* telemetry(file, index);
}

const toFile =
  /(^|\.|\s)(FileHandler|RotatingFileHandler|TimedRotatingFileHandler|WatchedFileHandler|transports\.File|DailyRotateFile|pino\.destination)$/;
/** A library whose loggers take files by their names, or the streams of the console. */
const sink = /(?:^|\.)_?log(?:ger)?\.add$/;

/** A logger that writes lines of text to a file. */
function* textLogs(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 2 || isScreen(file.path)) return;
  for (const call of file.calls) {
    if (!(toFile.test(call.callee) && !toConsole.test(argumentsOf(file, call))) && !isFileSink(file, call)) continue;
    const fn = functionAt(file, call.start);
    if (fn === undefined || index.callsOf(fn.name) > 0 || /^(__init__|constructor)$/.test(fn.name))
      yield finding("text-log", "text-log", "called", call.start, "a log of plain text");
  }
}

/** The streams of the console, by their numbers. */
const toConsole = /\bdest\s*:\s*[12]\b|\bprocess\.std|^\(\s*[12]?\s*\)$/;

function isFileSink(file: FileFacts, call: CallFact): boolean {
  return (
    sink.test(call.callee) &&
    /\bloguru\b/.test(file.imports) &&
    !/^\(\s*(?:sink\s*=\s*)?(?:sys\.)?(?:std(?:out|err)|lambda|print)/.test(argumentsOf(file, call))
  );
}

const keepsRecords = /^_*(?:a?log|record|track|add_?(?:entry|log|record|step)|append_?(?:entry|log|record|step))/i;
const timed = /["']?\b(?:timestamp|time|created_?at|at|ts|date)\b["']?\s*[:=]/i;
const typed = /["']?\b(?:type|kind|event|event_?type|event_?name|level|category|action|state|status)\b["']?\s*[:=,]/i;
const keptByBrowser = /\b(?:Cookies\.set|localStorage\.setItem)$/;
/** A longer function does more than keep a record. In UTF-16 units. */
const recordCharsMax = 4_000;

/** An entry with a time and a kind of its own is kept, be it in a file that is written anew each time. */
function* recorded(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 2 || isScreen(file.path)) return;
  for (const fn of file.functions) {
    if (!keepsRecords.test(fn.name) || fn.end - fn.start > recordCharsMax || index.callsOf(fn.name) === 0) continue;
    const text = textOf(file, fn);
    if (timed.test(text) && typed.test(text) && isKept(file, fn, index))
      yield finding("entry-kept", "text-log", "called", fn.start, "entries with a time and a kind are kept", 1);
  }
}

function isKept(file: FileFacts, fn: FunctionFact, index: WorkspaceIndex): boolean {
  const own = file.calls.filter((call) => contains(fn, call));
  if (own.some((call) => index.storage.writes(file, call))) return true;
  const called = new Set(own.map(({ callee }) => lastName(callee)));
  return callsTo(file, keptByBrowser).some((call) => called.has(functionAt(file, call.start)?.name ?? ""));
}

const tracers = /opentelemetry|langfuse|langsmith|@sentry|posthog|mixpanel|mlflow|phoenix|openinference/i;
const spans =
  /(^|\.)(startSpan|start_span|withSpan|start_as_current_span|create_span|trace)$|(^|\.)(with\w+Span|\w+_span)$/;
/** A level of a logger, below debug. */
const traceLevel = /log\w*(?:\(\))?\??\.trace$|^console\.trace$/i;

function* tracing(file: FileFacts): Iterable<Finding> {
  if (tracers.test(file.imports)) {
    const at = Math.max(0, file.text.search(tracers));
    yield finding("tracing-export", "tracing", "called", at, "telemetry is exported");
  }
  for (const call of callsTo(file, spans))
    if (!traceLevel.test(call.callee))
      yield finding("tracing-span", "tracing", "called", call.start, "spans of a trace");
}

const telling =
  /(?:^|\.)_?(?:(?:send|capture|track|record|log)_?(?:telemetry|analytics|event|usage)s?(?:_?event)?|(?:telemetry|analytics|posthog|mixpanel|amplitude|segment)\w*\??\.(?:track|capture|send|event|log|record)\w*)$/i;

/** Somewhere else is told by name of what happened. */
function* telemetry(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 2 || isScreen(file.path)) return;
  for (const call of callsTo(file, telling)) {
    const named = /^\(\s*(?:\w+\s*=\s*)?["'`][\w.:/ -]{3,48}["'`]/.test(argumentsOf(file, call));
    if (named && isSent(call, index))
      yield finding("telemetry-event", "tracing", "called", call.start, "telemetry is exported");
  }
}

const goesOut = /^(?:post|fetch|request|urlopen|capture|track|send|publish|emit)/i;

/** The repository's own function goes out over a connection, or there is none of that name: a library does. */
function isSent(call: CallFact, index: WorkspaceIndex): boolean {
  if (!/telemetry|analytics|posthog|mixpanel|amplitude|segment/i.test(call.callee)) return false;
  const places = index.functionsNamed(lastName(call.callee));
  const goes = ({ file, fn }: Place) =>
    file.calls.some((one) => contains(fn, one) && goesOut.test(lastName(one.callee)));
  return places.length === 0 || places.some(goes);
}
