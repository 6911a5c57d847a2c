/**
 * System event log: structured, append-only and durable entries of what the harness did, at least three kinds of
 * them, apart from the transcript.
 */

import type { Finding } from "../finding.ts";
import type { PrimitiveProbes } from "../primitive.ts";
import type { FileFacts, Span, TypeFact } from "../source/facts.ts";
import { argumentsOf, escaped, finding, textOf } from "../source/query.ts";
import { isScreen } from "../source/scope.ts";
import { variantsOf } from "../source/variants.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { harnessKinds, kindsTold } from "./harness-kinds.ts";
import { lesserLogs } from "./lesser-logs.ts";
import { type Logging, logFlowOf } from "./log-flow.ts";

const transcript = /transcript|chat_?history|conversation|session(?!_?event)|messages?\b|rollout|trajectory/i;

function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const flow = logFlowOf(index);
  for (const logging of flow.in(file)) yield* entries(file, logging, index);
  for (const type of file.types) {
    if (isScreen(file.path) || index.farFromAnchors(file.path) > 3) continue;
    const taken = flow.types.has(type.name) || (flow.apart && /events?(_?(?:schema|type|union))?$/i.test(type.name));
    if (!taken) continue;
    if (index.typeNamed(type.name)?.type !== type) continue;
    if (!eventType.test(type.name)) continue;
    if (type.kind === "class") yield* classesOf(type, index);
    const listed = type.kind !== "class" || /\b(?:Str|Int)?Enum\b/.test(file.code.slice(type.start, type.start + 160));
    if (listed) yield* kindsIn(file, type);
    if (type.kind === "alias") yield* kindsNamed(file, type, index);
  }
  yield* lesserLogs(file, index);
}

/** Types of entries, by name: a record of settings has words of its own. */
const eventType = /event|entry|record|audit|envelope|notification|action|update|kind|hook|log/i;

function* entries(file: FileFacts, logging: Logging, index: WorkspaceIndex): Iterable<Finding> {
  const { call, fn, keepsEvents } = logging;
  if (!logging.structured && !keepsEvents) {
    yield finding("text-log", "text-log", "called", call.start, "a log of plain text");
    return;
  }
  const names = `${fn.name} ${fn.owner} ${file.path.slice(file.path.lastIndexOf("/") + 1)}`;
  const own = !logging.direct && !logging.keepsEvents ? { start: call.argumentsAt, end: call.end } : fn;
  yield* kindsIn(file, own.end - own.start <= entryCharsMax ? own : { start: call.argumentsAt, end: call.end });
  const handedOn = new RegExp(`[(,]\\s*(?:self|this)\\.${escaped(fn.name)}\\s*[,)]`).test(file.code);
  const used = index.onRunPath(file, call.start) || index.callsOf(fn.name) > 0 || handedOn;
  yield finding("append", "append", used ? "effect" : "declaration", call.start, "a structured entry is appended");
  if (!used) return;
  const rich = keepsEvents || [...kindsIn(file, own)].length > 0 || logging.types.some((name) => isTold(name, index));
  if (!rich) return;
  if (keepsEvents && transcript.test(index.storage.fieldsOf(file, fn)))
    yield finding("apart-from-transcript", "separable", "effect", call.start, "events and transcript are kept apart");
  else if (tagged.test(textOf(file, fn)) && !transcript.test(`${names} ${argumentsOf(file, call)}`))
    yield finding("apart-from-transcript", "separable", "effect", call.start, "the log is not the transcript");
}

/** Whether a type, or the classes below it, name a kind of entry. */
function isTold(name: string, index: WorkspaceIndex): boolean {
  const placed = index.typeNamed(name);
  if (placed === undefined || !eventType.test(name)) return false;
  if (placed.type.kind === "class") return [...classesOf(placed.type, index)].length > 0;
  const named = placed.type.kind === "alias" && kindsTold(variantsOf(placed, index)).size > 0;
  return named || [...kindsIn(placed.file, placed.type)].length > 0;
}

/** A function longer than this does more than write an entry. */
const entryCharsMax = 3_000;

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

/** The members of a union say by their names what kinds of entries there are. */
function* kindsNamed(file: FileFacts, type: TypeFact, index: WorkspaceIndex): Iterable<Finding> {
  const text = textOf(file, type);
  for (const [kind, tag] of kindsTold(variantsOf({ file, type }, index))) {
    const at = tag.split(" ").map((word) => text.search(new RegExp(`\\b${escaped(word)}\\b`)));
    const offset = type.start + Math.max(0, at.find((place) => place >= 0) ?? 0);
    yield finding(`entry:${kind}`, "kinds", "effect", offset, `entries about ${kind}`);
  }
}

/** Words by which an entry says what it is: short literals, members of an enumeration, tags of types. */
const tags = /["'`]([\w.:-]{3,40})["'`]|\b\w+\.([A-Z][A-Z_]{3,}|[A-Z][a-z]+(?:[A-Z][a-z]+)+)\b/g;
/** Literals of conditions and listeners name no entry. */
const notTag = /(?:[!=]==?\s*|\bon\(\s*|\bcase\s+|\bin\s+\(?\[?|typeof[^"']*)$/;

function* kindsIn(file: FileFacts, within: Span): Iterable<Finding> {
  const text = textOf(file, within);
  const told = new Set<string>();
  for (const match of text.matchAll(tags)) {
    const tag = (match[1] ?? match[2] ?? "").replace(/([a-z0-9])([A-Z])/g, "$1_$2");
    if (notTag.test(text.slice(Math.max(0, match.index - 24), match.index))) continue;
    for (const [kind, pattern] of harnessKinds) {
      if (told.has(kind) || !pattern.test(tag)) continue;
      told.add(kind);
      yield finding(`entry:${kind}`, "kinds", "effect", within.start + match.index, `entries about ${kind}`);
    }
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
