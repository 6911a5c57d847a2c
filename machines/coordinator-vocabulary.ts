/** What the coordinator's chart is made of: its actions, guards and delays. */
import { assign, enqueueActions, setup } from "xstate";
import { MERGE_CALL } from "./approval-calls.ts";
import { type CoordinatorContext, type CoordinatorInput, cameOut, mayGo } from "./coordinator-context.ts";
import type { CoordinatorEvent } from "./coordinator-event.ts";
import { batch, clocksOf, type Inside, type Order } from "./coordinator-orders.ts";
import { type AgentInput, type Each, effect, type RunEnd, type SupervisionDecision } from "./effect.ts";
import { cancellable, taskCancelled } from "./task-cancel.ts";
import { dispatched } from "./task-dispatch.ts";
import { answered, answersErrand, nextErrand, sent } from "./task-errands.ts";
import { cancelled, isSettled, resting, restsAny, taskAt, withdrawn } from "./task-graph.ts";
import type { Ledger, MessageOrder } from "./task-ledger.ts";
import { asked, postOrders, put, questionAnswered, questionAsked, withoutStrangers } from "./task-messages.ts";
import { planAnswered, planAsked } from "./task-proposals.ts";
import { isRequeuable, requeued } from "./task-requeue.ts";
import { revoked, taskOfResult } from "./task-revocation.ts";
import { lapsed, rested, restMs, type Settlement, settled } from "./task-supervision.ts";

/** Milliseconds that cancelled agents get to end by themselves before the run ends without them. */
const CANCEL_GRACE_MS = 30_000;
/** Whether somebody was asked under this name, and is waited for. */
const isAwaited = (context: CoordinatorContext, call: string): boolean =>
  questionAsked(context, call) !== undefined || planAsked(context, call) !== undefined;

const settlementOf = (event: CoordinatorEvent, { tasks }: Ledger): Settlement | null => {
  if (event.type === "task.settled") return event;
  if (event.type !== "agent.died") return null;
  const task = taskAt(tasks, event.actor);
  if (task === undefined) return null;
  return { task: task.id, actor: event.actor, status: "failed", result: null, reasons: [event.reason], died: true };
};

function leftBecause(event: CoordinatorEvent): string {
  if (event.type === "approval.answered") return event.reason ?? "the merge was denied";
  return "reason" in event ? event.reason : "";
}

