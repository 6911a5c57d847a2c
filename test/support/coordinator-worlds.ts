/**
 * Small worlds in which a coordinator may meet everything it knows: in each state all that may be said then, told in the
 * right moment, too late, twice, and about somebody else; and what must never be seen, whatever was said.
 */
import type { CoordinatorContext } from "../../machines/coordinator-context.ts";
import type { CoordinatorEvent } from "../../machines/coordinator-event.ts";
import { INSIDE_EFFECTS_MAX, type OutsideEffect } from "../../machines/effect.ts";
import { type ActorState, type Cause, type Decision, statePath } from "../../machines/fold.ts";
import { counted, isGood, isOpen, type PlannedTask, type Task } from "../../machines/task-graph.ts";
import type { Errand } from "../../machines/task-ledger.ts";
import { standingOn, taskOfResult } from "../../machines/task-revocation.ts";
import {
  answers,
  closed,
  conflicted,
  died,
  joined,
  judges,
  opened,
  prepared,
  proposes,
  rebuilt,
  refuses,
  revokes,
  settles,
  stop,
  unbuilt,
  unjoined,
  unprepared,
  unwanted,
} from "./given-coordinator.ts";

export const contextOf = ({ snapshot }: ActorState): CoordinatorContext =>
  snapshot.context as unknown as CoordinatorContext;
export const tasksOf = (state: ActorState): readonly Task[] =>
  Object.values(contextOf(state).tasks).sort((a, b) => a.order - b.order);

export interface Told {
  /** Tasks that an agent proposes. */
  readonly proposed?: readonly PlannedTask[];
  readonly replanned?: readonly PlannedTask[];
  /** Results that are taken back in the whole run, at most. */
  readonly revocations?: number;
  /** False: whatever is joined goes in cleanly. */
  readonly conflicts?: boolean;
  readonly dies?: boolean;
  /** Every task may be called off. */
  readonly unwanted?: true;
  readonly more?: readonly CoordinatorEvent[];
}

const actorsOf = ({ id, attempt }: Task): string[] =>
  Array.from({ length: Math.min(attempt, 2) }, (_, n) => attempt - n).map((n) =>
    n === 1 ? `a_${id}` : `a_${id}.${n}`,
  );

/** Everything that may be said in this state; the timers are the walk's. */
export function saidIn(state: ActorState, told: Told): readonly CoordinatorEvent[] {
  const { errand, proposals, questions } = contextOf(state);
  const all = tasksOf(state);
  const revocations = all.reduce((sum, { revocations: times = 0 }) => sum + times, 0);
  return [
    stop,
    ...all.flatMap((task) =>
      actorsOf(task).flatMap((actor) => [
        settles(task.id, "verified", actor),
        settles(task.id, "failed", actor),
        ...(told.dies === true ? [died(actor)] : []),
      ]),
    ),
    ...(revocations < (told.revocations ?? 0)
      ? all.flatMap(({ result }) => (result === null ? [] : [revokes(result), revokes(result, false)]))
      : []),
    ...(told.unwanted === true ? all.map(({ id }) => unwanted(id)) : []),
    ...(errand === null ? [] : answersTo(errand.type, errand.about, told)),
    // Unasked: about another task, and what was answered before.
    ...[joined("nobody"), judges("nobody", false), proposes("nobody", []), opened("nobody"), rebuilt].filter(
      ({ type }) => errand === null || type !== "workspace.rebuilt",
    ),
    ...all.flatMap(({ id, result }) =>
      proposals[id] == null ? [] : [answers(true, `plan:${result}`), answers(false, `plan:${result}`)],
    ),
    ...questions.flatMap(({ question }) => [
      answers(true, `question:${question}`),
      answers(false, `question:${question}`),
    ]),
    answers(true, "plan:res_nobody"),
    ...(told.more ?? []),
  ];
}

function answersTo(
  type: Errand["type"],
  about: string,
  { proposed = [], replanned = [], conflicts = true }: Told,
): readonly CoordinatorEvent[] {
  switch (type) {
    case "task.join":
      return [joined(about), joined(about, null), ...(conflicts ? [conflicted(about)] : []), unjoined(about)];
    case "workspace.rebuild":
      return [rebuilt, unbuilt];
    case "proposal.prepare":
      return [prepared(about), unprepared(about)];
    case "verdict.read":
      return [judges(about, true), judges(about, false)];
    case "question.put":
      return [opened(about), closed(about)];
    case "proposal.read": {
      const tasks = about.startsWith("replan") ? replanned : proposed;
      return [
        proposes(about, tasks),
        proposes(about, tasks, { accept: "ask" }),
        proposes(about, tasks, { accept: "deny" }),
        proposes(about, []),
        refuses(about),
      ];
    }
  }
}

