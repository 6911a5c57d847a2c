/** What the coordinator's chart orders in its states, read off its context: births, cancels, errands, timers, the end. */

import { type CoordinatorContext, shortOf } from "./coordinator-context.ts";
import type { CoordinatorEvent } from "./coordinator-event.ts";
import { type AgentInput, INSIDE_EFFECTS_MAX, type InsideEffect, type OutsideEffect, type RunEnd } from "./effect.ts";
import { dispatchable, spawnOrder } from "./task-dispatch.ts";
import { errandOrder, nextErrand } from "./task-errands.ts";
import { running, type Task, typeOf, verdict } from "./task-graph.ts";
import { type MessageOrder, owed } from "./task-ledger.ts";
import { supervisionOf } from "./task-supervision.ts";

/** Orders that a step which calls the run off needs for itself. */
const ESCALATION_ORDERS = 10;

/** The run's tree holds what was revoked, or is about to: whoever began with it now would build on that. */
const treeIsOff = ({ stale, errand, tasks }: CoordinatorContext): boolean => {
  if (stale || errand?.type === "workspace.rebuild") return true;
  const joining = errand?.type === "task.join" ? tasks[errand.about] : undefined;
  return joining !== undefined && (joining.status !== "joining" || joining.result !== errand?.result);
};

/** What a step owes goes first; births may fill the rest of it. Nobody is born into a run that was called off. */
export const batch = (context: CoordinatorContext): Task[] =>
  context.cancelReason === null && !treeIsOff(context)
    ? dispatchable(context.tasks, context.input.parallelMax, INSIDE_EFFECTS_MAX - owed(context))
    : [];

export const spawnOrders = (context: CoordinatorContext): { actor: string; agentType: string; input: AgentInput }[] =>
  batch(context).map((task) => spawnOrder(context.tasks, context.input.actor, task));

export type Order<Type extends OutsideEffect["type"]> = Omit<Extract<OutsideEffect, { type: Type }>, "type">;
export type Inside<Type extends InsideEffect["type"]> = Omit<Extract<InsideEffect, { type: Type }>, "type">;

export const cancelOrders = (context: CoordinatorContext, reason: string): MessageOrder[] =>
  running(context.tasks)
    .slice(0, INSIDE_EFFECTS_MAX - (context.escalated ? ESCALATION_ORDERS : 0))
    .map((task) => ({ to: task.actor ?? "", toType: typeOf(task), event: { type: "agent.cancel", reason } }));

/** An actor that was put back although nobody may use it: it is told to end. */
export const superfluous = (event: CoordinatorEvent, reason: string): MessageOrder[] =>
  event.type === "task.requeued" && event.actor !== null
    ? [{ to: event.actor, toType: event.agentType, event: { type: "agent.cancel", reason } }]
    : [];

/** What the books owe the world, as orders; whoever uses them marks them as given. */
export const dueOrders = [
  {
    type: "actor.fence",
    params: ({ context }: { context: CoordinatorContext }) => ({ each: context.due?.fences ?? [] }),
  },
  {
    type: "result.revoke",
    params: ({ context }: { context: CoordinatorContext }) => ({ each: context.due?.revokes ?? [] }),
  },
  {
    type: "decision.tell",
    params: ({ context }: { context: CoordinatorContext }) => {
      const decisions = context.due?.decisions ?? [];
      return { each: decisions.length === 0 ? [] : [{ decisions }] };
    },
  },
  {
    type: "letter.put",
    params: ({ context }: { context: CoordinatorContext }) => ({ each: context.due?.letters ?? [] }),
  },
  {
    type: "message.send",
    params: ({ context }: { context: CoordinatorContext }) => ({ each: context.due?.messages ?? [] }),
  },
  {
    type: "approval.request",
    params: ({ context }: { context: CoordinatorContext }) => ({ each: context.due?.approvals ?? [] }),
  },
] as const;

/** The order of this type that the next errand is; none where it is another. */
export const errandOrders = <Type extends OutsideEffect["type"]>(
  context: CoordinatorContext,
  type: Type,
): { each: Order<Type>[] } => {
  const errand = nextErrand(context);
  if (errand === null || (errand.type as string) !== type) return { each: [] };
  const { type: _, ...order } = errandOrder(context, errand);
  return { each: [order as unknown as Order<Type>] };
};

/** Timers that should run now, with what they raise. */
export function clocksOf(context: CoordinatorContext): Map<string, { event: CoordinatorEvent; delay: number }> {
  const clocks = new Map<string, { event: CoordinatorEvent; delay: number }>();
  const { windowMs } = supervisionOf(context);
  if (windowMs !== null)
    for (const restart of context.restarts)
      clocks.set(`restart:${restart}`, { event: { type: "restart.forgotten", restart }, delay: windowMs });
  for (const { id, actor, deadlineMs } of running(context.tasks))
    if (deadlineMs !== undefined && actor !== null)
      clocks.set(`deadline:${actor}`, { event: { type: "task.lapsed", task: id, actor }, delay: deadlineMs });
  return clocks;
}

export const ended = (status: RunEnd) => ({
  type: "run.end" as const,
  params: ({ context }: { context: CoordinatorContext }) => ({ status, reasons: endReasons(context) }),
});

const endReasons = (context: CoordinatorContext): readonly string[] => {
  if (context.problems.length > 0) return context.problems;
  const { reasons: ends } = verdict(context.tasks, context.input.tolerateFailures);
  const reasons = [...shortOf(context), ...ends, ...branchLeft(context)];
  if (context.cancelReason === null) return reasons;
  return [`${context.escalated ? "given up" : "cancelled"}: ${context.cancelReason}`, ...reasons];
};

const branchLeft = ({ input: { branch }, home, left }: CoordinatorContext): readonly string[] =>
  branch === null || home ? [] : [`not merged: the work is left on branch ${branch}${left ? `: ${left}` : ""}`];