export const base = setup({
  types: {} as { context: CoordinatorContext; events: CoordinatorEvent; input: CoordinatorInput },
  actions: {
    "actor.spawn": effect<Each<{ actor: string; agentType: string; input: AgentInput }>>(),
    "actor.fence": effect<Each<Inside<"actor.fence">>>(),
    "message.send": effect<Each<MessageOrder>>(),
    "result.revoke": effect<Each<Inside<"result.revoke">>>(),
    "decision.tell": effect<Each<{ decisions: readonly SupervisionDecision[] }>>(),
    "letter.put": effect<Each<Inside<"letter.put">>>(),
    "approval.request": effect<{ call: string; tool: string } | Each<{ call: string; tool: string }>>(),
    "task.join": effect<Each<Order<"task.join">>>(),
    "workspace.rebuild": effect<Each<Order<"workspace.rebuild">>>(),
    "proposal.prepare": effect<Each<Order<"proposal.prepare">>>(),
    "proposal.read": effect<Each<Order<"proposal.read">>>(),
    "verdict.read": effect<Each<Order<"verdict.read">>>(),
    "question.put": effect<Each<Order<"question.put">>>(),
    "workspace.collect": effect<Order<"workspace.collect">>(),
    "workspace.merge": effect<Order<"workspace.merge">>(),
    "run.end": effect<{ status: RunEnd; reasons: readonly string[] }>(),
    markDispatched: assign(({ context }) => ({
      ...withoutStrangers({ ...context, tasks: dispatched(context.tasks, batch(context)) }),
      due: null,
    })),
    markOrdered: assign({ due: null }),
    markSent: assign(({ context }) => {
      const errand = nextErrand(context);
      return errand === null ? {} : sent(context, errand);
    }),
    takeSettlement: assign(({ context, event }) => {
      const end = settlementOf(event, context);
      return end === null ? {} : settled(context, end);
    }),
    takeLapse: assign(({ context, event }) => (event.type === "task.lapsed" ? lapsed(context, event.actor) : {})),
    takeRest: assign(({ context }) => ({ tasks: rested(context.tasks) })),
    takeRequeue: assign(({ context, event }) =>
      event.type === "task.requeued" ? { tasks: requeued(context.tasks, event) } : {},
    ),
    takeTaskCancel: assign(({ context, event }) =>
      event.type === "task.cancel" ? taskCancelled(context, event.task, event.reason) : {},
    ),
    takeRevocation: assign(({ context, event }) => (event.type === "result.revoke" ? revoked(context, event) : {})),
    // Too late to do anything again: what stood on it is over.
    takeLateRevocation: assign(({ context, event }) =>
      event.type === "result.revoke" ? revoked(context, { ...event, redo: false }) : {},
    ),
    takeAnswer: assign(({ context, event }) => answered(context, event)),
    takeQuestion: assign(({ context, event }) => (event.type === "question.asked" ? asked(context, event) : {})),
    takePut: assign(({ context, event }) =>
      event.type === "question.open" || event.type === "question.closed" ? put(context, event) : {},
    ),
    takeYesOrNo: assign(({ context, event }) => {
      if (event.type !== "approval.answered") return {};
      const { call, allowed, reason = "" } = event;
      return questionAnswered(planAnswered(context, call, allowed, reason), event);
    }),
    countPost: assign(({ context }) => ({ posts: context.posts + 1 })),
    forgetRestart: assign(({ context, event }) =>
      event.type === "restart.forgotten"
        ? { restarts: context.restarts.filter((restart) => restart !== event.restart) }
        : {},
    ),
    dropErrand: assign({ errand: null }),
    // What failed is not tried again once the run is being cancelled.
    takeLastWord: assign(({ context, event }) => {
      const end = settlementOf(event, context);
      const { tasks } =
        end === null ? context : settled({ ...context, input: { ...context.input, policy: null } }, end);
      return { tasks: withdrawn(tasks, context.cancelReason ?? "cancelled") };
    }),
    takeCancel: assign(({ context, event }) =>
      event.type === "run.cancel" ? { cancelReason: event.reason, tasks: withdrawn(context.tasks, event.reason) } : {},
    ),
    abandon: assign(({ context }) => ({
      errand: null,
      tasks: cancelled(context.tasks, `${context.cancelReason ?? "cancelled"}; did not answer in time`),
    })),
    // One owner of all timers that no state of the chart has: what should run is read off the books, after every change.
    keepClocks: enqueueActions(({ context, enqueue }) => {
      const wanted = clocksOf(context);
      if (wanted.size === 0 && context.clocks.length === 0) return;
      for (const clock of context.clocks) if (!wanted.has(clock)) enqueue.cancel(clock);
      for (const [id, { event, delay }] of wanted)
        if (!context.clocks.includes(id)) enqueue.raise(event, { id, delay });
      enqueue.assign({ clocks: [...wanted.keys()].sort() });
    }),
    stopClocks: enqueueActions(({ context, enqueue }) => {
      if (context.clocks.length === 0) return;
      for (const clock of context.clocks) enqueue.cancel(clock);
      enqueue.assign({ clocks: [] });
    }),
    takeCollected: assign(({ event }) => (event.type === "workspace.collected" ? { commit: event.commit } : {})),
    takeHome: assign({ home: true }),
    takeLeft: assign(({ context, event }) => ({ left: mayGo(context) ? leftBecause(event) : "" })),
  },
  guards: {
    hasTree: ({ context }) => context.input.branch !== null,
    changedNothing: ({ event }) => event.type === "workspace.collected" && event.files === 0,
    mayMerge: ({ context, event }) => mayGo(context) && event.type === "workspace.collected" && event.merge === "allow",
    mustAsk: ({ context, event }) => mayGo(context) && event.type === "workspace.collected" && event.merge === "ask",
    mergeApproved: ({ event }) => event.type === "approval.answered" && event.call === MERGE_CALL && event.allowed,
    mergeDenied: ({ event }) => event.type === "approval.answered" && event.call === MERGE_CALL && !event.allowed,
    illegal: ({ context }) => context.problems.length > 0,
    allSettled: ({ context }) => context.errand === null && isSettled(context.tasks),
    someRest: ({ context }) => restsAny(context.tasks),
    opensAgain: ({ context, event }) => event.type === "task.requeued" && isRequeuable(context.tasks, event),
    errandDue: ({ context }) => nextErrand(context) !== null,
    answersErrand: ({ context, event }) => answersErrand(context, event),
    isUnwanted: ({ context, event }) =>
      event.type === "task.cancel" && cancellable(context.tasks, event.task) !== undefined,
    isStanding: ({ context, event }) =>
      event.type === "result.revoke" && taskOfResult(context.tasks, event.result) !== undefined,
    asksAtWork: ({ context, event }) =>
      event.type === "question.asked" && taskAt(context.tasks, event.actor) !== undefined,
    isAwaited: ({ context, event }) => event.type === "approval.answered" && isAwaited(context, event.call),
    isAtWork: ({ context, event }) => event.type === "task.lapsed" && taskAt(context.tasks, event.actor) !== undefined,
    reachesSomebody: ({ context, event }) => event.type === "post.sent" && postOrders(context, event).length > 0,
    isEscalated: ({ context }) => context.escalated,
    wasCancelled: ({ context }) => context.cancelReason !== null,
    cameOutCompleted: ({ context }) => cameOut(context) === "completed",
    cameOutExhausted: ({ context }) => cameOut(context) === "exhausted",
    cameOutCancelled: ({ context }) => cameOut(context) === "cancelled",
  },
  delays: {
    cancelGrace: CANCEL_GRACE_MS,
    // All that rest go on together, with the one that has to rest longest: one timer, whatever fails.
    rest: ({ context }) => Math.max(...resting(context.tasks).map((task) => restMs(task, context.input.seed))),
  },
});
