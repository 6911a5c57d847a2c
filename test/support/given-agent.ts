/** The words in which stories of the agent machine are told: its input, the calls of an answer, the facts that reach it. */
import type { AnyStateMachine } from "xstate";
import type { Call, CallStatus } from "../../machines/agent-calls.ts";
import type { AgentEvent, ReportCall, StopReason } from "../../machines/agent-event.ts";
import { agentMachine } from "../../machines/agent-machine.ts";
import type { AgentInput, AgentLimits } from "../../machines/effect.ts";
import { given, type Story } from "./given.ts";

export const anyAgent = agentMachine({ id: "any-agent", version: 1, tools: ["Read", "Write", "Report"] });

export const limits: AgentLimits = { turnsMax: 8, attemptsMax: 3, remindersMax: 2, rejectionsMax: 2, parallelMax: 2 };

export const agentInput = (changed: Partial<AgentLimits> = {}): AgentInput => ({
  actor: "a_look",
  task: "look",
  parent: "a_coordinator",
  parentType: "coordinator",
  standsOn: ["res_before"],
  limits: { ...limits, ...changed },
});

const call = (id: string, tool: string, risk: Call["risk"], status: CallStatus): Call => ({
  id,
  tool,
  inputHash: `hash-${id}`,
  risk,
  repeat: risk === "read-only" ? "safe" : "unsafe",
  status,
});
export const read = (id: string, status: CallStatus = "judged"): Call => call(id, "Read", "read-only", status);
export const write = (id: string, status: CallStatus = "judged"): Call => call(id, "Write", "mutating", status);
export const destroy = (id: string, status: CallStatus = "judged"): Call => call(id, "Bash", "destructive", status);

/** Events are told with what varies; each is a fact as the runtime words it. */
export const assembled: AgentEvent = { type: "session.assembled", tools: 3, systemHash: "s" };
export const verified: AgentEvent = { type: "result.verified" };
export const pause: AgentEvent = { type: "agent.pause" };
export const resume: AgentEvent = { type: "agent.resume" };
export const cancel: AgentEvent = { type: "agent.cancel", reason: "enough" };
export const rejected = (...reasons: string[]): AgentEvent => ({ type: "result.rejected", reasons });
export const answered = (
  turn: number,
  calls: readonly Call[] = [],
  {
    stop = calls.length > 0 ? "tool_use" : "end_turn",
    report = null,
  }: { stop?: StopReason; report?: ReportCall | null } = {},
): AgentEvent => ({ type: "model.answered", turn, stop, calls, report });
/** The same, of an answer that filled the conversation. */
export const full = (turn: number, calls: readonly Call[] = []): AgentEvent =>
  ({ ...answered(turn, calls, { stop: calls.length > 0 ? "tool_use" : "pause_turn" }), full: true }) as AgentEvent;
export const compacted = (turn: number): AgentEvent => ({ type: "transcript.compacted", turn });
export const compactionFailed = (turn: number): AgentEvent => ({
  type: "compaction.failed",
  turn,
  reason: "no summary",
});
export const reported = (turn: number, id = "report", calls: readonly Call[] = []): AgentEvent =>
  answered(turn, calls, { stop: "tool_use", report: { call: id, outcome: "done", notDone: [] } });
export const blocked = (turn: number, ...notDone: string[]): AgentEvent =>
  answered(turn, [], { stop: "tool_use", report: { call: "report", outcome: "blocked", notDone } });
export const failed = (
  turn: number,
  { retry = true, counts = true, delayMs = 500 }: { retry?: boolean; counts?: boolean; delayMs?: number } = {},
): AgentEvent => ({ type: "model.failed", turn, reason: "overloaded", retry, delayMs, counts });
/** The model could not take so long a conversation. */
export const overflowed = (turn: number): AgentEvent =>
  ({ ...failed(turn, { retry: false }), overflow: true }) as AgentEvent;
export const finished = (id: string, ok = true): AgentEvent => ({ type: "tool.finished", call: id, ok });
export const interrupted = (id: string): AgentEvent => ({
  type: "tool.interrupted",
  call: id,
  reason: "its worker died",
});
export const unknown = (id: string): AgentEvent => ({
  type: "tool.unknown",
  call: id,
  effect: `lost ${id}`,
  place: "here",
});
export const reconciled = (id: string, happened: boolean): AgentEvent => ({
  type: "tool.reconciled",
  call: id,
  happened,
});
export const approved = (id: string, allowed = true): AgentEvent => ({ type: "approval.answered", call: id, allowed });

/** A call that asks the parent, and one that posts, as the judge leaves them. */
export const ask = (id: string, question = "which port?"): Call => ({
  ...call(id, "AskParent", "read-only", "waiting"),
  question,
});
export const post = (id: string, to = "#found"): Call => ({
  ...call(id, "Send", "read-only", "done"),
  post: { to, kind: "finding", body: { line: 3 } },
});
/** `turn` is that of the agent when it waits: the answers it has had by then. */
export const word = (turn: number, id: string, answer: string | null = "8080"): AgentEvent => ({
  type: "question.answered",
  question: `a_look:${turn}:${id}`,
  answer,
  by: answer === null ? "timer" : "ann",
  reason: answer === null ? "nobody is there" : "",
});
export const delivered = (id: string, body: unknown = { line: 3 }): AgentEvent => ({
  type: "post.delivered",
  post: `a_other:1:${id}`,
  from: "a_other",
  to: "#found",
  kind: "finding",
  body,
});

export const newborn = (machine: AnyStateMachine = anyAgent, changed: Partial<AgentLimits> = {}): Story =>
  given(machine, agentInput(changed));
/** An agent whose first model call is out. */
export const thinking = (machine: AnyStateMachine = anyAgent, changed: Partial<AgentLimits> = {}): Story =>
  newborn(machine, changed).when(assembled);

/** Ids of the calls that the last step ordered to run. */
export const started = (story: Story): readonly string[] =>
  story.decision.outside.flatMap((order) => (order.type === "tool.run" ? [order.call] : []));
export const orders = (story: Story): readonly string[] => story.effects.map(({ type }) => type);
export const statusOf = (story: Story, id: string): CallStatus | undefined =>
  (story.state.snapshot.context.calls as readonly Call[]).find((one) => one.id === id)?.status;
