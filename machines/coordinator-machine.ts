/**
 * The coordinator owns a run's task graph: it dispatches what may start, takes every task's end, and closes the run.
 * It is an actor like any other and may be killed like any other.
 *
 *   planning ─▶ dispatching ⇄ supervising ─▶ synthesising ─▶ completed | failed | exhausted | cancelled
 *                                  └─▶ cancelling ─┘
 */
import { assign, setup } from "xstate";
import {
  type AgentInput,
  type Each,
  effect,
  INSIDE_EFFECTS_MAX,
  type MessageEvent,
  type OutsideMessage,
  type RunEnd,
} from "./effect.ts";
import { STEPS_MAX } from "./fold.ts";
import {
  actorOf,
  cancelled,
  dispatchable,
  dispatched,
  graphProblems,
  isRequeuable,
  isSettled,
  type PlannedTask,
  planned,
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
}

export interface CoordinatorContext {
  readonly actor: string;
  readonly seed: string;
  readonly parallelMax: number;
  readonly tolerateFailures: boolean;
  readonly tasks: Tasks;
  readonly problems: readonly string[];
  readonly cancelReason: string | null;
}

export type CoordinatorEvent =
  | Extract<MessageEvent, { type: "task.settled" }>
  | Extract<OutsideMessage, { type: "run.cancel" | "agent.died" | "task.requeued" }>;

/** Milliseconds that cancelled agents get to end by themselves before the run ends without them. */
const CANCEL_GRACE_MS = 30_000;
/** Spawns per commit. A step that spawns orders nothing else, so they may fill it. */
const BATCH_MAX = INSIDE_EFFECTS_MAX;

const batch = (context: CoordinatorContext) => dispatchable(context.tasks, context.parallelMax, BATCH_MAX);

const spawnOrders = (context: CoordinatorContext): { actor: string; agentType: string; input: AgentInput }[] =>
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

type MessageOrder = { to: string; toType: string; event: MessageEvent };

const cancelOrders = (context: CoordinatorContext, reason: string): MessageOrder[] =>
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
const superfluous = (event: CoordinatorEvent, reason: string): MessageOrder[] =>
  event.type === "task.requeued" && event.actor !== null
    ? [{ to: event.actor, toType: event.agentType, event: { type: "agent.cancel", reason } }]
    : [];

const base = setup({
  types: {} as { context: CoordinatorContext; events: CoordinatorEvent; input: CoordinatorInput },
  actions: {
    "actor.spawn": effect<Each<{ actor: string; agentType: string; input: AgentInput }>>(),
    "message.send": effect<Each<MessageOrder>>(),
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
  },
  guards: {
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

const ended = (status: RunEnd) => ({
  type: "run.end" as const,
  params: ({ context }: { context: CoordinatorContext }) => ({ status, reasons: endReasons(context) }),
});

const endReasons = (context: CoordinatorContext): readonly string[] => {
  if (context.problems.length > 0) return context.problems;
  const { reasons } = verdict(context.tasks, context.tolerateFailures);
  return context.cancelReason === null ? reasons : [`cancelled: ${context.cancelReason}`, ...reasons];
};

export const coordinatorMachine = base.createMachine({
  id: "coordinator",
  version: "1",
  context: ({ input }) => ({
    // XState builds a throwaway actor without input once; that one is never stepped.
    actor: input?.actor ?? "",
    seed: input?.seed ?? "",
    parallelMax: input?.parallelMax ?? 0,
    tolerateFailures: input?.tolerateFailures ?? false,
    tasks: planned(input?.graph ?? []),
    problems: input === undefined ? [] : graphProblems(input.graph),
    cancelReason: null,
  }),
  options: { maxIterations: STEPS_MAX },
  initial: "planning",
  states: {
    planning: {
      description: "The graph is checked before the first agent is born.",
      always: [{ guard: "illegal", target: "failed" }, { target: "dispatching" }],
    },
    dispatching: {
      id: "dispatching",
      description: "Agents are spawned for every task whose needs are verified, as far as the limit allows.",
      entry: [{ type: "actor.spawn", params: ({ context }) => ({ each: spawnOrders(context) }) }, "markDispatched"],
      always: [{ guard: "allSettled", target: "synthesising" }, { target: "supervising" }],
    },
    supervising: {
      description: "Agents work; each end is taken, and may free others to start.",
      on: {
        "task.settled": { target: "dispatching", actions: "takeSettlement" },
        "agent.died": { target: "dispatching", actions: "takeSettlement" },
        "task.requeued": [
          { guard: "opensAgain", target: "dispatching", actions: "takeRequeue" },
          {
            actions: {
              type: "message.send",
              params: ({ event }) => ({ each: superfluous(event, "its task is not open any more") }),
            },
          },
        ],
        "run.cancel": { target: "cancelling", actions: "takeCancel" },
      },
      initial: "gate",
      states: {
        gate: { always: [{ guard: "someRest", target: "resting" }, { target: "watching" }] },
        watching: {},
        resting: {
          description: "An attempt failed; the next one waits its time, longer after every failure.",
          after: { rest: { target: "#dispatching", actions: "takeRest" } },
        },
      },
    },
    cancelling: {
      description: "Running agents were told to stop; their last words are still taken.",
      entry: {
        type: "message.send",
        params: ({ context }) => ({ each: cancelOrders(context, context.cancelReason ?? "cancelled") }),
      },
      always: { guard: "allSettled", target: "synthesising" },
      on: {
        "task.settled": { actions: "takeLastWord" },
        "agent.died": { actions: "takeLastWord" },
        "task.requeued": {
          actions: {
            type: "message.send",
            params: ({ context, event }) => ({ each: superfluous(event, context.cancelReason ?? "cancelled") }),
          },
        },
      },
      after: { cancelGrace: { target: "synthesising", actions: "abandon" } },
    },
    synthesising: {
      description: "The run's end is read off its tasks.",
      always: [
        { guard: "wasCancelled", target: "cancelled" },
        { guard: "cameOutCompleted", target: "completed" },
        { guard: "cameOutExhausted", target: "exhausted" },
        { guard: "cameOutCancelled", target: "cancelled" },
        { target: "failed" },
      ],
    },
    completed: { type: "final", entry: ended("completed") },
    failed: { type: "final", entry: ended("failed") },
    exhausted: { type: "final", entry: ended("exhausted") },
    cancelled: { type: "final", entry: ended("cancelled") },
  },
});
