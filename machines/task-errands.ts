/**
 * What the coordinator sends for, one thing at a time, and what it makes of the answer. An answer about what is not so any
 * more (revoked, cancelled, done otherwise) changes nothing but that the next errand may go out.
 */
import type { CoordinatorEvent } from "./coordinator-event.ts";
import type { OutsideEffect } from "./effect.ts";
import { isOpen, list, TASKS_MAX, type Task, type Tasks, viewed } from "./task-graph.ts";
import { calledOff, type Errand, type Ledger } from "./task-ledger.ts";
import { proposed, synthesised, unreadable, wanted } from "./task-proposals.ts";
import { disproved } from "./task-revocation.ts";
import { afterJoin, attemptFailed, givenUp, withRow } from "./task-supervision.ts";

/** Null where nothing is to be sent for, or something is out. */
export function nextErrand(ledger: Ledger): Errand | null {
  if (ledger.errand !== null || ledger.cancelReason !== null) return null;
  if (ledger.stale) return { type: "workspace.rebuild", about: "" };
  const asked = ledger.questions.find(({ text }) => text !== undefined);
  if (asked !== undefined) return { type: "question.put", about: asked.question };
  for (const task of viewed(ledger.tasks).undecided) {
    const errand = errandOf(ledger, task);
    if (errand !== null) return errand;
  }
  return synthesised(ledger) === null
    ? null
    : { type: "proposal.prepare", about: unused(ledger.tasks, "synthesis"), kind: "synthesis" };
}

function errandOf({ tasks, proposals }: Ledger, task: Task): Errand | null {
  const { id, status, role } = task;
  const result = task.result ?? "";
  if (status === "joining" && task.conflict === undefined) return { type: "task.join", about: id, result };
  if (status === "joining" && !seeksOne(tasks, id, "resolve"))
    return { type: "proposal.prepare", about: unused(tasks, `${id}-resolve`), kind: "resolve", of: id };
  if (status === "replanning" && !seeksOne(tasks, id, "replan"))
    return { type: "proposal.prepare", about: unused(tasks, "replan-1"), kind: "replan", of: id };
  if (status !== "reading" || proposals[id] != null) return null;
  return { type: role === "check" ? "verdict.read" : "proposal.read", about: id, result };
}

const seeksOne = (tasks: Tasks, of: string, role: "resolve" | "replan"): boolean =>
  list(tasks).some((task) => task.role === role && task.of === of && isOpen(task));

const TASK_ID_CHARS_MAX = 64;

/** `name`, or the first of its successors that no task is called by. */
function unused(tasks: Tasks, name: string): string {
  const [, stem = name, number] = /^(.*?)(?:-(\d+))?$/.exec(name) ?? [];
  for (let n = Number(number ?? 1); ; n += 1) {
    const tail = number === undefined && n === 1 ? "" : `-${n}`;
    const id = `${stem.slice(-(TASK_ID_CHARS_MAX - tail.length))}${tail}`;
    if (!Object.hasOwn(tasks, id)) return id;
  }
}

/** The errand in the words of who runs it. */
export function errandOrder(ledger: Ledger, errand: Errand): OutsideEffect {
  const { type, about, result = "", of } = errand;
  const { tasks, questions } = ledger;
  const task = tasks[about];
  switch (type) {
    case "task.join":
      return { type, task: about, actor: task?.actor ?? "", result };
    case "workspace.rebuild":
      return { type, commits: commitsIn(tasks) };
    case "proposal.prepare": {
      const { kind = "synthesis" } = errand;
      const one = of === undefined ? undefined : tasks[of];
      const reasons = kind === "resolve" ? one?.conflict : one?.reasons;
      return {
        type,
        kind,
        task: about,
        about: one === undefined ? (synthesised(ledger) ?? []) : [one.id],
        reasons: reasons ?? [],
      };
    }
    case "proposal.read": {
      // Names that somebody is asked about right now are taken: their briefs are written already.
      const asked = Object.values(ledger.proposals).flatMap((one) => one?.tasks.map(({ id }) => id) ?? []);
      const known = [...list(tasks).map((one) => one.id), ...asked];
      const instead = task?.role === "replan" ? (task.of ?? null) : null;
      return { type, task: about, result, instead, known, room: TASKS_MAX - known.length };
    }
    case "verdict.read":
      return { type, task: about, result, of: tasks[task?.of ?? ""]?.result ?? "" };
    case "question.put": {
      const question = questions.find((one) => one.question === about);
      return { type, question: about, actor: question?.actor ?? "", text: question?.text ?? "" };
    }
  }
}

/** Commits of the run's tree that stay, in the order in which they came. */
const commitsIn = (tasks: Tasks): string[] =>
  Object.values(tasks)
    .filter(({ commit }) => commit !== undefined)
    .sort((a, b) => (a.joinedAt ?? 0) - (b.joinedAt ?? 0))
    .map(({ commit }) => commit ?? "");

/** The ledger once the errand is on its way. */
export function sent(ledger: Ledger, errand: Errand): Ledger {
  const out = { ...ledger, errand };
  // Revoked while it is rebuilt, the tree is rebuilt once more.
  if (errand.type === "workspace.rebuild") return { ...out, stale: false };
  if (errand.type !== "question.put") return out;
  const questions = ledger.questions.map((one) =>
    one.question === errand.about ? { question: one.question, actor: one.actor } : one,
  );
  return { ...out, questions };
}

