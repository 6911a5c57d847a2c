/**
 * What the coordinator says of its tasks, as it changes the picture: tried again, joined, taken back, planned anew. Pure.
 * These events name tasks, or agents; what an agent says of itself is another matter.
 */
import type { LoggedEvent } from "../../../machines/run-event.ts";
import { onEvent } from "./on-event.ts";
import type { PlannedNode, RunTree, TaskNode } from "./tree.ts";

/** The tree after an event that is about tasks; the same tree where it is about none. */
export function afterCoordinator(tree: RunTree, event: LoggedEvent, atMs: number): RunTree {
  const changed = (task: string, change: Partial<TaskNode>): RunTree => at(tree, (node) => node.task === task, change);
  const again = (state: string, said: string): Partial<TaskNode> => ({
    state,
    outcome: null,
    settledAtMs: null,
    note: said,
  });
  const next = onEvent<RunTree>(event, {
    "supervision.decided": ({ task, decision, reason }) => {
      if (decision === "give-up" || decision === "escalate") {
        // A plan that somebody denied was verified; an agent that was stopped has no end of its own.
        const failed = { outcome: "failed", settledAtMs: atMs, reasons: [reason], tools: {}, note: "" } as const;
        const open = at(tree, (node) => node.task === task && stands(node), failed);
        return open === tree ? changed(task, { note: reason }) : open;
      }
      return changed(task, again(decision === "replan" ? "replanning" : "resting", reason));
    },
    "task.conflicted": ({ task, files }) => changed(task, again("conflict", files.join(", "))),
    "task.joined": ({ task }) => {
      const done = { outcome: "verified", settledAtMs: atMs, note: "" } as const;
      const of = RESOLVE.exec(task)?.[1];
      // The agent that resolves a conflict brings in what conflicted, too.
      return at(changed(task, done), (node) => node.task === of && node.state === "conflict", done);
    },
    "result.revoked": ({ task, reason }) =>
      changed(task, { outcome: "revoked", settledAtMs: atMs, reasons: [reason], tools: {}, note: "" }),
    "actor.fenced": ({ fenced, reason }) =>
      at(tree, (node) => node.actor === fenced && node.outcome === null, { ...again("stopped", reason), tools: {} }),
    "question.asked": ({ actor, text }) =>
      at(tree, (node) => node.actor === actor && node.outcome === null, { asks: text }),
    "question.answered": ({ question }) =>
      at(tree, (node) => node.asks !== "" && question.startsWith(`${node.actor}:`), { asks: "" }),
    "proposal.made": ({ tasks, accept }) => {
      if (accept === "deny") return tree;
      const proposed = tasks.map(({ id, needs }) => ({ id, needs }));
      return { ...tree, proposed: [...tree.proposed, ...proposed] };
    },
  });
  return next ?? tree;
}

const stands = ({ outcome }: TaskNode): boolean => outcome === null || outcome === "verified";

const RESOLVE = /^(.+)-resolve(?:-\d+)?$/;

/** The first that fits, changed. */
function at(tree: RunTree, fits: (node: TaskNode) => boolean, change: Partial<TaskNode>): RunTree {
  const index = tree.tasks.findIndex(fits);
  const node = tree.tasks[index];
  return node === undefined ? tree : { ...tree, tasks: tree.tasks.with(index, { ...node, ...change }) };
}

/**
 * Somebody is sent to a task: where it was proposed, the proposal was taken, and all its tasks belong to the run. What
 * nobody planned (a check, a synthesis, a conflict to be resolved) belongs to it from now on.
 */
export function grownBy(tree: RunTree, task: string): Pick<RunTree, "graph" | "proposed" | "tasksTotal"> {
  const { graph, proposed, tasksTotal } = tree;
  const known = new Set([...graph.map(({ id }) => id), ...tree.tasks.map((node) => node.task)]);
  const taken: readonly PlannedNode[] = proposed.some(({ id }) => id === task) ? proposed : [];
  const added = taken.filter(({ id }) => !known.has(id));
  const strangers = added.length === 0 && !known.has(task) && known.size >= tasksTotal ? 1 : 0;
  return {
    graph: [...graph, ...added],
    proposed: taken.length > 0 ? [] : proposed,
    tasksTotal: tasksTotal + added.length + strangers,
  };
}
