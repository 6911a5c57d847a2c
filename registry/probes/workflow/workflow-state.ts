/**
 * Workflow state: an explicit status or step type apart from the transcript, kept durably, with resume or idempotent
 * steps.
 */

import type { Finding } from "../finding.ts";
import type { PrimitiveProbes } from "../primitive.ts";
import { contains, type FileFacts, functionAt } from "../source/facts.ts";
import { branchesOn, finding, functionsNamed, literalsIn, offsetsIn, textOf, worded } from "../source/query.ts";
import { isScreen } from "../source/scope.ts";
import type { WorkspaceIndex } from "../source/workspace-index.ts";
import { loadedProgress, openRows, readStatus } from "./stored-status.ts";
import { workProgress } from "./work-progress.ts";

const statusName = /status|state|phase|stage|step/i;
const statusWord =
  /^(planned|planning|pending|queued|created|ready|running|in[_-]?progress|executing|working|active|delegated|open|closed|awaiting[_-]?\w+|waiting|blocked|interrupted|suspended|paused|completed?|done|finished|succeeded|success|failed|failure|error(ed)?|cancell?ed|aborted|skipped|idle|next_step_\w+)$/i;
const notWorkflow =
  /mcp|connection|socket|http|response|tool_?(call|execution)?_?(status|state)|loading|button|ui|render|component|spinner|oauth|auth|stream|parser|editor|progress|server|health|git|(?:^|_)view(?:_|$)|sign_?in|login|onboard|file_?op|install|download|upload|command_?execution/i;
/** Indexes, containers and trackers of files have states too; none of them is the state of the work. */
const elsewhere =
  /sandbox|docker|container|audio|video|media|player|vector|code-?index|embed|file-?watcher|context-?track|(^|\/)(?:auth|oauth|onboarding|login)\//i;
/** What is asked for or handed over tells of a status; it is none. */
const asked = /(?:output|options|params|schema|args|props|request|filter|input)$/i;
/** A state of work can be one from which it goes on; success, failure and the like only say how something ended. */
const unfinished =
  /^(planned|planning|pending|queued|created|ready|running|in[_-]?progress|executing|working|active|open|awaiting|waiting|blocked|interrupted|suspended|paused|idle|delegated|next_step)/i;
const goesOn = (words: ReadonlySet<string>): boolean => [...words].some((word) => unfinished.test(word));
const todo = /todo/i;
const idempotent = /idempoten(?!t_?hint)|already_?(done|ran|executed|processed|completed)|alreadyExecuted/i;

/** A change of status that is kept tells of a status, though its type was not seen: so in two of two repositories. */
function* probe(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const one of conditions(file, index)) {
    yield one;
    if (one.aspect === "durable" && one.strength === "effect") yield { ...one, aspect: "trace", strength: "called" };
  }
}