/** What tells states apart: all that anything further depends on. Places in the order of joins are only compared. */
export function keyOf(state: ActorState): string {
  const { errand, proposals, questions, restarts, ...context } = contextOf(state);
  const all = tasksOf(state);
  const joinsInOrder = all
    .filter(({ commit }) => commit !== undefined)
    .sort((a, b) => (a.joinedAt ?? 0) - (b.joinedAt ?? 0));
  const rows = all.map(({ id, status, attempt, actor, result, excused, revocations, needs, conflict, playedBy }) => [
    ...[id, status, attempt, actor, isGood({ status } as Task) ? result : null, excused, revocations, needs],
    ...[conflict !== undefined, playedBy, proposals[id]],
  ]);
  const flags = [
    ...[context.cancelReason !== null, context.shortfall !== null, context.left !== null, context.escalated],
    ...[context.stale, context.home, context.commit, context.replans, restarts.length, context.posts],
  ];
  const timers = Object.keys(state.timers).sort();
  return JSON.stringify([statePath(state), rows, flags, errand, questions, timers, joinsInOrder.map(({ id }) => id)]);
}

const ERRANDS: ReadonlySet<string> = new Set<OutsideEffect["type"]>([
  "task.join",
  "workspace.rebuild",
  "proposal.prepare",
  "proposal.read",
  "verdict.read",
  "question.put",
]);

interface Step {
  readonly before: ActorState;
  readonly cause: Cause;
  readonly decision: Decision;
}

/** What is wrong with this step, in words; null where nothing is. */
export const wrongIn = (step: Step): string | null =>
  wrongErrand(step) ??
  wrongBirth(step) ??
  wrongRevocation(step) ??
  wrongWord(step) ??
  wrongRest(step) ??
  wrongEnd(step);

function wrongErrand({ before, cause, decision }: Step): string | null {
  const orders = decision.outside.filter(({ type }) => ERRANDS.has(type));
  if (orders.length > 1) return "two things were sent for";
  const [order] = orders;
  if (order === undefined) return null;
  const was = contextOf(before).errand;
  const now = contextOf(decision.state).errand;
  if (now?.type !== order.type) return `${order.type} was sent for, and is not remembered`;
  if (contextOf(decision.state).cancelReason !== null) return `a cancelled run sent for ${order.type}`;
  // Taken back once more while the tree was rebuilt: it is rebuilt again, in the same words.
  const again =
    was?.type === "workspace.rebuild" && "event" in cause && /^workspace\.(re|un)built$/.test(cause.event.type);
  if (was !== null && !again && (!("event" in cause) || JSON.stringify(was) === JSON.stringify(now)))
    return `${order.type} was sent for while ${was.type} was out`;
  return null;
}

function wrongBirth({ before, decision }: Step): string | null {
  const { tasks, input, cancelReason } = contextOf(decision.state);
  const was = contextOf(before).tasks;
  const spawned = decision.inside.flatMap((order) => (order.type === "actor.spawn" ? [order] : []));
  if (spawned.length > 0 && cancelReason !== null) return "an agent was born into a cancelled run";
  if (tasksOf(decision.state).filter(({ status }) => status === "running").length > input.parallelMax)
    return "more agents at work than allowed";
  const { stale, errand } = contextOf(decision.state);
  if (spawned.length > 0 && (stale || errand?.type === "workspace.rebuild"))
    return "an agent began with what was revoked";
  for (const { actor, input } of spawned) {
    const now = tasks[input.task];
    if (now?.status !== "running" || now.actor !== actor) return `${actor} was born for a task that does not know it`;
    if (now.needs.some((need) => tasks[need]?.status !== "verified")) return `${actor} stands on nothing`;
    if (now.attempt !== (was[input.task]?.attempt ?? 0) + 1) return `${actor} is not the next attempt`;
    if (counted(now) > now.attemptsMax) return `${actor} is one attempt too many`;
  }
  const started = tasksOf(decision.state).filter(({ id, attempt }) => attempt > (was[id]?.attempt ?? 0));
  return started.length === spawned.length ? null : "a task was marked as started without an agent";
}

