/**
 * The vocabulary of the agent's chart: what it remembers, what it can order, what it asks of its memory. The chart itself
 * is in `agent-states.ts` and `agent-machine.ts`.
 */
import { assign, setup } from "xstate";
import {
  allEnded,
  type Call,
  type CallStatus,
  moved,
  refuseBehind,
  someIn,
  startable,
  withApproved,
  withMissed,
  withReconciling,
  withRunning,
  withUnknown,
} from "./agent-calls.ts";
import type { AgentEvent, ReportCall } from "./agent-event.ts";
import { ANSWER_MS_MAX, awaiting, heardIn, withoutWaiting, withoutWords, withPost } from "./agent-messages.ts";
import { type Compaction, mayCompact } from "./compaction-due.ts";
import {
  type AgentInput,
  type Each,
  effect,
  type MessageEvent,
  type OutsideEffect,
  type Post,
  type PromptNote,
  type ResultStatus,
  type ResultSummary,
  resultId,
} from "./effect.ts";

/**
 * No more than 19 keys: XState copies a context with `Object.assign`, which in Node 20 takes 4.4 µs from 20 keys on, and
 * 0.5 with 19, and leaves an object that is slow to read (measured; decision 0143).
 */
export interface AgentContext {
  /** What it was born with, and keeps. */
  readonly input: AgentInput;
  /** Model answers so far. */
  readonly turn: number;
  /** Failed attempts at the present model call that count. */
  readonly attempt: number;
  /** Attempts at the present model call that never reached the model. */
  readonly lost: number;
  readonly reminders: number;
  readonly rejections: number;
  readonly retryDelayMs: number;
  readonly calls: readonly Call[];
  readonly report: ReportCall | null;
  readonly pausing: boolean;
  /** What others posted since the last model call was made, and how much of it could not be kept. */
  readonly posts: readonly Post[];
  readonly missed: number;
  readonly compaction: Compaction;
  readonly reasons: readonly string[];
}

/** Attempts that never reached the model, at most: past it the worker, not the model, is what fails. */
export const LOST_ATTEMPTS_MAX = 50;

type MessageOrder = { to: string; toType: string; event: MessageEvent };
type Order<T extends OutsideEffect["type"]> = Omit<Extract<OutsideEffect, { type: T }>, "type">;

export const runOrders = (context: AgentContext): Order<"tool.run">[] =>
  startable(context.calls, context.input.limits.parallelMax).map(({ id, tool, inputHash, approved }) => ({
    call: id,
    tool,
    inputHash,
    ...(approved === undefined ? {} : { approved }),
  }));

/** Questions of a fresh answer: one for each call that somebody has to say yes to. */
export const askOrders = (context: AgentContext): { call: string; tool: string }[] =>
  context.calls.flatMap(({ id, tool, status }) => (status === "asking" ? [{ call: id, tool }] : []));

/** Questions that are still to be asked: one for each call that has just become unknown. */
export const reconcileOrders = (context: AgentContext): Order<"tool.reconcile">[] =>
  context.calls.flatMap(({ id, tool, inputHash, status, lost }) =>
    status === "unknown" && lost !== undefined ? [{ call: id, tool, inputHash, ...lost }] : [],
  );

/** Calls after an outcome, an approval or a reconciliation. Whatever does not fit where a call stands changes nothing. */
function callsAfter(event: AgentEvent, calls: readonly Call[]): readonly Call[] {
  if (event.type === "tool.unknown") {
    return withUnknown(calls, event.call, { effect: event.effect, place: event.place });
  }
  if (event.type === "tool.reconciled" && !event.happened) return withMissed(calls, event.call);
  if (event.type === "approval.answered" && event.allowed) return withApproved(calls, event.call);
  const move = moveOf(event);
  if (move === null) return calls;
  const after = moved(calls, move.call, move.from, move.to);
  if (after === null) return calls;
  return move.well ? after : refuseBehind(after, move.call);
}

interface Move {
  readonly call: string;
  readonly from: readonly CallStatus[];
  readonly to: CallStatus;
  /** False where the calls behind it were planned on a world that did not come about. */
  readonly well: boolean;
}

