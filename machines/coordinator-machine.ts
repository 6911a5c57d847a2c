/**
 * The coordinator owns a run's task graph: it dispatches what may start, takes every task's end, brings the work home and
 * closes the run. It is an actor like any other and may be killed like any other.
 *
 *   planning ─▶ dispatching ⇄ supervising ─▶ synthesising ─────────────▶ closing ─▶ completed | failed | exhausted | cancelled
 *                     └─▶ cancelling ─┘           └▶ collecting ─▶ (awaitingApproval) ─▶ merging ─┘
 */
import { base, cancelOrders, ended, MERGE_CALL, mayGo, spawnOrders, superfluous } from "./coordinator-vocabulary.ts";
import { STEPS_MAX } from "./fold.ts";
import { graphProblems, planned } from "./task-graph.ts";

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
    branch: input?.branch ?? null,
    commit: null,
    home: false,
    left: null,
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
      description: "Every task has come to its end; what was done in a tree of the run's own is brought home first.",
      always: [{ guard: "hasTree", target: "collecting" }, { target: "closing" }],
    },
    collecting: {
      description: "What the agents changed in the run's own working tree becomes one commit.",
      entry: { type: "workspace.collect", params: ({ context }) => ({ wanted: mayGo(context) }) },
      on: {
        "workspace.collected": [
          { guard: "changedNothing", target: "merging", actions: "takeCollected" },
          { guard: "mayMerge", target: "merging", actions: "takeCollected" },
          {
            guard: "mustAsk",
            target: "awaitingApproval",
            actions: ["takeCollected", { type: "approval.request", params: { call: MERGE_CALL, tool: "Merge" } }],
          },
          { target: "closing", actions: ["takeCollected", "takeLeft"] },
        ],
        "workspace.uncollected": { target: "closing", actions: "takeLeft" },
        "run.cancel": { actions: "takeCancel" },
      },
    },
    awaitingApproval: {
      description: "One look at the whole difference decides whether it goes where it was meant for.",
      on: {
        "approval.answered": [
          { guard: "mergeApproved", target: "merging" },
          { guard: "mergeDenied", target: "closing", actions: "takeLeft" },
        ],
        "run.cancel": { target: "closing", actions: ["takeCancel", "takeLeft"] },
      },
    },
    merging: {
      description:
        "The commit goes in, or is left where it is; a cancel comes too late. Without a change the tree just goes.",
      entry: { type: "workspace.merge", params: ({ context }) => ({ commit: context.commit ?? "" }) },
      on: {
        "workspace.merged": { target: "closing", actions: "takeHome" },
        "workspace.left": { target: "closing", actions: "takeLeft" },
      },
    },
    closing: {
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