const ANSWERS: Readonly<Partial<Record<CoordinatorEvent["type"], Errand["type"]>>> = {
  "task.joined": "task.join",
  "task.conflicted": "task.join",
  "task.unjoined": "task.join",
  "workspace.rebuilt": "workspace.rebuild",
  "workspace.unbuilt": "workspace.rebuild",
  "proposal.prepared": "proposal.prepare",
  "proposal.unprepared": "proposal.prepare",
  "proposal.made": "proposal.read",
  "proposal.refused": "proposal.read",
  "verdict.read": "verdict.read",
  "question.open": "question.put",
  "question.closed": "question.put",
};

function aboutOf(event: CoordinatorEvent): string {
  if ("question" in event) return event.question;
  if (!("task" in event)) return "";
  return typeof event.task === "string" ? event.task : event.task.id;
}

/** Whether this is what was sent for. */
export const answersErrand = ({ errand }: Ledger, event: CoordinatorEvent): boolean =>
  errand !== null && ANSWERS[event.type] === errand.type && aboutOf(event) === errand.about;

/** Takes the answer to the errand that is out. Questions are the messages' own: see `task-messages.ts`. */
export function answered(before: Ledger, event: CoordinatorEvent): Ledger {
  const { errand } = before;
  if (errand === null || !answersErrand(before, event)) return before;
  const ledger: Ledger = { ...before, errand: null };
  if (event.type === "task.joined" || event.type === "task.conflicted" || event.type === "task.unjoined")
    return joinAnswered(ledger, errand, event);
  // What was revoked is in the tree still, and nothing more may be built on it.
  if (event.type === "workspace.unbuilt")
    return calledOff(ledger, `the run's tree could not be rebuilt without what was revoked: ${event.reason}`);
  if (event.type === "proposal.prepared") return prepared(ledger, errand, event);
  if (event.type === "proposal.unprepared") return unprepared(ledger, errand, event.reason);
  if (event.type === "proposal.made" || event.type === "proposal.refused" || event.type === "verdict.read")
    return read(ledger, errand, event);
  return ledger;
}

type Answer<Type extends CoordinatorEvent["type"]> = Extract<CoordinatorEvent, { type: Type }>;

function joinAnswered(
  ledger: Ledger,
  { about, result }: Errand,
  event: Answer<"task.joined" | "task.conflicted" | "task.unjoined">,
): Ledger {
  const task = ledger.tasks[about];
  if (task?.status !== "joining" || task.result !== result) {
    // Revoked on its way into the tree: out again.
    return event.type === "task.joined" && event.commit !== null ? { ...ledger, stale: true } : ledger;
  }
  if (event.type === "task.joined") return joined(ledger, task, event.commit);
  if (event.type === "task.unjoined")
    return attemptFailed(ledger, task, {
      status: "failed",
      result: task.result,
      reasons: [`not joined: ${event.reason}`],
    });
  const reasons = [`${event.reason}: ${event.files.join(", ")}`];
  if (task.role === "resolve") return attemptFailed(ledger, task, { status: "failed", result: task.result, reasons });
  return withRow(ledger, { ...task, conflict: reasons });
}

function joined(ledger: Ledger, task: Task, commit: string | null): Ledger {
  const mark = commit === null ? {} : { commit, joinedAt: ledger.joins };
  const counts = withRow({ ...ledger, joins: ledger.joins + 1 }, { ...task, ...mark, status: afterJoin(task) });
  const other = task.role === "resolve" ? ledger.tasks[task.of ?? ""] : undefined;
  if (other?.status !== "joining") return counts;
  const { conflict, ...whole } = other;
  return withRow(counts, { ...whole, status: afterJoin(other) });
}

function prepared(ledger: Ledger, errand: Errand, { task }: Answer<"proposal.prepared">): Ledger {
  if (Object.keys(ledger.tasks).length >= TASKS_MAX) return unprepared(ledger, errand, `${TASKS_MAX} tasks are enough`);
  return wanted(ledger, errand, task) ?? ledger;
}

/** Without the task that was to help, the one it was for is over; a summary that cannot be had is a failure, not a detail. */
function unprepared(ledger: Ledger, { kind, of }: Errand, reason: string): Ledger {
  if (kind === "synthesis")
    return synthesised(ledger) === null ? ledger : { ...ledger, shortfall: `no summary: ${reason}` };
  const task = of === undefined ? undefined : ledger.tasks[of];
  if (task?.status !== (kind === "replan" ? "replanning" : "joining")) return ledger;
  const what = kind === "replan" ? "no other plan was asked for" : "nobody could be asked to resolve it";
  const reasons = [...task.reasons, ...(task.conflict ?? []), `${what}: ${reason}`];
  return givenUp(ledger, task, { status: "failed", result: task.result, reasons }, false);
}

function read(
  ledger: Ledger,
  { about, result }: Errand,
  event: Answer<"proposal.made" | "proposal.refused" | "verdict.read">,
): Ledger {
  const task = ledger.tasks[about];
  if (task?.status !== "reading" || task.result !== result) return ledger;
  if (event.type === "proposal.refused" && event.final === true)
    return givenUp(ledger, task, { status: "failed", result: task.result, reasons: event.problems }, false);
  if (event.type === "proposal.refused") return unreadable(ledger, task, event.problems);
  if (event.type === "proposal.made") return proposed(ledger, task, event);
  if (event.holds) return withRow(ledger, { ...task, status: "verified" });
  const root = ledger.tasks[task.of ?? ""];
  if (root?.status !== "verified")
    return unreadable(ledger, task, [`it checks ${task.of ?? "nothing"}, which has no verified result`]);
  return disproved(ledger, root, task.id, event.reasons);
}
