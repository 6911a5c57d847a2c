/**
 * What goes into the harness's own logs: which functions append structured entries durably, which types they take, and
 * what their callers hand them. Found once per workspace, asked by the probes of the system event log.
 */
import { type CallFact, type FileFacts, type FunctionFact, functionAt } from "../source/facts.ts";
import { argumentsOf, lastName } from "../source/query.ts";
import { isScreen } from "../source/scope.ts";
import { variantsOf } from "../source/variants.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { kindsTold } from "./harness-kinds.ts";

const logName =
  /event_?(log|store|file|writer|sink|record)|audit|journal|\blog(ger|file|s)?\b|_log\b|log_?(event|entry|record)|telemetry|analytics|recorder|ledger|activity|trace|eventstream|event_?stream|history_?log|session_?manager|rollout|hook_?(audit|log)/i;
const structured =
  /JSON\.stringify|json\.dumps?\b|model_dump|to_?json|asdict|INSERT\s+(?:OR\s+\w+\s+)?INTO|toJSON|jsonl|envelope|structlog/i;
/** Fields of a record that is written: the events of the harness are a part of their own. */
const eventFields = /\b(events|event_?log|log|journal|entry|audit)\b/i;
/** Appends of the model's own work, or of nothing at all. */
const noLog = /(^|\.)(execute|_execute|invoke|run|createFile|write_?file|print|console\.\w+)$/;
/** A line for a console or a developer: a level and a sentence. */
const leveled = /(^|\.)(debug|info|warn|warning|error|exception|verbose|critical)$/;

export interface Logging {
  readonly file: FileFacts;
  readonly call: CallFact;
  readonly fn: FunctionFact;
  /** False for a call of one of the repository's own functions that append. */
  readonly direct: boolean;
  readonly structured: boolean;
  /** The record that is written has a part for events. */
  readonly keepsEvents: boolean;
  /** Names of the types that the function takes, two references deep. */
  readonly types: readonly string[];
}

interface LogFlow {
  readonly in: (file: FileFacts) => readonly Logging[];
  /** Names of the types that the functions which append take, two references deep. */
  readonly types: ReadonlySet<string>;
  /** Some record that is written has a part for events and another for the conversation. */
  readonly apart: boolean;
}

const known = new WeakMap<WorkspaceIndex, LogFlow>();

export function logFlowOf(index: WorkspaceIndex): LogFlow {
  const found = known.get(index) ?? follow(index);
  known.set(index, found);
  return found;
}

/** How many of the repository's own functions may stand between who tells of something and what appends it. */
const levelsMax = 2;

function follow(index: WorkspaceIndex): LogFlow {
  const loggings = new Map<FileFacts, Logging[]>();
  const names = new Map<string, string[]>();
  const types = new Set<string>();
  const near = index.product.filter(({ path }) => index.farFromAnchors(path) < 4 && !isScreen(path));
  const appending = near.flatMap((file) =>
    file.calls
      .filter((call) => index.storage.appends(file, call) && !noLog.test(call.callee) && !leveled.test(call.callee))
      .flatMap((call) => {
        const fn = functionAt(file, call.start);
        return fn === undefined ? [] : [{ file, call, fn }];
      }),
  );
  const keep = (found: Omit<Logging, "types">): void => {
    const counts = found.structured || found.keepsEvents;
    const taken = counts ? [...new Set(typesNamedIn(index, headText(found.file, found.fn)))] : [];
    loggings.set(found.file, [...(loggings.get(found.file) ?? []), { ...found, types: taken }]);
    if (counts) names.set(found.fn.name, [...(names.get(found.fn.name) ?? []), found.fn.owner]);
    for (const name of taken) types.add(name);
  };
  const rest = appending.filter(({ file, call, fn }) => {
    const keepsEvents = eventFields.test(index.storage.fieldsOf(file, fn));
    const base = file.path.slice(file.path.lastIndexOf("/") + 1);
    const named = logName.test(`${fn.name} ${fn.owner} ${base}`) || /event|\blog/i.test(argumentsOf(file, call));
    const isStructured = structured.test(file.source.slice(fn.start, fn.end));
    const direct = index.functionsNamed(lastName(call.callee)).length === 0;
    const counts = keepsEvents || (named && (isStructured || direct));
    const entries = !counts && takesEntries(index, file, fn);
    if (counts || entries) keep({ file, call, fn, direct, structured: isStructured || entries, keepsEvents });
    return !counts && !entries;
  });
  for (let level = 0, open = rest; level < levelsMax && open.length > 0; level += 1) {
    const told = new Map(names);
    open = open.filter(({ file, call, fn }) => {
      if (!isMeant(index, call, told.get(lastName(call.callee)) ?? [])) return true;
      keep({ file, call, fn, direct: false, structured: true, keepsEvents: false });
      return false;
    });
  }
  const apart = [...loggings.values()].flat().some(({ file, fn, keepsEvents }) => {
    const fields = keepsEvents ? index.storage.fieldsOf(file, fn) : "";
    return (
      /\b(?:events|event_?log|journal)\b/i.test(fields) && /transcript|messages|entries|conversation/i.test(fields)
    );
  });
  return { in: (file) => loggings.get(file) ?? [], types, apart };
}

/** Where several functions have the name, whose it is must be said by what it is called on. */
function isMeant(index: WorkspaceIndex, { callee }: CallFact, owners: readonly string[]): boolean {
  if (owners.length === 0 || index.functionsNamed(lastName(callee)).length < 2) return owners.length > 0;
  const receiver = /([\w$]+)[?!]?\.[\w$]+$/.exec(callee)?.[1]?.replace(/_/g, "").toLowerCase();
  return (
    receiver === undefined ||
    /^(?:self|this|cls|super)$/.test(receiver) ||
    owners.some((owner) => owner.toLowerCase().includes(receiver) || receiver.includes(owner.toLowerCase()))
  );
}

/** So many kinds make a log; see the rubric. */
const kindsMin = 3;
const keepsEntries = /^_*a?(?:append|record|log|write|persist)_?(?:record|entry|event|message|row|item|line)?s?$/i;

/** Whatever it is called, it appends what is of one of many declared kinds, of which several are of the harness. */
function takesEntries(index: WorkspaceIndex, file: FileFacts, fn: FunctionFact): boolean {
  return (
    keepsEntries.test(fn.name) &&
    typesNamedIn(index, headText(file, fn)).some((name) => {
      const placed = index.typeNamed(name);
      return (
        placed !== undefined && placed.type.kind !== "class" && kindsTold(variantsOf(placed, index)).size >= kindsMin
      );
    })
  );
}

function headText(file: FileFacts, fn: FunctionFact): string {
  const text = file.code.slice(fn.start, Math.min(fn.end, fn.start + 500));
  const end = /\)\s*(?::[^{=]{0,120}|->[^:]{0,120})?(?:\{|=>|:\s*\n)/.exec(text);
  return end ? text.slice(0, end.index + end[0].length) : text.slice(0, 240);
}

const typeCharsMax = 4_000;
const referencesMax = 24;

function typesNamedIn(index: WorkspaceIndex, text: string, depth = 2): string[] {
  const names = [...new Set(text.match(/\b[A-Z][\w$]{2,}\b/g) ?? [])].slice(0, referencesMax);
  return names.flatMap((name) => {
    const placed = index.typeNamed(name);
    if (placed === undefined) return [];
    const { file, type } = placed;
    const deeper =
      depth > 0 && type.end - type.start <= typeCharsMax
        ? typesNamedIn(index, file.code.slice(type.start, type.end), depth - 1)
        : [];
    return [name, ...deeper];
  });
}
