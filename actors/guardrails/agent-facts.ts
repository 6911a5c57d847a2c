/** All that can happen to an agent, by kind: what the checks tell the real charts of agent types. */

import type { Call } from "../../machines/agent-calls.ts";
import type { AgentEvent } from "../../machines/agent-event.ts";
import { wordId } from "../../machines/agent-messages.ts";
import type { AgentContext } from "../../machines/agent-vocabulary.ts";
import type { ActorState, Cause } from "../../machines/fold.ts";

const call = (id: string, over: Partial<Call>): Call => ({
  id,
  tool: "Read",
  inputHash: "h",
  risk: "read-only",
  repeat: "safe",
  status: "judged",
  ...over,
});

const CALLS: readonly (readonly Call[])[] = [
  [],
  [call("one", {})],
  [call("one", { tool: "Write", risk: "mutating", repeat: "unsafe", status: "asking" })],
  [call("ask", { tool: "AskParent", status: "waiting", question: "which one?" })],
  [call("one", {}), call("two", { tool: "Write", risk: "mutating", repeat: "unsafe", status: "asking" })],
];

/** Facts that may reach an agent in this state, told whether or not it waits for them: the chart has to know. */
export function factsFor({ snapshot, timers }: ActorState): Cause[] {
  const turn = Number(snapshot.context.turn);
  const { input, posts } = snapshot.context as unknown as Pick<AgentContext, "input" | "posts">;
  const report = { call: "report", outcome: "done" as const, notDone: [] };
  const events: AgentEvent[] = [
    { type: "session.assembled", tools: 1, systemHash: "h" },
    ...CALLS.flatMap((calls): AgentEvent[] => [
      { type: "model.answered", turn, stop: "tool_use", calls, report: null },
    ]),
    { type: "model.answered", turn, stop: "tool_use", calls: [], report },
    { type: "model.failed", turn, reason: "overloaded", retry: true, delayMs: 1, counts: true },
    ...["one", "two"].flatMap((id): AgentEvent[] => [
      { type: "tool.finished", call: id, ok: true },
      { type: "tool.unknown", call: id, effect: "e", place: "p" },
      { type: "tool.reconciled", call: id, happened: true },
      { type: "approval.answered", call: id, allowed: true },
      { type: "approval.answered", call: id, allowed: false },
    ]),
    ...words(posts.length === 0, wordId({ actor: input.actor, turn }, "ask")),
    { type: "result.rejected", reasons: ["no"] },
    { type: "agent.pause" },
    { type: "agent.resume" },
  ];
  const fired = Object.entries(timers).map(([timer, { armedBy }]) => ({ timer, armedBy }));
  return [...events.map((event) => ({ event })), ...fired];
}

/** What others say: an answer, or none. One message that waits to be told says as much as twenty. */
const words = (quiet: boolean, question: string): AgentEvent[] => [
  { type: "question.answered", question, answer: null, by: "somebody", reason: "" },
  ...(quiet ? [{ type: "question.answered" as const, question, answer: "this one", by: "somebody", reason: "" }] : []),
];
