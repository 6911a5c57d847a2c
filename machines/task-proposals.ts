/**
 * Tasks that an agent proposes, and tasks that the coordinator itself wants: whether they are legal in the graph as it is
 * now, and the graph that has them. What a proposal says beyond tasks, needs and their order is nobody's business here.
 */
import { planCall } from "./approval-calls.ts";
import {
  graphProblems,
  isOpen,
  isWork,
  list,
  type PlannedTask,
  planned,
  TASKS_MAX,
  type Task,
  type Tasks,
} from "./task-graph.ts";
import { type Errand, type Ledger, owing, type Proposal } from "./task-ledger.ts";
import { attemptFailed, givenUp, placesOf, withRow } from "./task-supervision.ts";

export interface Proposed extends Proposal {
  readonly accept: "allow" | "ask" | "deny";
  readonly reason: string;
}

/** Name under which somebody is asked about a plan, as a call has a tool. */
const PLAN_TOOL = "Plan";

/** A proposal is taken, asked about, or is the end of the attempt that made it; its next one is told why. */
export function proposed(ledger: Ledger, task: Task, proposal: Proposed): Ledger {
  const problems = proposalProblems(ledger.tasks, task, proposal);
  if (problems.length > 0) return unreadable(ledger, task, problems);
  if (proposal.accept === "deny") return denied(ledger, task, proposal.reason);
  if (proposal.accept === "allow") return adopted(ledger, task, proposal);
  const { tasks, drops, ends } = proposal;
  return owing(
    { ...ledger, proposals: { ...ledger.proposals, [task.id]: { tasks, drops, ends } } },
    { approvals: [{ call: planCall(task.result ?? ""), tool: PLAN_TOOL }] },
  );
}

export const unreadable = (ledger: Ledger, task: Task, problems: readonly string[]): Ledger =>
  attemptFailed(ledger, task, { status: "failed", result: task.result, reasons: problems });

/** A no is not answered by asking again. */
const denied = (ledger: Ledger, task: Task, reason: string): Ledger =>
  givenUp(ledger, task, { status: "failed", result: task.result, reasons: [`the plan was denied: ${reason}`] }, false);

/** The task whose plan somebody is asked about under this name. */
export const planAsked = ({ tasks, proposals }: Ledger, call: string): Task | undefined =>
  list(tasks).find(({ id, result }) => proposals[id] != null && planCall(result ?? "") === call);

/** Somebody was asked about a plan, and this is what they said; the graph may be another one by now. */
export function planAnswered(ledger: Ledger, call: string, allowed: boolean, reason: string): Ledger {
  const task = planAsked(ledger, call);
  const proposal = task === undefined ? null : ledger.proposals[task.id];
  if (task === undefined || proposal == null) return ledger;
  const decided: Ledger = { ...ledger, proposals: { ...ledger.proposals, [task.id]: null } };
  if (!allowed) return denied(decided, task, reason);
  const problems = proposalProblems(ledger.tasks, task, proposal);
  return problems.length > 0 ? unreadable(decided, task, problems) : adopted(decided, task, proposal);
}

/** Why this cannot be done in the graph as it is, in words; empty where it can. */
export function proposalProblems(tasks: Tasks, by: Task, { tasks: added, drops, ends }: Proposal): string[] {
  const problems: string[] = [];
  if (added.length === 0 && leavesNothing(tasks, by, drops)) problems.push("it proposes no task");
  const room = TASKS_MAX - Object.keys(tasks).length;
  if (added.length > room) problems.push(`it proposes ${added.length} tasks, and there is room for ${room}`);
  for (const { id, role, of, needs } of added) {
    if (Object.hasOwn(tasks, id)) problems.push(`task "${id}" exists already`);
    if (role !== undefined && role !== "check") problems.push(`task "${id}": nobody can propose a task as ${role}`);
    if (role === "check" && (of === undefined || !needs.includes(of)))
      problems.push(`task "${id}" checks a result that it does not need`);
  }
  for (const id of drops)
    if (tasks[id]?.status !== "planned")
      problems.push(`task "${id}" cannot be dropped: it is ${tasks[id]?.status ?? "unknown"}`);
  const ids = new Set(added.map(({ id }) => id));
  for (const id of ends) if (!ids.has(id)) problems.push(`"${id}" is to take a place, and is not proposed`);
  return problems.length > 0 ? problems : graphProblems(unionOf(tasks, by, { tasks: added, drops, ends }));
}

/** Without new tasks a plan is one only where it leaves out all that needed the failed one. */
const leavesNothing = (tasks: Tasks, by: Task, drops: readonly string[]): boolean => {
  const places = placesOf(tasks, by);
  const needy = list(tasks).filter(
    (task) => isOpen(task) && !places.includes(task.id) && task.needs.some((need) => places.includes(need)),
  );
  return by.role !== "replan" || needy.some(({ id }) => !drops.includes(id));
};

