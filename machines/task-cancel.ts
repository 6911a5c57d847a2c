/** One task that nobody wants any more: it ends, with what can only be built on it, and the rest of the run goes on. */
import { type Task, type Tasks, typeOf } from "./task-graph.ts";
import { fencing, type Ledger } from "./task-ledger.ts";
import { givenUp } from "./task-supervision.ts";

const CANCELLABLE: ReadonlySet<string> = new Set(["planned", "resting", "running"]);

/** The task of this name, while nothing of it is verified: what is, is revoked and not cancelled. */
export function cancellable(tasks: Tasks, id: string): Task | undefined {
  const task = tasks[id];
  return task !== undefined && CANCELLABLE.has(task.status) ? task : undefined;
}

/** Whoever works on it is fenced: nothing that it still says counts. A word about another task changes nothing. */
export function taskCancelled(ledger: Ledger, id: string, reason: string): Ledger {
  const task = cancellable(ledger.tasks, id);
  if (task === undefined) return ledger;
  const working = task.status === "running" ? [{ actor: task.actor ?? "", agentType: typeOf(task) }] : [];
  return givenUp(
    fencing(ledger, working, `its task was cancelled: ${reason}`),
    task,
    { status: "cancelled", result: null, reasons: [reason] },
    false,
  );
}
