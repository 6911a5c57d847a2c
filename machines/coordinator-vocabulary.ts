/** What the coordinator's chart is made of: its context, the facts that reach it, its guards, delays and orders. */
import { assign, setup } from "xstate";
import {
  type AgentInput,
  type Each,
  effect,
  INSIDE_EFFECTS_MAX,
  type MessageEvent,
  type OutsideEffect,
  type OutsideMessage,
  type RunEnd,
} from "./effect.ts";
import {
  actorOf,
  cancelled,
  dispatchable,
  dispatched,
  isRequeuable,
  isSettled,
  type PlannedTask,
  requeued,
  rested,
  resting,
  restMs,
  running,
  type Settlement,
  settled,
  type Tasks,
  verdict,
  withdrawn,
} from "./task-graph.ts";

export interface CoordinatorInput {
  readonly actor: string;
  readonly graph: readonly PlannedTask[];
  /** Agents of this run that work at once. */
  readonly parallelMax: number;
  /** Whether verified tasks count although others ended badly. */
  readonly tolerateFailures: boolean;
  /** The run's own: what chance there is in its waits is drawn from it. */
  readonly seed?: string;
  /** Branch of the working tree that is the run's own; null where its agents work in the folder itself. */
  readonly branch?: string | null;
}

export interface CoordinatorContext {
  readonly actor: string;
  readonly seed: string;
  readonly parallelMax: number;
  readonly tolerateFailures: boolean;
  readonly tasks: Tasks;
  readonly problems: readonly string[];
  readonly cancelReason: string | null;
  readonly branch: string | null;
  /** Commit that holds the run's work, once it was collected. */
  readonly commit: string | null;
  /** True once all the work is where it was meant for; at once where there was none. */
  readonly home: boolean;
  /** Why the work lies in its branch and not where it was meant for. */
  readonly left: string | null;
}

/** `leave`: nobody can be asked. */
export type MergeVerdict = "ask" | "allow" | "leave";

export type CoordinatorEvent =
  | Extract<MessageEvent, { type: "task.settled" }>
  | Extract<OutsideMessage, { type: "run.cancel" | "agent.died" | "task.requeued" }>
  | {
      readonly type: "workspace.collected";
      readonly files: number;
      readonly commit: string;
      readonly merge: MergeVerdict;
      readonly reason: string;
    }
  | { readonly type: "workspace.uncollected"; readonly reason: string }
  | { readonly type: "workspace.merged" }
  | { readonly type: "workspace.left"; readonly reason: string }
  | {
      readonly type: "approval.answered";
      readonly call: string;
      readonly allowed: boolean;
      readonly reason?: string | undefined;
    };

/** The one approval that a coordinator ever asks for is named by this call. */
export const MERGE_CALL = "merge";

/** Milliseconds that cancelled agents get to end by themselves before the run ends without them. */
const CANCEL_GRACE_MS = 30_000;
/** Spawns per commit. A step that spawns orders nothing else, so they may fill it. */
const BATCH_MAX = INSIDE_EFFECTS_MAX;

const batch = (context: CoordinatorContext) => dispatchable(context.tasks, context.parallelMax, BATCH_MAX);

export const spawnOrders = (context: CoordinatorContext): { actor: string; agentType: string; input: AgentInput }[] =>
  batch(context).map((task) => ({
    actor: actorOf(task),
    agentType: task.agentType,
    input: {
      actor: actorOf(task),
      task: task.id,
      parent: context.actor,
      parentType: "coordinator",
      standsOn: task.needs.flatMap((need) => context.tasks[need]?.result ?? []),
      limits: task.limits,
    },
  }));

type Order<Type extends OutsideEffect["type"]> = Omit<Extract<OutsideEffect, { type: Type }>, "type">;
type MessageOrder = { to: string; toType: string; event: MessageEvent };

export const cancelOrders = (context: CoordinatorContext, reason: string): MessageOrder[] =>
  running(context.tasks)
    .slice(0, INSIDE_EFFECTS_MAX)
    .map((task) => ({ to: task.actor ?? "", toType: task.agentType, event: { type: "agent.cancel", reason } }));

const settlementOf = (event: CoordinatorEvent, tasks: Tasks): Settlement | null => {
  if (event.type === "task.settled") return event;
  if (event.type !== "agent.died") return null;
  const task = running(tasks).find(({ actor }) => actor === event.actor);
  if (task === undefined) return null;
  return { task: task.id, actor: event.actor, status: "failed", result: null, reasons: [event.reason] };
};

/** An actor that was put back although nobody may use it: it is told to end. */
export const superfluous = (event: CoordinatorEvent, reason: string): MessageOrder[] =>
  event.type === "task.requeued" && event.actor !== null
    ? [{ to: event.actor, toType: event.agentType, event: { type: "agent.cancel", reason } }]
    : [];

