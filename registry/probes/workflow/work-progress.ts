/**
 * How far the work has come, kept apart from the transcript in forms that are no status type: a record of progress, a
 * list of steps that a loop goes through, statuses named by constants, a graph or a workflow of an engine. Each is a
 * declaration: it says that there is a state, never that it survives.
 */

import type { Finding } from "../finding.ts";
import type { FileFacts, TypeFact } from "../source/facts.ts";
import { codeOf, finding, offsetsIn, worded } from "../source/query.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";

/** Fields that say where the work stands. */
const stands =
  /^(?:(?:current|completed|finished|failed|remaining|unfinished|pending|next|this|executed|done)_?(?:steps?|tasks?|sub_?tasks?|depth|breadth|quer(?:y|ies)|phase|stage|rounds?|iterations?|goals?|plan|node|speaker|actions?|(?:sub_?)?agent)(?:_?(?:id|index|count|idx))?|is_?(?:finished|completed|done)|\w*revision_?(?:count|number)|n_?(?:steps|rounds|tasks)|(?:step|round|phase|stage|iteration)_?(?:number|index|count|idx)|phase|stage|paused|stopped|gaps|times_?looped|consecutive_?failures|task_?queue)$/i;
/** Fields that such a record has beside them. */
const beside =
  /^(?:total_?(?:steps?|depth|breadth|quer(?:y|ies)|tasks?|rounds?)|steps?|tasks?|plan|progress|task_?(?:id|map)|attempts?|sections|goal)$/i;
/** Records about something else, whatever their fields are called. */
const otherRecord =
  /event|option|param|config|setting|props|args|input|request|response|usage|metric|stats|statistic|callback|parser|stream|render|display|prompt|template|error|tool_?call|browser|page|download|upload|test|mock/i;
const typeCharsMax = 24_000;

/** How many of these names of fields say where the work stands. */
export function progressIn(names: readonly string[]): number {
  return names.filter((name) => stands.test(worded(name)) || beside.test(worded(name))).length;
}

export function* workProgress(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 2) return;
  for (const type of file.types) {
    if (type.kind === "enum" || type.end - type.start > typeCharsMax || otherRecord.test(worded(type.name))) continue;
    const fields = fieldsOf(file, type);
    const where = fields.filter((name) => stands.test(worded(name)));
    if (where.length === 0) continue;
    if (where.length < 2 && !fields.some((name) => beside.test(worded(name)))) continue;
    yield finding("progress-record", "status", "declaration", type.start, "a record of how far the work has come", 2);
  }
  yield* namedStatuses(file);
  yield* stepLists(file, index);
  yield* engines(file);
}

/** Names of the fields of a type: those at its first depth, and what the methods of a class set on the object. */
export function fieldsOf(file: FileFacts, type: TypeFact): string[] {
  const body = codeOf(file, type);
  const lines = body.split("\n").slice(1);
  const depth = Math.min(...lines.filter((line) => /^\s+[\w#@]/.test(line)).map((line) => line.search(/\S/)));
  const names = new Set<string>();
  for (const line of lines) {
    const own =
      line.search(/\S/) === depth
        ? /^\s*(?:(?:readonly|public|private|protected|static|declare)\s+)*[#_]*([A-Za-z]\w*)[?!]?\s*(?::|=(?!=))/.exec(
            line,
          )?.[1]
        : undefined;
    const set =
      type.kind === "class" ? /^\s*(?:self|this)\.[#_]*([A-Za-z]\w*)\s*(?::[^=]+)?=(?!=)/.exec(line)?.[1] : undefined;
    for (const name of [own, set]) if (name !== undefined) names.add(name);
  }
  return [...names];
}

const constant =
  /^(?:export\s+)?(?:const\s+)?(?:[A-Z]+_)*(?:STATUS|STATE|PHASE|STAGE)_[A-Z_]+(?:\s*:[^=\n]+)?\s*=\s*["'][\w-]+["']/gm;
const constantsMin = 3;
/** Of these words at least one says that the work is not over. */
const open = /(?:START|RUN|PEND|EXECUT|PROGRESS|WAIT|PAUS|ACTIVE|QUEUE|BLOCK)/;

const unionOfConstants = /\b\w*(?:Status|State|Phase|Stage)\w*\s*=\s*(?:z|t|v|Type)\.\w+\(/g;

/** `const TASK_STATUS_STARTED = "started"`, three of them or more; or a schema that is one of such constants. */
function* namedStatuses(file: FileFacts): Iterable<Finding> {
  for (const offset of offsetsIn(file.code, unionOfConstants)) {
    const union = file.code.slice(offset, offset + 400).split(";")[0] ?? "";
    const members = new Set(union.match(/\b(?:[A-Z]+_)*(?:STATUS|STATE|PHASE|STAGE)_[A-Z_]+/g) ?? []);
    if (members.size >= constantsMin && open.test([...members].join(" ")))
      yield finding("named-statuses", "status", "declaration", offset, "statuses named by constants", 4);
  }
  const constants = offsetsIn(file.text, constant);
  const first = constants[0];
  if (first === undefined || constants.length < constantsMin) return;
  if (constants.some((offset) => open.test(file.text.slice(offset, offset + 80).split("=")[0] ?? "")))
    yield finding("named-statuses", "status", "declaration", first, "statuses named by constants", 2);
}

const listOfSteps =
  /^(?:export\s+)?(?:const\s+)?\w*(?:STEPS|STAGES|PHASES|PIPELINE|WORKFLOW|[sS]teps|[sS]tages|[pP]hases|[pP]ipeline)\s*(?::[^=\n]+)?=\s*[[{(]/gm;
const stepsMin = 3;
const listCharsMax = 2_000;

/** A list of the repository's own functions that is called the steps. */
function* stepLists(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const offset of offsetsIn(file.code, listOfSteps)) {
    const list = file.code.slice(offset, offset + listCharsMax);
    const end = list.search(/^[\])}]/m);
    const named = new Set(
      list.slice(0, end < 0 ? undefined : end).match(/(?<=[[,(\s])[a-z_]\w{3,}(?=\s*[,\])\n])/g) ?? [],
    );
    if ([...named].filter((name) => index.functionsNamed(name).length > 0).length >= stepsMin)
      yield finding("step-list", "status", "declaration", offset, "steps listed apart from the transcript", 1);
  }
}

/** Engines whose graphs and workflows are made of named steps with a state between them. */
const engineCalls: readonly (readonly [callee: RegExp, imports: RegExp])[] = [
  [/(^|\.)(StateGraph|MessageGraph)$|^new StateGraph$/, /langgraph/],
  [/(^|\.)step\??\.(run|invoke|waitForEvent|sleep\w*|ai\.\w+)$/, /inngest/],
  [/(^|\.)(createWorkflow|createStep)$/, /@mastra\//],
  [/^(createMachine|setup|createActor)$/, /xstate/],
  [/(^|\.)proxyActivities$|workflow\.execute_activity$/, /temporal/],
  [/(^|\.)Graph$/, /pydantic_graph/],
];

function* engines(file: FileFacts): Iterable<Finding> {
  const engine = engineCalls.filter(([, imports]) => imports.test(file.imports));
  const call = file.calls.find(({ callee }) => engine.some(([made]) => made.test(callee)));
  if (call) yield finding("workflow-engine", "status", "declaration", call.start, "the work is a graph of steps", 3);
}
