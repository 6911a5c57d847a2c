/**
 * A verified result that is taken back, with all that stands on it, in one step: nobody may build on any of it any more,
 * whoever works on top of it is fenced, its commits leave the run's tree, and what is wanted still is planned again.
 */
import { isGood, list, skipDependents, type Task, type Tasks, typeOf } from "./task-graph.ts";
import { fencing, type Ledger, owing } from "./task-ledger.ts";
import { attemptFailed, excusedFor, openAgain, placesOf, withRow } from "./task-supervision.ts";

export interface Revocation {
  readonly result: string;
  readonly reason: string;
  readonly by: string;
  readonly redo: boolean;
}

/** Times that the result of one task is taken back and made again, at most: past it, somebody is playing with the run. */
export const REVOCATIONS_MAX = 3;

/** The task whose result this is, while anybody may build on it. */
export const taskOfResult = (tasks: Tasks, result: string): Task | undefined =>
  list(tasks).find((task) => task.result === result && isGood(task));

/** A word about a result that is unknown, or taken back already, changes nothing. */
export function revoked(ledger: Ledger, { result, reason, by, redo }: Revocation): Ledger {
  const named = taskOfResult(ledger.tasks, result);
  if (named === undefined) return ledger;
  // A resolved conflict is there for the other's sake alone: it is the other that is done again.
  const root = (named.role === "resolve" ? ledger.tasks[named.of ?? ""] : undefined) ?? named;
  const revocations = (root.revocations ?? 0) + 1;
  const why = `${result} was revoked by ${by}: ${reason}`;
  const unwound = unwind(ledger, root, { result, reason, by, why });
  const task: Task = { ...(unwound.tasks[root.id] as Task), revocations };
  if (redo && revocations <= REVOCATIONS_MAX) return withRow(unwound, excusedFor(task, why));
  const more = redo ? [`it was revoked ${revocations} times`] : [];
  return ended(withRow(unwound, task), root.id, [why, ...more]);
}

/** What a check found out counts against the attempt it looked at: it is made again while attempts are left. */
export function disproved(ledger: Ledger, root: Task, by: string, reasons: readonly string[]): Ledger {
  const why = reasons.length === 0 ? "no reason was given" : reasons.join("; ");
  const result = root.result ?? "";
  const unwound = unwind(ledger, root, {
    result,
    reason: why,
    by,
    why: `${by} says that ${result} does not hold: ${why}`,
  });
  const task = unwound.tasks[root.id] as Task;
  return attemptFailed(unwound, task, { status: "failed", result: null, reasons: [`${by}: it does not hold: ${why}`] });
}

/** `reason` as it was given; `why` in words for those who are only told the rest. */
interface Because {
  readonly result: string;
  readonly reason: string;
  readonly by: string;
  readonly why: string;
}

/** Takes everything back that stands on `root`, and leaves its own row open, with no attempt excused. */
function unwind(ledger: Ledger, root: Task, { result, reason, by, why }: Because): Ledger {
  const fallen = standingOn(ledger.tasks, root);
  const next: Record<string, Task> = { ...ledger.tasks };
  for (const task of fallen)
    next[task.id] = task.id === root.id ? openAgain(root) : unwoundRow(next, task, fallen, why);
  const results = fallen.flatMap((task) =>
    isGood(task) && task.result !== null ? [{ result: task.result, task: task.id }] : [],
  );
  const working = fallen.filter(({ status }) => status === "running");
  const proposals = fallen.filter(({ id }) => ledger.proposals[id] != null).map(({ id }) => [id, null] as const);
  const without: Ledger = {
    ...ledger,
    tasks: next,
    stale: ledger.stale || fallen.some(({ commit }) => commit !== undefined),
    proposals: proposals.length === 0 ? ledger.proposals : { ...ledger.proposals, ...Object.fromEntries(proposals) },
  };
  const fenced = fencing(
    without,
    working.map((task) => ({ actor: task.actor ?? "", agentType: typeOf(task) })),
    why,
  );
  return owing(fenced, { revokes: [{ root: result, results, reason, by }] });
}

function unwoundRow(tasks: Tasks, task: Task, fallen: readonly Task[], reason: string): Task {
  const isIn = (id: string | undefined): boolean => id !== undefined && fallen.some((one) => one.id === id);
  const wanted = !(isIn(task.from) || ((task.role === "resolve" || task.role === "replan") && isIn(task.of)));
  if (!wanted) return replacedRow(task, reason);
  if (task.status === "planned") return tasks[task.id] as Task;
  return task.status === "resting" ? { ...task, status: "planned" } : excusedFor(task, reason);
}

const replacedRow = (task: Task, reason: string): Task => ({
  ...openAgain(task),
  status: "replaced",
  reasons: [reason],
});

const STANDING = new Set(["planned", "running", "resting", "joining", "reading", "verified", "replanning"]);

/** The root and everything that counts on it, in the order of the plan. */
export function standingOn(tasks: Tasks, root: Task): readonly Task[] {
  const all = list(tasks).filter(({ status }) => STANDING.has(status));
  const fallen = new Set([root.id]);
  const queue = [root];
  for (let base = queue.pop(); base !== undefined; base = queue.pop()) {
    const { id, role, of } = base;
    for (const task of all) {
      const sake = (task.role === "resolve" || task.role === "replan") && task.of === id;
      const stands = task.needs.includes(id) || task.from === id || sake || (role === "resolve" && of === task.id);
      if (!stands || fallen.has(task.id)) continue;
      fallen.add(task.id);
      queue.push(task);
    }
  }
  return all.filter(({ id }) => fallen.has(id));
}

/** Nobody makes it again: it failed, and what stood on it can never start. */
function ended(ledger: Ledger, id: string, reasons: readonly string[]): Ledger {
  const task = ledger.tasks[id] as Task;
  const failed: Task = { ...task, status: "failed", actor: null, result: null, reasons };
  return { ...ledger, tasks: skipDependents({ ...ledger.tasks, [id]: failed }, ...placesOf(ledger.tasks, task)) };
}
