/** The states of the agent's chart, in the order of a turn. Each says in its description what it is to be in it. */
import type { AgentEvent } from "./agent-event.ts";
import { answerNote, postNotes, postOrders, questionOrders, unansweredNotes } from "./agent-messages.ts";
import { type AgentContext, agent, askOrders, reconcileOrders, runOrders } from "./agent-vocabulary.ts";

const TOO_LONG = "model: the conversation no longer fits the context window";

export const assembling = agent.createStateConfig({
  description: "The session is put together: prompt, tools, context, limits.",
  entry: {
    type: "session.assemble",
    params: ({
      context: {
        input: { task, standsOn, terms, tree },
      },
    }) => ({
      task,
      standsOn,
      ...(terms === undefined ? {} : { terms }),
      ...(tree === undefined ? {} : { tree }),
    }),
  },
  on: {
    "session.assembled": "thinking",
    "session.refused": {
      target: "failed",
      actions: { type: "because", params: ({ event }) => ({ reasons: [event.reason] }) },
    },
  },
});

export const thinking = agent.createStateConfig({
  id: "thinking",
  initial: "gate",
  on: {
    "model.answered": {
      guard: "answersThisTurn",
      target: "deciding",
      actions: [
        "takeAnswer",
        { type: "message.send", params: ({ context, event }) => ({ each: postOrders(context, event) }) },
      ],
    },
  },
  states: {
    gate: {
      always: [
        { guard: "pausing", target: "#paused" },
        { guard: "compactionDue", target: "#compacting" },
        {
          guard: "turnsLeft",
          target: "calling",
          // What was heard meanwhile is told now: a call that is out has not been told, and its answer must not seem to know.
          actions: [{ type: "prompt.append", params: ({ context }) => ({ each: postNotes(context) }) }, "forgetPosts"],
        },
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
          { guard: "mayDrop", target: "#compacting.dropping", actions: ["takeOverflow", "countOverflow"] },
          {
            guard: "overflowed",
            target: "#exhausted",
            actions: { type: "because", params: { reasons: [TOO_LONG] } },
          },
          { guard: "attemptsLeft", target: "backingOff", actions: "takeFailure" },
          {
            guard: "answersThisTurn",
            target: "#failed",
            actions: [
              "takeFailure",
              {
                type: "because",
                params: ({ context, event }) => ({
                  reasons: [
                    `model: ${event.reason} (attempt ${context.attempt} of ${context.input.limits.attemptsMax})`,
                  ],
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
});

export const deciding = agent.createStateConfig({
  description: "Every call of the answer has been judged already; this only chooses the way on.",
  always: [
    {
      guard: "modelRefused",
      target: "failed",
      actions: { type: "because", params: { reasons: ["model: declined to answer (refusal)"] } },
    },
    {
      guard: "windowCut",
      target: "#compacting.dropping",
      actions: [{ type: "prompt.append", params: { note: { kind: "answer_cut" } } }, "takeOverflow"],
    },
    {
      guard: "contextExceeded",
      target: "exhausted",
      actions: { type: "because", params: { reasons: [TOO_LONG] } },
    },
    {
      guard: "callsOpen",
      target: "settling",
      actions: [
        { type: "approval.request", params: ({ context }) => ({ each: askOrders(context) }) },
        { type: "message.send", params: ({ context, event }) => ({ each: questionOrders(context, event) }) },
      ],
    },
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
          note: { kind: "report_missing", left: context.input.limits.remindersMax - context.reminders },
        }),
      },
    },
  ],
});

export const reminding = agent.createStateConfig({
  always: [
    { guard: "remindersLeft", target: "thinking", actions: "countReminder" },
    {
      target: "failed",
      actions: { type: "because", params: { reasons: ["ended without a report: free text is not a result"] } },
    },
  ],
});

/** The answer becomes the result of the call that asked, in the step that takes it. */
const answerTaken = [
  {
    type: "prompt.append" as const,
    params: ({ context, event }: { context: AgentContext; event: AgentEvent }) => ({
      note: answerNote(context, event),
    }),
  },
  "takeOutcome" as const,
];

export const executing = agent.createStateConfig({
  description: "Tool calls run: read-only ones together, others singly and in order.",
  entry: [{ type: "tool.run", params: ({ context }) => ({ each: runOrders(context) }) }, "markStarted"],
  on: {
    "tool.finished": { target: "settling", actions: "takeOutcome" },
    "tool.interrupted": { target: "settling", actions: "takeOutcome" },
    "tool.unknown": { target: "settling", actions: "takeOutcome" },
    "approval.answered": { target: "settling", actions: "takeOutcome" },
    "question.answered": { guard: "answersQuestion", target: "settling", actions: answerTaken },
  },
});

export const settling = agent.createStateConfig({
  always: [
    { guard: "outcomeUnknown", target: "reconciling" },
    { guard: "onlyAsking", target: "awaitingApproval" },
    { guard: "onlyWaiting", target: "waiting" },
    { guard: "callsOpen", target: "executing" },
    { guard: "blocked", target: "giveUp" },
    { guard: "reported", target: "verifying" },
    { target: "thinking" },
  ],
});

export const awaitingApproval = agent.createStateConfig({
  description: "A person, or who granted the run, has to say yes or no.",
  on: {
    "approval.answered": { target: "settling", actions: "takeOutcome" },
    "tool.finished": { actions: "takeOutcome" },
    "question.answered": { guard: "answersQuestion", target: "settling", actions: answerTaken },
  },
});

export const waiting = agent.createStateConfig({
  description: "Its parent was asked something; nothing else of the turn can go on, and the wait has an end.",
  on: {
    "question.answered": { guard: "answersQuestion", target: "settling", actions: answerTaken },
  },
  after: {
    patience: {
      target: "settling",
      actions: [
        { type: "prompt.append", params: ({ context }) => ({ each: unansweredNotes(context) }) },
        "giveUpWaiting",
      ],
    },
  },
});

export const reconciling = agent.createStateConfig({
  description: "A call may or may not have happened; the world is asked before anything else is done.",
  entry: [{ type: "tool.reconcile", params: ({ context }) => ({ each: reconcileOrders(context) }) }, "markReconciling"],
  on: {
    "tool.reconciled": { target: "settling", actions: "takeOutcome" },
    "tool.interrupted": { target: "settling", actions: "takeOutcome" },
    "tool.finished": { target: "settling", actions: "takeOutcome" },
    "tool.unknown": { target: "settling", actions: "takeOutcome" },
    "approval.answered": { actions: "takeOutcome" },
    "question.answered": { guard: "answersQuestion", actions: answerTaken },
  },
});

export const verifying = agent.createStateConfig({
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
});

export const giveUp = agent.createStateConfig({
  always: {
    target: "failed",
    actions: {
      type: "because",
      params: ({ context }) => ({
        reasons: [`blocked: ${context.report?.notDone.join("; ") || "the agent gave no reason"}`],
      }),
    },
  },
});

export const paused = agent.createStateConfig({
  id: "paused",
  description: "Held between two steps; nothing is out.",
  on: { "agent.resume": { target: "thinking", actions: "forgetPause" } },
});

export const outOfTurns = agent.createStateConfig({
  id: "outOfTurns",
  always: {
    target: "exhausted",
    actions: {
      type: "because",
      params: ({ context }) => ({
        reasons: [`turns: all ${context.input.limits.turnsMax} used without a verified result`],
      }),
    },
  },
});
