/**
 * The lifecycle every agent type shares. A type makes its own machine from it (own id, version, allowed tools), so
 * that what a type may never do has no path in its chart.
 *
 *   assembling ─▶ thinking ─▶ deciding ─▶ executing ─▶ thinking …
 *                  │  ▲          │  │         │  ╲
 *          backingOff ┘          │  │         │   awaitingApproval, reconciling
 *                                │  └▶ paused │
 *                                └▶ verifying ┴▶ completed | failed | exhausted | cancelled
 */
import { assign, setup } from "xstate";
import { allEnded, type Call, refuseBehind, someIn, startable, withRunning, withStatus } from "./agent-calls.ts";
import type { AgentEvent, ReportCall } from "./agent-event.ts";
import {
  type AgentInput,
  type AgentLimits,
  type Each,
  effect,
  type MessageEvent,
  type OutsideEffect,
  type PromptNote,
  type ResultStatus,
  type ResultSummary,
  resultId,
} from "./effect.ts";

export interface AgentContext {
  readonly actor: string;
  readonly task: string;
  readonly parent: string;
  readonly parentType: string;
  readonly standsOn: readonly string[];
  readonly limits: AgentLimits;
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
  readonly reasons: readonly string[];
}

/** What distinguishes an agent type's machine. A change to any of it, or to the chart, is a new version. */
export interface AgentMachineSpec {
  readonly id: string;
  readonly version: number;
  /** Tools this type may ever run; the gate reads it from the states' `meta`. */
  readonly tools: readonly string[];
}

/** Attempts that never reached the model, at most: past it the worker, not the model, is what fails. */
export const LOST_ATTEMPTS_MAX = 50;

type MessageOrder = { to: string; toType: string; event: MessageEvent };
type Order<T extends OutsideEffect["type"]> = Omit<Extract<OutsideEffect, { type: T }>, "type">;

const runOrders = (context: AgentContext): Order<"tool.run">[] =>
  startable(context.calls, context.limits.parallelMax).map(({ id, tool, inputHash }) => ({ call: id, tool, inputHash }));

/** An agent ends in two rows of one commit: the result, and the message that tells its parent. */
const settled = (status: ResultStatus) => [
  {
    type: "result.put" as const,
    params: ({ context }: { context: AgentContext }): { result: ResultSummary } => ({
      result: {
        id: resultId(context.actor),
        task: context.task,
        status,
        reasons: context.reasons,
        notDone: context.report?.notDone ?? [],
        standsOn: context.standsOn,
        ...(context.report === null ? {} : { call: context.report.call }),
      },
    }),
  },
  {
    type: "message.send" as const,
    params: ({ context }: { context: AgentContext }): MessageOrder => ({
      to: context.parent,
      toType: context.parentType,
      event: {
        type: "task.settled",
        task: context.task,
        actor: context.actor,
        status,
        result: resultId(context.actor),
        reasons: context.reasons,
      },
    }),
  },
];