/** What did not come out well, or is not wanted any more, goes nowhere: nobody is asked either. */
export const mayGo = ({ tasks, tolerateFailures, cancelReason }: CoordinatorContext): boolean =>
  cancelReason === null && verdict(tasks, tolerateFailures).status === "completed";

function leftBecause(event: CoordinatorEvent): string {
  if (event.type === "approval.answered") return event.reason ?? "the merge was denied";
  return "reason" in event ? event.reason : "";
}

export const base = setup({
  types: {} as { context: CoordinatorContext; events: CoordinatorEvent; input: CoordinatorInput },
  actions: {
    "actor.spawn": effect<Each<{ actor: string; agentType: string; input: AgentInput }>>(),
    "message.send": effect<Each<MessageOrder>>(),
    "workspace.collect": effect<Order<"workspace.collect">>(),
    "workspace.merge": effect<Order<"workspace.merge">>(),
    "approval.request": effect<{ call: string; tool: string }>(),
    "run.end": effect<{ status: RunEnd; reasons: readonly string[] }>(),
    markDispatched: assign(({ context }) => ({ tasks: dispatched(context.tasks, batch(context)) })),
    takeSettlement: assign(({ context, event }) => {
      const end = settlementOf(event, context.tasks);
      return end === null ? {} : { tasks: settled(context.tasks, end) };
    }),
    takeRest: assign(({ context }) => ({ tasks: rested(context.tasks) })),
    takeRequeue: assign(({ context, event }) =>
      event.type === "task.requeued" ? { tasks: requeued(context.tasks, event) } : {},
    ),
    // What failed is not tried again once the run is being cancelled.
    takeLastWord: assign(({ context, event }) => {
      const end = settlementOf(event, context.tasks);
      return end === null ? {} : { tasks: withdrawn(settled(context.tasks, end), context.cancelReason ?? "cancelled") };
    }),
    takeCancel: assign(({ context, event }) =>
      event.type === "run.cancel" ? { cancelReason: event.reason, tasks: withdrawn(context.tasks, event.reason) } : {},
    ),
    abandon: assign(({ context }) => ({
      tasks: cancelled(context.tasks, `${context.cancelReason ?? "cancelled"}; did not answer in time`),
    })),
    takeCollected: assign(({ event }) => (event.type === "workspace.collected" ? { commit: event.commit } : {})),
    takeHome: assign({ home: true }),
    takeLeft: assign(({ context, event }) => ({ left: mayGo(context) ? leftBecause(event) : "" })),
  },
  guards: {
    hasTree: ({ context }) => context.branch !== null,
    changedNothing: ({ event }) => event.type === "workspace.collected" && event.files === 0,
    mayMerge: ({ context, event }) => mayGo(context) && event.type === "workspace.collected" && event.merge === "allow",
    mustAsk: ({ context, event }) => mayGo(context) && event.type === "workspace.collected" && event.merge === "ask",
    mergeApproved: ({ event }) => event.type === "approval.answered" && event.call === MERGE_CALL && event.allowed,
    mergeDenied: ({ event }) => event.type === "approval.answered" && event.call === MERGE_CALL && !event.allowed,
    illegal: ({ context }) => context.problems.length > 0,
    allSettled: ({ context }) => isSettled(context.tasks),
    someRest: ({ context }) => resting(context.tasks).length > 0,
    opensAgain: ({ context, event }) => event.type === "task.requeued" && isRequeuable(context.tasks, event),
    wasCancelled: ({ context }) => context.cancelReason !== null,
    cameOutCompleted: ({ context }) => verdict(context.tasks, context.tolerateFailures).status === "completed",
    cameOutExhausted: ({ context }) => verdict(context.tasks, context.tolerateFailures).status === "exhausted",
    cameOutCancelled: ({ context }) => verdict(context.tasks, context.tolerateFailures).status === "cancelled",
  },
  delays: {
    cancelGrace: CANCEL_GRACE_MS,
    // All that rest go on together, with the one that has to rest longest: one timer, whatever fails.
    rest: ({ context }) => Math.max(...resting(context.tasks).map((task) => restMs(task, context.seed))),
  },
});

export const ended = (status: RunEnd) => ({
  type: "run.end" as const,
  params: ({ context }: { context: CoordinatorContext }) => ({ status, reasons: endReasons(context) }),
});

const endReasons = (context: CoordinatorContext): readonly string[] => {
  if (context.problems.length > 0) return context.problems;
  const { reasons } = verdict(context.tasks, context.tolerateFailures);
  if (context.cancelReason !== null) return [`cancelled: ${context.cancelReason}`, ...reasons, ...branchLeft(context)];
  return [...reasons, ...branchLeft(context)];
};

const branchLeft = ({ branch, home, left }: CoordinatorContext): readonly string[] =>
  branch === null || home ? [] : [`not merged: the work is left on branch ${branch}${left ? `: ${left}` : ""}`];
