/**
 * The coordinator owns a run's task graph: it dispatches what may start, takes every task's end, brings the work home and
 * closes the run. It is an actor like any other and may be killed like any other.
 *
 *   planning ─▶ dispatching ⇄ supervising ─▶ synthesising ─────────────▶ closing ─▶ completed | failed | exhausted | cancelled
 *                 │ └─▶ sending ─▶┘              └▶ collecting ─▶ (awaitingApproval) ─▶ merging ─┘
 *                 └─▶ cancelling ─▶ synthesising
 *
 * What a task goes through is in its row (`task-graph.ts`); how one state of the books follows another, in `task-*.ts`.
 */
import { MERGE_CALL } from "./approval-calls.ts";
import { bornWith, FRESH, mayGo } from "./coordinator-context.ts";
import { cancelOrders, dueOrders, ended, errandOrders, spawnOrders, superfluous } from "./coordinator-orders.ts";
import { base } from "./coordinator-vocabulary.ts";
import { STEPS_MAX } from "./fold.ts";
import { graphProblems, planned } from "./task-graph.ts";
import { postOrders } from "./task-messages.ts";

export const coordinatorMachine = base.createMachine({
  id: "coordinator",
  version: "1",
  context: ({ input }) => ({
    input: bornWith(input),
    tasks: planned(input?.graph ?? []),
    proposals: {},
    ...FRESH,
    problems: input === undefined ? [] : graphProblems(input.graph),
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
      entry: [
        ...dueOrders,
        { type: "actor.spawn", params: ({ context }) => ({ each: spawnOrders(context) }) },
        "markDispatched",
        "keepClocks",
      ],
      always: [
        { guard: "isEscalated", target: "cancelling" },
        { guard: "errandDue", target: "sending" },
        { guard: "allSettled", target: "synthesising" },
        { target: "supervising" },
      ],
    },
    sending: {
      description: "One thing at a time is sent for: a join, a rebuilt tree, a plan, a verdict, somebody to be asked.",
      entry: [
        { type: "workspace.rebuild", params: ({ context }) => errandOrders(context, "workspace.rebuild") },
        { type: "question.put", params: ({ context }) => errandOrders(context, "question.put") },
        { type: "task.join", params: ({ context }) => errandOrders(context, "task.join") },
        { type: "proposal.prepare", params: ({ context }) => errandOrders(context, "proposal.prepare") },
        { type: "proposal.read", params: ({ context }) => errandOrders(context, "proposal.read") },
        { type: "verdict.read", params: ({ context }) => errandOrders(context, "verdict.read") },
        "markSent",
      ],
      always: "supervising",
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
        "task.cancel": { guard: "isUnwanted", target: "dispatching", actions: "takeTaskCancel" },
        "task.lapsed": { guard: "isAtWork", target: "dispatching", actions: "takeLapse" },
        "result.revoke": { guard: "isStanding", target: "dispatching", actions: "takeRevocation" },
        "task.joined": { guard: "answersErrand", target: "dispatching", actions: "takeAnswer" },
        "task.conflicted": { guard: "answersErrand", target: "dispatching", actions: "takeAnswer" },
        "task.unjoined": { guard: "answersErrand", target: "dispatching", actions: "takeAnswer" },
        "workspace.rebuilt": { guard: "answersErrand", target: "dispatching", actions: "takeAnswer" },
        "workspace.unbuilt": { guard: "answersErrand", target: "dispatching", actions: "takeAnswer" },
        "proposal.prepared": { guard: "answersErrand", target: "dispatching", actions: "takeAnswer" },
        "proposal.unprepared": { guard: "answersErrand", target: "dispatching", actions: "takeAnswer" },
        "proposal.made": { guard: "answersErrand", target: "dispatching", actions: "takeAnswer" },
        "proposal.refused": { guard: "answersErrand", target: "dispatching", actions: "takeAnswer" },
        "verdict.read": { guard: "answersErrand", target: "dispatching", actions: "takeAnswer" },
        "question.open": { guard: "answersErrand", target: "dispatching", actions: "takePut" },
        "question.closed": { guard: "answersErrand", target: "dispatching", actions: "takePut" },
        "question.asked": { guard: "asksAtWork", target: "dispatching", actions: "takeQuestion" },
        "approval.answered": { guard: "isAwaited", target: "dispatching", actions: "takeYesOrNo" },
        "post.sent": {
          guard: "reachesSomebody",
          actions: [
            {
              type: "message.send",
              params: ({ context, event }) => ({ each: event.type === "post.sent" ? postOrders(context, event) : [] }),
            },
            "countPost",
          ],
        },
        "restart.forgotten": { actions: ["forgetRestart", "keepClocks"] },
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
      entry: [
        {
          type: "message.send",
          params: ({ context }) => ({ each: cancelOrders(context, context.cancelReason ?? "cancelled") }),
        },
        "stopClocks",
      ],
      always: { guard: "allSettled", target: "synthesising" },
      on: {
        // The run's tree has one writer: what is on its way into it is waited for, and taken for nothing.
        "task.joined": { guard: "answersErrand", actions: "dropErrand" },
        "task.conflicted": { guard: "answersErrand", actions: "dropErrand" },
        "task.unjoined": { guard: "answersErrand", actions: "dropErrand" },
        "workspace.rebuilt": { guard: "answersErrand", actions: "dropErrand" },
        "workspace.unbuilt": { guard: "answersErrand", actions: "dropErrand" },
        "proposal.prepared": { guard: "answersErrand", actions: "dropErrand" },
        "proposal.unprepared": { guard: "answersErrand", actions: "dropErrand" },
        "proposal.made": { guard: "answersErrand", actions: "dropErrand" },
        "proposal.refused": { guard: "answersErrand", actions: "dropErrand" },
        "verdict.read": { guard: "answersErrand", actions: "dropErrand" },
        "question.open": { guard: "answersErrand", actions: "dropErrand" },
        "question.closed": { guard: "answersErrand", actions: "dropErrand" },
        "result.revoke": { guard: "isStanding", actions: ["takeLateRevocation", ...dueOrders, "markOrdered"] },
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
      entry: "stopClocks",
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
        "result.revoke": { guard: "isStanding", actions: ["takeLateRevocation", ...dueOrders, "markOrdered"] },
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
        // The yes that is asked for is a yes to this very work: with it gone, nobody is asked any more.
        "result.revoke": {
          guard: "isStanding",
          target: "closing",
          actions: ["takeLateRevocation", ...dueOrders, "markOrdered", "takeLeft"],
        },
        "run.cancel": { target: "closing", actions: ["takeCancel", "takeLeft"] },
      },
    },
    merging: {
      description:
        "The commit goes in, or is left where it is; a cancel comes too late. Without a change the tree just goes.",
      entry: { type: "workspace.merge", params: ({ context }) => ({ commit: context.commit ?? "" }) },
      on: {
        "result.revoke": { guard: "isStanding", actions: ["takeLateRevocation", ...dueOrders, "markOrdered"] },
        "workspace.merged": { target: "closing", actions: "takeHome" },
        "workspace.left": { target: "closing", actions: "takeLeft" },
      },
    },
    closing: {
      description: "The run's end is read off its tasks.",
      always: [
        { guard: "isEscalated", target: "failed" },
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
