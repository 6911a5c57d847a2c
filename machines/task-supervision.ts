/**
 * What follows the end of an attempt: it counts, or it is made again (the same, as another type, with another model), or
 * others are sought for its place, or it is given up, or the whole run is. Every decision is told with its reason.
 */
import type { ResultStatus, SupervisionDecision } from "./effect.ts";
import { fnv1a } from "./fnv1a.ts";
import { remedyOf } from "./task-dispatch.ts";
import {
  counted,
  list,
  running,
  skipDependents,
  type Task,
  type TaskRole,
  type Tasks,
  taskAt,
  typeOf,
  withTasks,
} from "./task-graph.ts";
import { calledOff, earlierWith, fencing, inShort, type Ledger, owing, type SupervisionPolicy } from "./task-ledger.ts";
import type { TaskStatus } from "./task-status.ts";

export interface Settlement {
  readonly task: string;
  readonly actor: string;
  readonly status: ResultStatus;
  readonly result: string | null;
  readonly reasons: readonly string[];
  readonly sha256?: string | undefined;
  /** Its agent is among the dead letters itself. */
  readonly died?: true;
}

/** Second and later attempts of one run, at most, where nobody said otherwise: past it, it is not the tasks that are unlucky. */
export const RESTARTS_MAX = 20;
const DEFAULT_SUPERVISION: SupervisionPolicy = {
  strategy: "one-for-one",
  restartsMax: RESTARTS_MAX,
  windowMs: null,
  // biome-ignore lint/suspicious/noThenProperty: people write it so in their task files, and nobody awaits a policy
  then: "give-up",
};
export const supervisionOf = ({ input }: Ledger): SupervisionPolicy => input.policy?.supervision ?? DEFAULT_SUPERVISION;

/** Milliseconds before the second attempt, and at most before any; doubled in between, half of it left to chance. */
const RESTART_FIRST_MS = 1_000;
const RESTART_LAST_MS = 60_000;

/**
 * Milliseconds that a task rests before its next attempt. What is left to chance is drawn from `seed` and the attempt, so
 * that a replay rests as long; runs that failed together do not come back together.
 */
export function restMs(task: Task, seed: string): number {
  const wholeMs = Math.min(RESTART_LAST_MS, RESTART_FIRST_MS * 2 ** Math.max(0, task.attempt - 1));
  return Math.round(wholeMs * (0.5 + chanceOf(`${seed}/${task.id}/${task.attempt}`) / 2));
}

/** From 0 to 1, the same for the same text. */
const chanceOf = (text: string): number => fnv1a(text) / 0xffffffff;

/** Every task that rested may be dispatched again. */
export const rested = (tasks: Tasks): Tasks =>
  Object.fromEntries(
    Object.entries(tasks).map(([id, task]) => [id, task.status === "resting" ? { ...task, status: "planned" } : task]),
  );

/** Where a verified result goes from here: not every one counts at once. */
const afterReport = (task: Task): TaskStatus => (task.joins === true ? "joining" : afterJoin(task));
const READ: ReadonlySet<TaskRole> = new Set<TaskRole>(["plan", "replan", "check"]);
export const afterJoin = ({ role }: Task): TaskStatus =>
  role !== undefined && READ.has(role) ? "reading" : "verified";

/**
 * Takes a task's end. A late word from an earlier attempt, or from one that was fenced, changes nothing. A failed attempt
 * rests and is made again while attempts are left; a task that ended badly takes those that stand on it along.
 */
export function settled(ledger: Ledger, end: Settlement): Ledger {
  const task = ledger.tasks[end.task];
  if (task === undefined || task.status !== "running" || task.actor !== end.actor) return ledger;
  return end.status === "verified" ? withRow(ledger, reported(task, end)) : attemptFailed(ledger, task, end);
}

const reported = (task: Task, { result, reasons, sha256 }: Settlement): Task => ({
  ...task,
  status: afterReport(task),
  result,
  reasons,
  ...(sha256 === undefined ? {} : { sha256 }),
});

export const withRow = (ledger: Ledger, task: Task): Ledger => ({
  ...ledger,
  tasks: withTasks(ledger.tasks, [task]),
});

/** An agent's time is up: it is taken out of its life, and its attempt failed. */
export function lapsed(ledger: Ledger, actor: string): Ledger {
  const task = taskAt(ledger.tasks, actor);
  if (task === undefined) return ledger;
  const reason = `deadline: no result within ${task.deadlineMs ?? 0} ms`;
  const without = fencing(ledger, [{ actor, agentType: typeOf(task) }], reason);
  return attemptFailed(without, task, { status: "failed", result: null, reasons: [reason] });
}

type BadEnd = Pick<Settlement, "status" | "result" | "reasons" | "died">;

/** `task` ended badly, whatever its row says by now. Only a failure is tried again: others have had their say. */
export function attemptFailed(ledger: Ledger, task: Task, end: BadEnd): Ledger {
  if (end.status !== "failed" || counted(task) >= task.attemptsMax) return givenUp(ledger, task, end, true);
  const { restartsMax, then } = supervisionOf(ledger);
  if (ledger.restarts.length < restartsMax) return tryAgain(ledger, task, end.reasons);
  const tooOften = `${restartsMax} restarts are enough: ${said(end.reasons)}`;
  if (then === "give-up") return givenUp(ledger, task, end, false, tooOften);
  const decisions = [decided(task, "escalate", tooOften)];
  const ended = withRow(ledger, { ...task, status: end.status, result: end.result, reasons: end.reasons });
  return calledOff(owing(withLetter(ended, task, end), { decisions }), `${task.id}: ${tooOften}`);
}