const base = setup({
  types: {} as { context: AgentContext; events: AgentEvent; input: AgentInput },
  actions: {
    "session.assemble": effect<Order<"session.assemble">>(),
    "model.call": effect<Order<"model.call">>(),
    "tool.run": effect<Each<Order<"tool.run">>>(),
    "result.verify": effect<Order<"result.verify">>(),
    "message.send": effect<MessageOrder>(),
    "prompt.append": effect<{ note: PromptNote }>(),
    "result.put": effect<{ result: ResultSummary }>(),
    markStarted: assign(({ context }) => ({
      calls: withRunning(context.calls, startable(context.calls, context.limits.parallelMax)),
    })),
    takeAnswer: assign(({ event, context }) =>
      event.type === "model.answered"
        ? { turn: context.turn + 1, attempt: 0, lost: 0, calls: event.calls, report: event.report }
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
    takeOutcome: assign(({ event, context }) => {
      if (event.type === "tool.finished") {
        const calls = withStatus(context.calls, event.call, event.ok ? "done" : "failed");
        return { calls: event.ok ? calls : refuseBehind(calls, event.call) };
      }
      if (event.type === "tool.unknown") return { calls: withStatus(context.calls, event.call, "unknown") };
      if (event.type === "tool.reconciled") {
        const calls = withStatus(context.calls, event.call, event.happened ? "done" : "failed");
        return { calls: event.happened ? calls : refuseBehind(calls, event.call) };
      }
      if (event.type === "tool.interrupted") {
        return { calls: refuseBehind(withStatus(context.calls, event.call, "interrupted"), event.call) };
      }
      if (event.type === "approval.answered") {
        const calls = withStatus(context.calls, event.call, event.allowed ? "judged" : "refused");
        return { calls: event.allowed ? calls : refuseBehind(calls, event.call) };
      }
      return {};
    }),
    because: assign((_, params: { reasons: readonly string[] }) => ({ reasons: params.reasons })),
    countReminder: assign(({ context }) => ({ reminders: context.reminders + 1 })),
    countRejection: assign(({ context }) => ({ rejections: context.rejections + 1, report: null })),
    rememberPause: assign({ pausing: true }),
    forgetPause: assign({ pausing: false }),
  },
  guards: {
    turnsLeft: ({ context }) => context.turn < context.limits.turnsMax,
    attemptsLeft: ({ context, event }) =>
      event.type === "model.failed" &&
      event.retry &&
      context.attempt + 1 < context.limits.attemptsMax &&
      context.lost < LOST_ATTEMPTS_MAX,
    answersThisTurn: ({ context, event }) => "turn" in event && event.turn === context.turn,
    modelRefused: ({ event }) => event.type === "model.answered" && event.stop === "refusal",
    contextExceeded: ({ event }) => event.type === "model.answered" && event.stop === "model_context_window_exceeded",
    answerCut: ({ event }) => event.type === "model.answered" && event.stop === "max_tokens",
    toBeContinued: ({ event }) => event.type === "model.answered" && event.stop === "pause_turn",
    callsOpen: ({ context }) => !allEnded(context.calls),
    callsMade: ({ context }) => context.calls.length > 0,
    reported: ({ context }) => context.report !== null,
    blocked: ({ context }) => context.report?.outcome === "blocked",
    remindersLeft: ({ context }) => context.reminders < context.limits.remindersMax,
    rejectionsLeft: ({ context }) => context.rejections < context.limits.rejectionsMax,
    pausing: ({ context }) => context.pausing,
    onlyAsking: ({ context }) =>
      someIn(context.calls, "asking") &&
      !someIn(context.calls, "running") &&
      startable(context.calls, context.limits.parallelMax).length === 0,
    outcomeUnknown: ({ context }) => someIn(context.calls, "unknown"),
  },
  delays: { retryDelay: ({ context }) => context.retryDelayMs },
});

/** The lifecycle as one type's machine. Throws nothing; two specs with the same id and version must be equal. */
export function agentMachine(spec: AgentMachineSpec) {
  const toolMeta = { tools: spec.tools };
  return base.createMachine({
    id: spec.id,
    version: String(spec.version),
    context: ({ input }) => ({
      // XState builds a throwaway actor without input once per machine; that one is never stepped.
      actor: input?.actor ?? "",
      task: input?.task ?? "",
      parent: input?.parent ?? "",
      parentType: input?.parentType ?? "",
      standsOn: input?.standsOn ?? [],
      limits: input?.limits ?? { turnsMax: 0, attemptsMax: 0, remindersMax: 0, rejectionsMax: 0, parallelMax: 0 },
      turn: 0,
      attempt: 0,
      lost: 0,
      reminders: 0,
      rejections: 0,
      retryDelayMs: 0,
      calls: [],
      report: null,
      pausing: false,
      reasons: [],
    }),
    initial: "assembling",
    on: {
      "agent.cancel": {
        target: ".cancelled",
        actions: { type: "because", params: ({ event }) => ({ reasons: [event.reason] }) },
      },
      "agent.pause": { actions: "rememberPause" },
      "agent.resume": { actions: "forgetPause" },
      "budget.refused": {
        target: ".exhausted",
        actions: {
          type: "because",
          params: ({ event }) => ({
            reasons: [
              event.nanoUsdLeft === null
                ? `budget: ${event.tokensLeft} tokens left, too few for another model call`
                : `budget: ${event.tokensLeft} tokens and ${(event.nanoUsdLeft / 1e9).toFixed(6)} USD left, too little for another model call`,
            ],
          }),
        },
      },
    },
    states: {
      assembling: {
        description: "The session is put together: prompt, tools, context, limits.",
        entry: {
          type: "session.assemble",
          params: ({ context }) => ({ task: context.task, standsOn: context.standsOn }),
        },
        on: {
          "session.assembled": "thinking",
          "session.refused": {
            target: "failed",
            actions: { type: "because", params: ({ event }) => ({ reasons: [event.reason] }) },
          },
        },
      },
      thinking: {
        initial: "gate",
        on: {
          "model.answered": { guard: "answersThisTurn", target: "deciding", actions: "takeAnswer" },
        },
        states: {
          gate: {
            always: [
              { guard: "pausing", target: "#paused" },
              { guard: "turnsLeft", target: "calling" },
              { target: "#outOfTurns" },
            ],
          },
          calling: {
            description: "A model call is out.",
            entry: {
              type: "model.call",
              params: ({ context }) => ({ turn: context.turn, attempt: context.attempt + context.lost }),
            },
            on: {
              "model.failed": [
                { guard: "attemptsLeft", target: "backingOff", actions: "takeFailure" },
                {
                  target: "#failed",
                  actions: [
                    "takeFailure",
                    {
                      type: "because",
                      params: ({ context, event }) => ({
                        reasons: [`model: ${event.reason} (attempt ${context.attempt} of ${context.limits.attemptsMax})`],
                      }),
                    },
                  ],
                },
              ],
            },
          },
          backingOff: {
            description: "The model call failed; the next attempt waits its turn.",
            after: { retryDelay: "gate" },
          },
        },
      },
      deciding: {
        description: "Every call of the answer has been judged already; this only chooses the way on.",
        always: [
          {
            guard: "modelRefused",
            target: "failed",
            actions: { type: "because", params: { reasons: ["model: declined to answer (refusal)"] } },
          },
          {
            guard: "contextExceeded",
            target: "exhausted",
            actions: { type: "because", params: { reasons: ["model: the conversation no longer fits the context window"] } },
          },
          { guard: "callsOpen", target: "settling" },
          { guard: "blocked", target: "giveUp" },
          { guard: "reported", target: "verifying" },
          { guard: "callsMade", target: "thinking" },
          { guard: "toBeContinued", target: "thinking" },
          {
            guard: "answerCut",
            target: "reminding",
            actions: { type: "prompt.append", params: { note: { kind: "answer_cut" } } },
          },
          {
            target: "reminding",
            actions: {
              type: "prompt.append",
              params: ({ context }) => ({
                note: { kind: "report_missing", left: context.limits.remindersMax - context.reminders },
              }),
            },
          },
        ],
      },
      reminding: {
        always: [
          { guard: "remindersLeft", target: "thinking", actions: "countReminder" },
          {
            target: "failed",
            actions: { type: "because", params: { reasons: ["ended without a report: free text is not a result"] } },
          },
        ],
      },
      executing: {
        description: "Tool calls run: read-only ones together, others singly and in order.",
        meta: toolMeta,
        entry: [
          { type: "tool.run", params: ({ context }) => ({ each: runOrders(context) }) },
          "markStarted",
        ],
        on: {
          "tool.finished": { target: "settling", actions: "takeOutcome" },
          "tool.interrupted": { target: "settling", actions: "takeOutcome" },
          "tool.unknown": { target: "settling", actions: "takeOutcome" },
          "approval.answered": { target: "settling", actions: "takeOutcome" },
        },
      },
      settling: {
        always: [
          { guard: "outcomeUnknown", target: "reconciling" },
          { guard: "onlyAsking", target: "awaitingApproval" },
          { guard: "callsOpen", target: "executing" },
          { guard: "blocked", target: "giveUp" },
          { guard: "reported", target: "verifying" },
          { target: "thinking" },
        ],
      },
      awaitingApproval: {
        description: "A person, or who granted the run, has to say yes or no.",
        on: {
          "approval.answered": { target: "settling", actions: "takeOutcome" },
          "tool.finished": { actions: "takeOutcome" },
        },
      },
      reconciling: {
        description: "A call may or may not have happened; the world is asked before anything else is done.",
        on: {
          "tool.reconciled": { target: "settling", actions: "takeOutcome" },
          "tool.interrupted": { target: "settling", actions: "takeOutcome" },
          "tool.finished": { target: "settling", actions: "takeOutcome" },
          "approval.answered": { actions: "takeOutcome" },
        },
      },
      verifying: {
        description: "Schema held; the evidence is read again before the result counts.",
        entry: { type: "result.verify", params: ({ context }) => ({ call: context.report?.call ?? "" }) },
        on: {
          "result.verified": "completed",
          "result.rejected": [
            {
              guard: "rejectionsLeft",
              target: "thinking",
              actions: [
                {
                  type: "prompt.append",
                  params: ({ context, event }) => ({
                    note: { kind: "report_rejected", call: context.report?.call ?? "", reasons: event.reasons },
                  }),
                },
                "countRejection",
              ],
            },
            {
              target: "rejected",
              actions: { type: "because", params: ({ event }) => ({ reasons: event.reasons }) },
            },
          ],
        },
      },
      giveUp: {
        always: {
          target: "failed",
          actions: {
            type: "because",
            params: ({ context }) => ({
              reasons: [`blocked: ${context.report?.notDone.join("; ") || "the agent gave no reason"}`],
            }),
          },
        },
      },
      paused: {
        id: "paused",
        description: "Held between two steps; nothing is out.",
        on: { "agent.resume": { target: "thinking", actions: "forgetPause" } },
      },
      outOfTurns: {
        id: "outOfTurns",
        always: {
          target: "exhausted",
          actions: {
            type: "because",
            params: ({ context }) => ({ reasons: [`turns: all ${context.limits.turnsMax} used without a verified result`] }),
          },
        },
      },
      completed: { type: "final", entry: settled("verified") },
      rejected: { type: "final", entry: settled("rejected") },
      failed: { id: "failed", type: "final", entry: settled("failed") },
      exhausted: { type: "final", entry: settled("exhausted") },
      cancelled: { type: "final", entry: settled("cancelled") },
    },
  });
}