/** In the very step: nobody is left at work on what was taken back, and nothing of it is in the tree unnoticed. */
function wrongRevocation({ before, cause, decision }: Step): string | null {
  const event = ("event" in cause ? cause.event : {}) as Partial<CoordinatorEvent>;
  const revoked = decision.inside.flatMap((order) => (order.type === "result.revoke" ? [order] : []));
  const gone = new Set(
    decision.inside.flatMap((order) => (order.type === "actor.fence" ? order.actors.map(({ actor }) => actor) : [])),
  );
  const after = contextOf(decision.state);
  for (const task of tasksOf(decision.state))
    if (task.status === "running" && gone.has(task.actor ?? "")) return `${task.actor} was fenced and is at work`;
  if (event.type === "result.revoke" && statePath(decision.state) !== statePath(before) && revoked.length === 0)
    return "a result was taken back and nobody was told";
  for (const { root } of revoked) {
    const { tasks } = contextOf(before);
    const base = taskOfResult(tasks, root);
    if (base === undefined) return `${root} was taken back and was not there`;
    for (const { id, actor, result } of standingOn(tasks, base)) {
      const now = after.tasks[id];
      if (now === undefined) return `${id} is gone`;
      if (now.status === "running" && now.actor === actor) return `${actor} goes on with what was taken back`;
      if (now.result === result && isGood(now)) return `${id} counts although it stands on ${root}`;
    }
  }
  const lost = tasksOf(decision.state).find((task) => task.commit !== undefined && !isGood(task));
  return lost === undefined ? null : `${lost.id} is ${lost.status}, and its work is in the tree`;
}

/** Whoever is not at work has no say. */
function wrongWord({ before, cause, decision }: Step): string | null {
  if (!("event" in cause)) return null;
  const event = cause.event as CoordinatorEvent;
  if (event.type !== "task.settled" && event.type !== "agent.died") return null;
  const known = tasksOf(before).some(({ status, actor }) => status === "running" && actor === event.actor);
  const rows = (state: ActorState): string => JSON.stringify(tasksOf(state));
  return known || rows(before) === rows(decision.state) ? null : `${event.actor} is not at work and changed a task`;
}

function wrongRest({ decision: { state, inside } }: Step): string | null {
  const context = contextOf(state);
  const all = tasksOf(state);
  if (inside.length > INSIDE_EFFECTS_MAX) return "more inside effects than fit a commit";
  if (context.due !== null) return "the step owes something";
  if (state.snapshot.status !== "active") return null;
  const path = statePath(state);
  const clocks = path.startsWith("supervising")
    ? all.flatMap(({ status, deadlineMs, actor }) =>
        status === "running" && deadlineMs !== undefined ? [`deadline:${actor}`] : [],
      )
    : [];
  const armed = Object.keys(state.timers).filter((name) => name.startsWith("deadline:"));
  if (JSON.stringify(armed.sort()) !== JSON.stringify(clocks.sort())) return `the clocks of ${path} are ${armed}`;
  if (path !== "supervising.watching") return null;
  const asked = all.some(({ id, status }) => status === "reading" && context.proposals[id] != null);
  const alive = asked || context.errand !== null || all.some(({ status }) => status === "running");
  return alive ? null : "nobody is at work, nobody is asked, and nothing is waited for";
}

function wrongEnd({ before, decision: { state, inside } }: Step): string | null {
  const { cancelReason, input, stale, shortfall, escalated } = contextOf(state);
  const ended = state.snapshot.status !== "active" && before.snapshot.status === "active";
  const ends = inside.flatMap((order) => (order.type === "run.end" ? [order] : []));
  if (ends.length !== (ended ? 1 : 0)) return `${ends.length} ends of a run that ${ended ? "ended" : "goes on"}`;
  const [end] = ends;
  if (end === undefined) return null;
  const all = tasksOf(state).filter(({ status }) => status !== "replaced");
  if (all.some(isOpen)) return "the run ended with open tasks";
  if (Object.keys(state.timers).length > 0) return "an ended run left a timer behind";
  if (end.status !== statePath(state)) return `told ${end.status} and became ${statePath(state)}`;
  if (escalated && end.status !== "failed") return `supervision called it off, and it ended as ${end.status}`;
  if (!escalated && cancelReason !== null && end.status !== "cancelled") return `cancelled, and ended as ${end.status}`;
  if (end.status !== "completed") return null;
  if (stale || shortfall !== null) return "it completed with something missing";
  const good = all.filter(({ status }) => status === "verified").length;
  return good === all.length || (input.tolerateFailures && good > 0) ? null : `completed with ${good} of ${all.length}`;
}