function tryAgain(ledger: Ledger, task: Task, reasons: readonly string[]): Ledger {
  const next: Task = {
    ...openAgain(task),
    status: "resting",
    reasons,
    earlier: earlierWith(task.earlier, reasons),
  };
  const { agentType, model } = remedyOf(next);
  const kind = agentType !== undefined ? "other-type" : model !== undefined ? "other-model" : "retry";
  const others = along(ledger, task);
  const tasks: Record<string, Task> = { ...ledger.tasks, [task.id]: next };
  for (const other of others) tasks[other.id] = excusedFor(other, `started again together with ${task.id}`, "resting");
  const restarts = [...ledger.restarts, (ledger.restarts.at(-1) ?? 0) + 1];
  const without = fencing(
    { ...ledger, tasks, restarts },
    others.map((other) => ({ actor: other.actor ?? "", agentType: typeOf(other) })),
    `started again together with ${task.id}, which failed`,
  );
  const decisions: SupervisionDecision[] = [
    { ...decided(next, kind, said(reasons)), attempt: task.attempt + 1, delayMs: restMs(next, ledger.input.seed) },
    ...others.map((other) => ({
      ...decided(other, "again", `${task.id} failed, and ${supervisionOf(ledger).strategy} restarts it too`),
      attempt: other.attempt + 1,
    })),
  ];
  return owing(without, { decisions });
}

/** Those who start again for the sake of one that does. */
function along(ledger: Ledger, task: Task): Task[] {
  const { strategy } = supervisionOf(ledger);
  if (strategy === "one-for-one") return [];
  return running(ledger.tasks).filter(
    (other) => other.id !== task.id && (strategy === "one-for-all" || other.order > task.order),
  );
}

/** The row as it was before its last attempt, which is over. */
export function openAgain(task: Task): Task {
  const { sha256, commit, joinedAt, conflict, playedBy, ...kept } = task;
  return { ...kept, status: "planned", actor: null, result: null, reasons: [] };
}

/** Open again without a fault of its own: the attempt does not count. */
export const excusedFor = (task: Task, reason: string, status: "planned" | "resting" = "planned"): Task => ({
  ...openAgain(task),
  status,
  reasons: [reason],
  earlier: earlierWith(task.earlier, [reason]),
  excused: (task.excused ?? 0) + 1,
});

/** No attempt follows. Others may be sought for its place, where plans are left and it is somebody's task. */
export function givenUp(ledger: Ledger, task: Task, end: BadEnd, mayReplan: boolean, because?: string): Ledger {
  const { status, result, reasons } = end;
  const why = because ?? said(reasons);
  if (mayReplan && mayBeReplaced(ledger, task, status)) {
    const row: Task = { ...task, status: "replanning", result, reasons };
    return owing(withRow({ ...ledger, replans: ledger.replans + 1 }, row), {
      decisions: [decided(task, "replan", why)],
    });
  }
  const row: Task = { ...task, status, result, reasons };
  const over = {
    ...ledger,
    tasks: skipDependents({ ...ledger.tasks, [task.id]: row }, ...placesOf(ledger.tasks, task)),
  };
  return forsaken(owing(withLetter(over, task, end), { decisions: [decided(task, "give-up", why)] }), row);
}

const mayBeReplaced = (ledger: Ledger, { role }: Task, status: ResultStatus): boolean =>
  role === undefined &&
  status !== "cancelled" &&
  ledger.cancelReason === null &&
  ledger.replans < (ledger.input.policy?.replansMax ?? 0);

/**
 * Where attempts were made, and nobody called it off, a person can still do something about it. Who died has a letter
 * already; for a task that was wanted for another one's sake the other's is written.
 */
const withLetter = (ledger: Ledger, task: Task, { status, reasons, died }: BadEnd): Ledger =>
  task.attempt === 0 || died === true || status === "cancelled" || task.role === "replan" || task.role === "resolve"
    ? ledger
    : owing(ledger, {
        letters: [
          {
            task: task.id,
            agentType: typeOf(task),
            actor: task.actor,
            attempts: task.attempt,
            reasons: reasons.map(inShort),
          },
        ],
      });

/** A task for whose sake another was wanted goes with it. */
function forsaken(ledger: Ledger, gone: Task): Ledger {
  const task = gone.of === undefined ? undefined : ledger.tasks[gone.of];
  const waits =
    (gone.role === "replan" && task?.status === "replanning") ||
    (gone.role === "resolve" && task?.status === "joining");
  if (task === undefined || !waits) return ledger;
  const what =
    gone.role === "replan" ? "no other plan was found" : "its changes were not brought together with the others'";
  const reasons = [...task.reasons, ...(task.conflict ?? []), `${what}: ${gone.id} is ${gone.status}`];
  return givenUp(ledger, task, { status: "failed", result: task.result, reasons }, false);
}

/** Those in whose place a proposal's tasks come: the failed one, its checks, and what an earlier proposal had put there. */
export function placesOf(tasks: Tasks, task: Task): readonly string[] {
  const proposed = task.role === "plan" || task.role === "replan";
  const root = task.role === "replan" ? tasks[task.of ?? ""] : undefined;
  return list(tasks).flatMap(({ id, from, role, of }) => {
    const mine = id === task.id || id === root?.id;
    const earlier = proposed && from === task.id;
    const check = role === "check" && root !== undefined && of === root.id;
    return mine || earlier || check ? [id] : [];
  });
}

const decided = (task: Task, decision: SupervisionDecision["decision"], reason: string): SupervisionDecision => ({
  task: task.id,
  decision,
  attempt: task.attempt,
  reason: inShort(reason),
});

const said = (reasons: readonly string[]): string =>
  reasons.length === 0 ? "no reason was given" : reasons.join("; ");
