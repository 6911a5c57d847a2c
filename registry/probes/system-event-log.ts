/**
 * System event log: structured, append-only and durable entries of what the harness did, at least three kinds of
 * them, apart from the transcript.
 */
import { type FileFacts, functionAt, type Span, type TypeFact } from "./facts.ts";
import type { Finding } from "./finding.ts";
import type { PrimitiveProbes } from "./primitive.ts";
import { callsTo, finding, offsetsIn, textOf } from "./query.ts";
import { isScreen } from "./scope.ts";
import { subjectOf } from "./storage.ts";
import type { WorkspaceIndex } from "./workspace-index.ts";

const logName =
  /event_?(log|store|file|writer|sink)|audit|journal|\blog(ger|file|s)?\b|_log\b|telemetry|analytics|recorder|ledger|activity|trace|eventstream|event_?stream|history_?log|session_?manager|rollout/i;
const structured = /JSON\.stringify|json\.dumps|model_dump|to_?json|asdict|INSERT\s+INTO|toJSON|jsonl/i;
const transcript = /transcript|chat_?history|conversation|session|messages?\b|rollout|trajectory/i;

/** What a harness does besides talking. Three different kinds make a log. */
const kinds: readonly (readonly [string, RegExp])[] = [
  [
    "lifecycle",
    /["'](?:\w+[_.:-])?(?:session|agent|run|task|turn|process|launched)[_.:-]?(?:start(?:ed)?|end(?:ed)?|exit(?:ed)?|complete[d]?|created|closed|finished|shutdown|init)["']|["'](?:launched|exit|startup|shutdown)["']/gi,
  ],
  [
    "config",
    /["'][\w.:-]*(?:model|config|settings|thinking[_-]?level|mode)[_.:-]?(?:change[d]?|update[d]?|set|switch(?:ed)?|select(?:ed)?)["']/gi,
  ],
  ["permission", /["'][\w.:-]*(?:permission|approval|denied|approved|decision)[\w.:-]*["']/gi],
  ["error", /["'][\w.:-]*(?:error|retry|failed|failure|crash|exception)[\w.:-]*["']/gi],
  ["compaction", /["'][\w.:-]*(?:compact|summari[sz])\w*[\w.:-]*["']/gi],
  [
    "routing",
    /["'][\w.:-]*(?:handoff|routing|routed|delegat|transfer|subagent|command[_.:-]?(?:match\w*|invoked|run))[\w.:-]*["']/gi,
  ],
];

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const base = file.path.slice(file.path.lastIndexOf("/") + 1);
  for (const call of file.calls) {
    const fn = functionAt(file, call.start);
    if (!fn || !index.storage.appends(file, call)) continue;
    const names = `${fn.name} ${fn.owner} ${base}`;
    const source = file.source.slice(fn.start, fn.end);
    const fields = index.storage.fieldsOf(file, fn);
    const keepsEvents = eventFields.test(fields);
    if (!keepsEvents && !logName.test(names) && !/event|log/i.test(subjectOf(file, call))) continue;
    if (!keepsEvents && !structured.test(source) && !structured.test(subjectOf(file, call))) {
      yield finding("text-log", "text-log", "called", call.start, "a log of plain text");
      continue;
    }
    const used = index.onRunPath(file, call.start) || index.callsOf(fn.name) > 0;
    yield finding("append", "append", used ? "effect" : "declaration", call.start, "a structured entry is appended");
    if (used && keepsEvents && transcript.test(fields))
      yield finding("apart-from-transcript", "separable", "effect", call.start, "events and transcript are kept apart");
    else if (used && tagged.test(textOf(file, fn)) && !transcript.test(names) && !transcript.test(source))
      yield finding("apart-from-transcript", "separable", "effect", call.start, "the log is not the transcript");
    yield* categories(file);
  }
  for (const type of file.types) {
    if (!/(event|entry|record)s?(_?(schema|type|kind|union))?$/i.test(type.name) || isScreen(file.path)) continue;
    if (index.farFromAnchors(file.path) > 2) continue;
    yield* categories(file, type);
    if (type.kind === "class") yield* classesOf(type, index);
  }
  yield* tracing(file);
}

/** An entry says what kind of entry it is. */
const tagged = /\b(type|event\w*|kind|level|action|decision)["']?\s*[:=,)]|\b\w*(Event|Entry|Record)\b/;
const classKinds: readonly (readonly [string, RegExp])[] = [
  ["lifecycle", /(State|Status)Changed|Started|Finish|Completed|Ended/],
  ["config", /(Model|Config|Mode|Settings)Chang|Switch/],
  ["permission", /Permission|Approval|Confirm|Reject|Denied/],
  ["error", /Error|Retry|Fail/],
  ["compaction", /Condens|Compact|Summar/],
  ["routing", /Delegate|Handoff|Rout|SubAgent|Recall/],
];

/** The classes below an event say what kinds of entries there are. */
function* classesOf(type: TypeFact, index: WorkspaceIndex): Iterable<Finding> {
  const names = index.below(type.name);
  for (const [kind, pattern] of classKinds) {
    if (names.some((name) => pattern.test(name)))
      yield finding(`entry:${kind}`, "kinds", "effect", type.start, `entries about ${kind}`);
  }
}

/** Fields of a record that is written: the events of the harness are a part of their own. */
const eventFields = /\b(events|event_?log|log|journal|entry|audit)\b/i;

function* categories(file: FileFacts, within: Span = { start: 0, end: file.source.length }): Iterable<Finding> {
  for (const [kind, pattern] of kinds) {
    const offset = offsetsIn(textOf(file, within), pattern, within.start)[0];
    if (offset !== undefined) yield finding(`entry:${kind}`, "kinds", "effect", offset, `entries about ${kind}`);
  }
}

function* tracing(file: FileFacts): Iterable<Finding> {
  if (/opentelemetry|langfuse|langsmith|@sentry|posthog|mixpanel|mlflow|phoenix|openinference/i.test(file.imports)) {
    yield finding(
      "tracing-export",
      "tracing",
      "called",
      Math.max(0, file.code.search(/import/)),
      "telemetry is exported",
    );
  }
  for (const call of callsTo(
    file,
    /(^|\.)(startSpan|start_span|withSpan|start_as_current_span|create_span|trace)$|(^|\.)(with\w+Span|\w+_span)$/,
  )) {
    yield finding("tracing-span", "tracing", "called", call.start, "spans of a trace");
  }
}

export const systemEventLog: PrimitiveProbes = {
  id: "system-event-log",
  aspects: [
    { id: "append", required: true, text: "structured entries, appended durably by the harness" },
    { id: "kinds", required: true, supporting: true, text: "at least three kinds of entry", atLeast: 3 },
    { id: "separable", required: true, supporting: true, text: "separable from the transcript" },
    { id: "tracing", required: false, text: "tracing export" },
    { id: "text-log", required: false, text: "a text log" },
  ],
  probe,
  asserted: /event.?log|\blog(s|ged|ging)?\b|journal|audit|telemetry/i,
  denied: /(?:event |system )?log(?:ging)?|telemetry/,
};
