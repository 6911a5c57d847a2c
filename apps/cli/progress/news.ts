/** What a reader without a terminal is told of an event: a line where somebody would want to know, else nothing. */
import type { LoggedEvent } from "../../../machines/run-event.ts";
import { printable } from "./printable.ts";
import { counted, type RunTree, type TaskNode } from "./tree.ts";
import { clock, modelName, reason, tookMs, work } from "./words.ts";

/** Pure. `tree` is the run with the event in it. */
export function newsOf(event: LoggedEvent, tree: RunTree): string | null {
  switch (event.type) {
    case "run.started":
      return `${event.run}: ${printable(event.goal)} (${event.tasks} tasks, model ${modelName(tree)})`;
    case "run.parked":
      return `parked: ${printable(event.reason)}`;
    case "run.resumed":
      return "resumed";
    case "task.routed": {
      const node = tree.tasks.find(({ task }) => task === event.task);
      return node !== undefined && node.attempt > 1 ? `${event.task}: attempt ${node.attempt} begins` : null;
    }
    case "result.verified":
    case "result.rejected":
      return settled(event.actor, tree);
    case "agent.died":
      return `${event.died} died: ${printable(event.reason)}`;
    case "retry.scheduled":
      return `${event.actor}: asks again in ${clock(event.delayMs)} (attempt ${event.attempt})`;
    case "model.failed":
      return `${event.actor}: ${printable(event.message)}`;
    case "breaker.changed":
      return `breaker ${printable(event.breaker)}: ${event.from} → ${event.to}`;
    case "approval.requested":
      return `${event.actor}: ${printable(event.tool)} waits for approval`;
    case "budget.refused":
      return `${event.actor}: the budget does not cover another model call`;
    case "run.completed":
    case "run.failed":
    case "run.exhausted":
    case "run.cancelled":
      return ended(event.run, tree);
    default:
      return null;
  }
}

function settled(actor: string, tree: RunTree): string | null {
  const node = tree.tasks.find((task) => task.actor === actor);
  if (node === undefined || node.outcome === null) return null;
  const { verified, bad } = counted(tree);
  // Who failed may get another attempt: that is no settled task yet.
  const done = node.outcome === "failed" ? "" : `[${verified + bad}/${tree.tasksTotal}] `;
  return `${done}${node.task}: ${outcomeWords(node)} (${work(node)}, ${clock(tookMs(node, tree.lastAtMs))})`;
}

const outcomeWords = (node: TaskNode): string =>
  node.outcome === "verified" ? "verified" : `${node.outcome}: ${reason(node.reasons, "no reason was given")}`;

function ended(run: string, tree: RunTree): string {
  const { verified } = counted(tree);
  const took = clock(tree.lastAtMs - tree.startedAtMs);
  return `${run}: ${tree.end?.status ?? "ended"}, ${verified} of ${tree.tasksTotal} tasks verified in ${took}`;
}