function* conditions(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  const base = file.path.slice(file.path.lastIndexOf("/") + 1);
  // What a screen shows is not what the harness keeps.
  if (isScreen(file.path) || elsewhere.test(file.path)) return;
  const list = file.types.find(({ name }) =>
    /^(?:todo|to_?do)_?(?:item|status|tool|list|store|state|write|args|entry)/i.test(worded(name)),
  );
  if (list !== undefined && index.farFromAnchors(file.path) <= 3)
    yield finding("todo-declared", "todo", "declaration", list.start, "a to-do list with statuses");
  for (const type of file.types) {
    if (!statusName.test(type.name) && !/task|job|workflow|run|plan/i.test(type.name)) continue;
    if (notWorkflow.test(worded(type.name)) || type.end - type.start > 4_000 || asked.test(type.name)) continue;
    const words = literalsIn(file, type, statusWord);
    if (words.size < 3 || !goesOn(words) || !/status|state|phase|stage|step/i.test(textOf(file, type))) continue;
    const kept = todo.test(type.name + base);
    const compared =
      statusIsCompared(file) || [...words].filter((word) => index.comparedStatus.has(word.toLowerCase())).length >= 2;
    yield finding(
      "status-type",
      kept ? "todo" : "status",
      compared && !kept ? "effect" : "declaration",
      type.start,
      kept ? "a to-do list with statuses" : "an explicit status apart from the transcript",
      aptOf(type.name),
    );
  }
  for (const offset of offsetsIn(
    file.text,
    /\b\w*(?:status|state|phase)\w*\s*[:=]\s*(?:Literal\[|z\.enum\(\[)\s*["']/gi,
  )) {
    const around = { start: offset, end: Math.min(offset + 240, file.text.length) };
    const end = file.text.indexOf("]", offset);
    const listed = literalsIn(file, { start: offset, end: end < 0 ? around.end : end }, statusWord);
    if (listed.size < 3 || !goesOn(listed)) continue;
    const name = /^\w+/.exec(file.text.slice(offset))?.[0] ?? "";
    if (notWorkflow.test(name)) continue;
    const kept = todo.test(base + name + (functionAt(file, offset)?.name ?? ""));
    const words = literalsIn(file, { start: offset, end: end < 0 ? around.end : end }, statusWord);
    const compared = [...words].filter((word) => index.comparedStatus.has(word.toLowerCase())).length >= 2;
    yield finding(
      "status-literal",
      kept ? "todo" : "status",
      compared && !kept ? "effect" : "declaration",
      offset,
      kept ? "a to-do list with statuses" : "a status with named values",
    );
  }
  yield* taggedSteps(file);
  yield* workProgress(file, index);
  yield* columns(file, index);
  yield* durability(file, index);
  yield* goingOn(file, index);
}

/** A type that is the status of the agent's work tells more than a record that happens to hold such words. */
function aptOf(name: string): number {
  if (/option|metadata|config|params|props|request|response|result|schema|filter/i.test(name)) return 0;
  return /(?:agent|task|run|session|workflow|job|goal|plan|turn|step|subtask)\w*(?:status|state|phase)$/i.test(name)
    ? 9
    : 3;
}

/** Steps told apart by a tag, in a schema: `type: z.literal("next_step_handoff")`; or by their classes. */
function* taggedSteps(file: FileFacts): Iterable<Finding> {
  const classes = file.types.filter(({ kind, name }) => kind === "class" && /^_?NextStep[A-Z]/.test(name));
  if (classes.length >= 3 && classes[0] !== undefined)
    yield finding("tagged-steps", "status", "effect", classes[0].start, "steps told apart by their classes");
  const tag = /\b(?:type|status|state|step|phase)\b\s*:\s*(?:z\.literal\(|t\.literal\()\s*["'][\w-]+["']/gi;
  const steps = offsetsIn(file.text, tag).filter((offset) => {
    const literal = /["']([\w-]+)["']/.exec(file.text.slice(offset, offset + 120))?.[1] ?? "";
    return statusWord.test(literal);
  });
  const first = steps[0];
  if (steps.length >= 3 && first !== undefined)
    yield finding("tagged-steps", "status", "effect", first, "steps told apart by a tag");
}

function statusIsCompared(file: FileFacts): boolean {
  return branchesOn(file, /(status|state|phase|step|stage)\w*(\.\w+)?\s*([!=]==?|\bis\b|\bin\b)/i).length > 0;
}

/** A status, or the kind of step, is compared with a value of its own. */
const resumes =
  /\b[\w.?]*(?:status|state|step|phase|interrupt\w*)\w*(?:\??\.\w+)?\s*(?:[!=]==?|\bis\b|\bin\b)\s*(?:["'(]|\w*(?:Status|State|Phase|Step)\w*\.|[\w.]*(?:STATES|STATUSES|PHASES|_STATUS|_STATE)\b)/i;
const worksOn = /status|state|task|run|session|workflow|job|goal|checkpoint|commit/i;
/** Calls that act or tell, and keep no record of the work. */
const keepsNothing =
  /(^|[._])(execute\w*|invoke|run|log|debug|info|warn|error|print|emit\w*|track_?file\w*|track_?context\w*|create_?file|write_?json)$|tool|logger/i;

function* durability(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const call of file.calls) {
    if (!index.storage.writes(file, call) || keepsNothing.test(worded(call.callee))) continue;
    const fn = functionAt(file, call.start);
    if (
      !fn ||
      index.farFromAnchors(file.path) > 2 ||
      !/\b(status|phase|snapshot)\b/i.test(index.storage.fieldsOf(file, fn))
    )
      continue;
    if (!notWorkflow.test(`${fn.name} ${fn.owner}`))
      yield finding(
        "status-in-record",
        "durable",
        "effect",
        call.start,
        "the record that is kept carries the status",
        worksOn.test(worded(`${call.callee} ${fn.name}`)) ? 6 : 2,
      );
  }
  const changes =
    /\b\w*(?:status|phase|stage|current_?step)\w*\s*(?:=(?!=)|:)\s*(?:["']|\w*(?:Status|State|Phase)\w*\.)/g;
  for (const offset of offsetsIn(file.text, changes)) {
    const fn = functionAt(file, offset);
    if (!fn || notWorkflow.test(`${fn.name} ${fn.owner}`)) continue;
    const writes = index.storage.writesIn(file, fn).filter(({ callee }) => !keepsNothing.test(worded(callee)));
    const saves = file.calls.find(
      (call) =>
        contains(fn, call) &&
        call.start > offset &&
        /(^|\.)_?(save|persist|checkpoint|commit|store)\w*$/i.test(call.callee),
    );
    const at = writes[0] ?? saves;
    if (at)
      yield finding(
        "status-saved",
        "durable",
        "effect",
        at.start,
        "the change of status is kept",
        worksOn.test(worded(`${at.callee} ${fn.name}`)) ? 4 : 0,
      );
  }
}

/** Work that goes on by its status, and work that is not done twice. */
function* goingOn(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  for (const fn of functionsNamed(
    file,
    /resume|recover|reclaim|requeue|rerun|reopen|restore|repair|activate|take_?up|pick_?up/i,
  )) {
    const branch = branchesOn(file, resumes).find((candidate) => contains(fn, candidate));
    if (branch && index.callsOf(fn.name) > 0 && !notWorkflow.test(fn.owner))
      yield finding("resume-by-status", "resume", "effect", branch.start, "the status decides where to go on");
  }
  for (const fn of functionsNamed(file, /skip|already|is_?(?:done|finished|complete)/i)) {
    const branch = branchesOn(file, /status\w*\s*(?:[!=]==?|\bis\b|\bin\b)/i).find((one) => contains(fn, one));
    if (branch && index.storage.readsIn(file, fn).length > 0 && index.callsOf(fn.name) > 0)
      yield finding(
        "stored-status-skips",
        "status",
        "called",
        branch.start,
        "a stored status decides what is done again",
      );
  }
  yield* transitions(file, index);
  const isOther = (name: string): boolean => notWorkflow.test(name);
  for (const ask of [openRows, readStatus, loadedProgress]) yield* ask(file, index, isOther);
  for (const branch of branchesOn(file, idempotent))
    if (!/status_?code|https?\b|retryable/i.test(textOf(file, branch.condition)))
      yield finding("idempotent-step", "resume", "effect", branch.start, "a step that was done is not done again");
}

const compares =
  /\b[\w.]*(?:status|state|phase)["')\]]*\s*(?:===?|!==?|\bnot in\b|\bin\b)\s*(?:["'(]|[\w.]*(?:STATUS|STATE|PHASE|Status|State|Phase)\w*)|\bis_?\w*(?:progression|transition)\w*\(/;

const column =
  /\bstatus\s*(?::\s*Mapped\[[^\]]*\]\s*)?=\s*(?:\w+\.)?(?:Column|mapped_column|CharField|TextField|StringField)\(/g;

/** A row about a piece of work has a column for its status, of whatever words. */
function* columns(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 2) return;
  for (const offset of offsetsIn(file.code, column)) {
    const type = file.types.find(({ start, end }) => start <= offset && offset < end);
    if (
      type &&
      /log|run|task|job|execution|step|workflow|plan/i.test(type.name) &&
      !notWorkflow.test(worded(type.name))
    )
      yield finding("status-column", "status", "declaration", offset, "rows about the work have a status", 2);
  }
}

/** A status that was read back decides what it becomes, and is written again: the work goes on from where it stood. */
function* transitions(file: FileFacts, index: WorkspaceIndex): Iterable<Finding> {
  if (index.farFromAnchors(file.path) > 2) return;
  for (const fn of functionsNamed(file, /status|state|phase|task|plan|workflow|job|run/i)) {
    if (fn.end - fn.start > 4_000 || notWorkflow.test(`${fn.name} ${fn.owner}`) || index.callsOf(fn.name) === 0)
      continue;
    const at = textOf(file, fn).search(compares);
    const read = index.storage.readsIn(file, fn)[0];
    const written = index.storage.writesIn(file, fn).filter(({ callee }) => !keepsNothing.test(worded(callee)));
    if (at >= 0 && read && written.some((call) => call.start > fn.start + at) && read.start < fn.start + at)
      yield finding(
        "stored-status-decides",
        "resume",
        "effect",
        fn.start + at,
        "a stored status decides what comes next",
        3,
      );
  }
}

export const workflowState: PrimitiveProbes = {
  id: "workflow-state",
  aspects: [
    { id: "status", required: true, text: "an explicit status or step type apart from the transcript" },
    { id: "durable", required: true, supporting: true, text: "the status is durable" },
    { id: "resume", required: true, supporting: true, text: "resume by status, or idempotent steps" },
    { id: "trace", required: false, text: "a change of status is kept" },
    { id: "todo", required: false, text: "a to-do tool" },
  ],
  probe,
  asserted: /workflow|status|resume|state machine|step/i,
  denied: /workflow (?:state|engine)|to-?dos?|plan mode|state machine/,
};