const OUT: readonly CallStatus[] = ["running", "unknown", "reconciling"];

function moveOf(event: AgentEvent): Move | null {
  if (event.type === "tool.finished") {
    return { call: event.call, from: OUT, to: event.ok ? "done" : "failed", well: event.ok };
  }
  if (event.type === "tool.reconciled") return { call: event.call, from: ["reconciling"], to: "done", well: true };
  if (event.type === "tool.interrupted") return { call: event.call, from: OUT, to: "interrupted", well: false };
  if (event.type === "approval.answered") {
    return { call: event.call, from: ["asking"], to: "refused", well: false };
  }
  return null;
}

/** The same where the outcome is a word of the parent: it names a question, and the call that asked it is looked up. */
function callsAfterWord(event: AgentEvent, context: AgentContext): readonly Call[] {
  const call = awaiting(context, event);
  if (call === null || event.type !== "question.answered") return context.calls;
  return moved(context.calls, call.id, ["waiting"], event.answer === null ? "failed" : "done") ?? context.calls;
}

export const agent = setup({
  types: {} as { context: AgentContext; events: AgentEvent; input: AgentInput },
  actions: {
    "session.assemble": effect<Order<"session.assemble">>(),
    "model.call": effect<Order<"model.call">>(),
    "transcript.compact": effect<Order<"transcript.compact">>(),
    "tool.run": effect<Each<Order<"tool.run">>>(),
    "tool.reconcile": effect<Each<Order<"tool.reconcile">>>(),
    "result.verify": effect<Order<"result.verify">>(),
    "message.send": effect<MessageOrder | Each<MessageOrder>>(),
    "prompt.append": effect<{ note: PromptNote } | Each<{ note: PromptNote }>>(),
    "approval.request": effect<Each<{ call: string; tool: string }>>(),
    "result.put": effect<{ result: ResultSummary }>(),
    markStarted: assign(({ context }) => ({
      calls: withRunning(context.calls, startable(context.calls, context.input.limits.parallelMax)),
    })),
    markReconciling: assign(({ context }) => ({ calls: withReconciling(context.calls) })),
    takeAnswer: assign(({ event, context }) =>
      event.type === "model.answered"
        ? {
            turn: context.turn + 1,
            attempt: 0,
            lost: 0,
            calls: withoutWords(event.calls),
            report: event.report,
            compaction: { ...context.compaction, due: event.full === true ? ("full" as const) : null },
          }
        : {},
    ),
    takeFailure: assign(({ event, context }) =>
      event.type === "model.failed"
        ? {
            attempt: context.attempt + (event.counts ? 1 : 0),
            lost: context.lost + (event.counts ? 0 : 1),
            retryDelayMs: event.delayMs,
          }
        : {},
    ),
    takeOutcome: assign(({ event, context }) => ({
      calls: event.type === "question.answered" ? callsAfterWord(event, context) : callsAfter(event, context.calls),
    })),
    giveUpWaiting: assign(({ context }) => ({ calls: withoutWaiting(context.calls) })),
    keepPost: assign(({ event, context }) => {
      const post = heardIn(context, context, event);
      return post === null ? {} : withPost(context, post);
    }),
    forgetPosts: assign(({ context: { posts, missed } }) =>
      posts.length + missed === 0 ? {} : { posts: [], missed: 0 },
    ),
    takeOverflow: assign(({ context }) => ({ compaction: { ...context.compaction, due: "overflow" as const } })),
    // The call that comes after it is another attempt, and has another number.
    countOverflow: assign(({ context }) => ({ lost: context.lost + 1 })),
    takeCompaction: assign(({ context }) => ({
      compaction: { ...context.compaction, failures: 0, triedAt: context.turn },
    })),
    takeCompactionFailure: assign(({ context: { compaction, turn } }) => ({
      compaction: { ...compaction, failures: compaction.failures + 1, triedAt: turn },
    })),
    because: assign((_, params: { reasons: readonly string[] }) => ({ reasons: params.reasons })),
    countReminder: assign(({ context }) => ({ reminders: context.reminders + 1 })),
    countRejection: assign(({ context }) => ({ rejections: context.rejections + 1, report: null })),
    rememberPause: assign({ pausing: true }),
    forgetPause: assign({ pausing: false }),
  },
  guards: {
    turnsLeft: ({ context }) => context.turn < context.input.limits.turnsMax,
    attemptsLeft: ({ context, event }) =>
      event.type === "model.failed" &&
      event.turn === context.turn &&
      event.retry &&
      context.attempt + (event.counts ? 1 : 0) < context.input.limits.attemptsMax &&
      context.lost < LOST_ATTEMPTS_MAX,
    answersThisTurn: ({ context, event }) => "turn" in event && event.turn === context.turn,
    modelRefused: ({ event }) => event.type === "model.answered" && event.stop === "refusal",
    contextExceeded: ({ event }) => event.type === "model.answered" && event.stop === "model_context_window_exceeded",
    compactionDue: ({ context }) =>
      context.compaction.due === "full" &&
      context.turn < context.input.limits.turnsMax &&
      mayCompact(context.compaction, context.turn),
    overflowed: ({ context, event }) =>
      event.type === "model.failed" && event.overflow === true && event.turn === context.turn,
    mayDrop: ({ context, event }) =>
      event.type === "model.failed" &&
      event.overflow === true &&
      event.turn === context.turn &&
      context.compaction.due !== "overflow",
    // An answer that was cut by the window has nothing to lose but its last words.
    windowCut: ({ context, event }) =>
      event.type === "model.answered" &&
      event.stop === "model_context_window_exceeded" &&
      context.calls.length === 0 &&
      context.report === null,
    stillTooLong: ({ context, event }) =>
      event.type === "compaction.failed" && event.turn === context.turn && context.compaction.due === "overflow",
    answerCut: ({ event }) => event.type === "model.answered" && event.stop === "max_tokens",
    toBeContinued: ({ event }) => event.type === "model.answered" && event.stop === "pause_turn",
    callsOpen: ({ context }) => !allEnded(context.calls),
    callsMade: ({ context }) => context.calls.length > 0,
    reported: ({ context }) => context.report !== null,
    blocked: ({ context }) => context.report?.outcome === "blocked",
    remindersLeft: ({ context }) => context.reminders < context.input.limits.remindersMax,
    rejectionsLeft: ({ context }) => context.rejections < context.input.limits.rejectionsMax,
    pausing: ({ context }) => context.pausing,
    onlyAsking: ({ context }) =>
      someIn(context.calls, "asking") &&
      !someIn(context.calls, "running") &&
      startable(context.calls, context.input.limits.parallelMax).length === 0,
    onlyWaiting: ({ context }) =>
      someIn(context.calls, "waiting") &&
      !someIn(context.calls, "running") &&
      startable(context.calls, context.input.limits.parallelMax).length === 0,
    answersQuestion: ({ context, event }) => awaiting(context, event) !== null,
    isNews: ({ context, event }) => heardIn(context, context, event) !== null,
    outcomeUnknown: ({ context }) => someIn(context.calls, "unknown") || someIn(context.calls, "reconciling"),
  },
  delays: {
    retryDelay: ({ context }) => context.retryDelayMs,
    patience: ({ context }) => context.input.limits.answerMsMax ?? ANSWER_MS_MAX,
  },
});

/** An agent ends in two rows of one commit: the result, and the message that tells its parent. */
export const settled = (status: ResultStatus) => [
  {
    type: "result.put" as const,
    params: ({ context }: { context: AgentContext }): { result: ResultSummary } => ({
      result: {
        id: resultId(context.input.actor),
        task: context.input.task,
        status,
        reasons: context.reasons,
        notDone: context.report?.notDone ?? [],
        standsOn: context.input.standsOn,
        ...(context.report === null ? {} : { call: context.report.call }),
      },
    }),
  },
  {
    type: "message.send" as const,
    params: ({ context }: { context: AgentContext }): MessageOrder => ({
      to: context.input.parent,
      toType: context.input.parentType,
      event: {
        type: "task.settled",
        task: context.input.task,
        actor: context.input.actor,
        status,
        result: resultId(context.input.actor),
        reasons: context.reasons,
      },
    }),
  },
];