/** The graph as it would be; who is gone, or can never have a verified result, is not in it. */
function unionOf(tasks: Tasks, by: Task, proposal: Proposal): Pick<PlannedTask, "id" | "needs">[] {
  const gone = new Set([...placesOf(tasks, by).filter((id) => id !== by.id), ...proposal.drops]);
  const rewired = list(rewire(tasks, by, proposal)).filter(({ id, status }) => status !== "replaced" && !gone.has(id));
  const dead = new Set(rewired.filter((task) => !isOpen(task) && task.status !== "verified").map(({ id }) => id));
  // What stood on a dead one was skipped long ago: nobody proposed that again.
  const alive = rewired.filter(({ id }) => !dead.has(id));
  return [...alive, ...proposal.tasks];
}

/** Whoever needed what is replaced needs the ends of what comes in its place. */
function rewire(tasks: Tasks, by: Task, { tasks: added, ends }: Proposal): Tasks {
  const places = new Set(placesOf(tasks, by).filter((id) => id !== by.id));
  if (places.size === 0) return tasks;
  const last = ends.length > 0 ? ends : sinksOf(added);
  const next: Record<string, Task> = { ...tasks };
  for (const task of list(tasks)) {
    if (places.has(task.id) || !isOpen(task) || !task.needs.some((need) => places.has(need))) continue;
    next[task.id] = { ...task, needs: [...new Set([...task.needs.filter((need) => !places.has(need)), ...last])] };
  }
  return next;
}

/** Tasks that no other of them needs. */
const sinksOf = (tasks: readonly PlannedTask[]): string[] =>
  tasks.filter(({ id }) => !tasks.some(({ needs }) => needs.includes(id))).map(({ id }) => id);

function adopted(ledger: Ledger, by: Task, proposal: Proposal): Ledger {
  const next: Record<string, Task> = { ...rewire(ledger.tasks, by, proposal) };
  for (const id of [...placesOf(ledger.tasks, by), ...proposal.drops]) {
    const task = next[id] as Task;
    if (id !== by.id && task.status !== "replaced")
      next[id] = { ...task, status: "replaced", reasons: [...task.reasons, `${by.id} planned it otherwise`] };
  }
  next[by.id] = { ...by, status: "verified" };
  const first = Object.keys(ledger.tasks).length;
  return {
    ...ledger,
    tasks: {
      ...next,
      ...planned(
        proposal.tasks.map((task) => ({ ...task, from: by.id })),
        first,
      ),
    },
  };
}

/** A task that the coordinator itself wanted and was worded for it; null where nobody wants it any more. */
export function wanted(ledger: Ledger, { about, kind, of }: Errand, worded: PlannedTask): Ledger | null {
  const { tasks } = ledger;
  if (Object.hasOwn(tasks, about) || kind === undefined) return null;
  const task = of === undefined ? undefined : tasks[of];
  const { joins, ...rest } = worded;
  const order = Object.keys(tasks).length;
  if (kind === "synthesis") {
    const needs = synthesised(ledger);
    return needs === null ? null : insert(ledger, { ...rest, id: about, role: "synthesis", needs }, order);
  }
  const still =
    kind === "replan" ? task?.status === "replanning" : task?.status === "joining" && task.conflict !== undefined;
  if (task === undefined || !still) return null;
  // It stands on the same as the one it is for: what is taken back under that is taken back under this.
  const needs = task.needs.filter((need) => tasks[need]?.status === "verified");
  const made: PlannedTask = {
    ...rest,
    id: about,
    role: kind,
    of: task.id,
    needs,
    ...(kind === "resolve" ? { joins: true } : {}),
  };
  return insert(ledger, made, order, task.from);
}

function insert(ledger: Ledger, task: PlannedTask, order: number, from?: string): Ledger {
  const row = planned([task], order)[task.id] as Task;
  return withRow(ledger, from === undefined ? row : { ...row, from });
}

/**
 * What a summary would stand on; null where there is nothing to be put together, or not yet, or somebody is at it. Work
 * that others build on speaks through them.
 */
export function synthesised({ input, tasks, shortfall }: Ledger): readonly string[] | null {
  if (input.policy?.synthesis !== true || shortfall !== null) return null;
  const all = list(tasks).filter(({ status }) => status !== "replaced");
  if (all.some(({ status, role }) => status !== "verified" || role === "synthesis")) return null;
  const work = all.filter(isWork);
  return work.length < 2 ? null : sinksOf(work);
}
