/**
 * Effects are orders, written down before they are carried out. A machine names one as a typed action that does
 * nothing; the fold collects it, the commit stores it, and only then does the runtime act.
 */
import type { TaintMark } from "./taint.ts";

/** Carried out after the commit, by one performer each; the answer comes back as an event of the same actor. */
export type OutsideEffect =
  | {
      readonly type: "session.assemble";
      readonly task: string;
      readonly standsOn: readonly string[];
      /** Held against what is there, before anything else. */
      readonly terms?: TaskTerms;
      readonly tree?: AgentTree;
    }
  | { readonly type: "model.call"; readonly turn: number; readonly attempt: number }
  /** Makes the conversation shorter by opening a new generation of it. `rule`: without asking a model, and for nothing. */
  | { readonly type: "transcript.compact"; readonly turn: number; readonly by: "summary" | "rule" }
  | {
      readonly type: "tool.run";
      readonly call: string;
      readonly tool: string;
      readonly inputHash: string;
      readonly approved?: true;
    }
  /** Finds out what became of `effect`, a `tool.run` whose worker was lost. Looks, and never runs the tool. */
  | {
      readonly type: "tool.reconcile";
      readonly call: string;
      readonly tool: string;
      readonly inputHash: string;
      readonly effect: string;
      /** Host whose gate folder knows it. */
      readonly place: string;
    }
  | { readonly type: "result.verify"; readonly call: string }
  /**
   * Makes one commit of all that the run changed in its own working tree; made again, it finds its own commit. Where it
   * is not `wanted` (the run failed, or was cancelled) it goes nowhere, and nobody is asked.
   */
  | { readonly type: "workspace.collect"; readonly wanted: boolean }
  /** Brings exactly this commit into the folder that the run is for; made again, it finds it there. */
  | { readonly type: "workspace.merge"; readonly commit: string }
  /** Brings what one agent changed in a tree of its own into the run's tree, as one commit; made again, it finds it there. */
  | { readonly type: "task.join"; readonly task: string; readonly actor: string; readonly result: string }
  /** The run's tree once more, from its base and these joins in this order: what was revoked is not among them. */
  | { readonly type: "workspace.rebuild"; readonly commits: readonly string[] }
  /** Writes the brief of a task that the coordinator itself wants: a new plan, a summary, a conflict to be resolved. */
  | {
      readonly type: "proposal.prepare";
      readonly kind: "replan" | "synthesis" | "resolve";
      /** Id of the task to be. */
      readonly task: string;
      /** Tasks that it is about. */
      readonly about: readonly string[];
      readonly reasons: readonly string[];
    }
  /** Reads the tasks that a planning agent's verified result proposes; `instead` is the task that they are to replace. */
  | {
      readonly type: "proposal.read";
      readonly task: string;
      readonly result: string;
      readonly instead: string | null;
      /** Ids in use. */
      readonly known: readonly string[];
      /** Tasks that may still be added. */
      readonly room: number;
    }
  /** Reads what a verify agent found out about the result `of`. */
  | { readonly type: "verdict.read"; readonly task: string; readonly result: string; readonly of: string }
  /** Puts an agent's question where a person finds it; answered at once where nobody can be asked. */
  | { readonly type: "question.put"; readonly question: string; readonly actor: string; readonly text: string };

/** Rows that the commit itself writes, in the same atomic step as the event that asked for them. */
export type InsideEffect =
  | { readonly type: "actor.spawn"; readonly actor: string; readonly agentType: string; readonly input: AgentInput }
  | { readonly type: "message.send"; readonly to: string; readonly toType: string; readonly event: MessageEvent }
  | { readonly type: "prompt.append"; readonly note: PromptNote }
  /** Somebody is asked about this call; what they are told of it comes with the answer that made it. */
  | { readonly type: "approval.request"; readonly call: string; readonly tool: string }
  | { readonly type: "result.put"; readonly result: ResultSummary }
  /** Takes actors out of their lives for good: nothing that they still say counts, and whoever runs them is told to stop. */
  | { readonly type: "actor.fence"; readonly actors: readonly FencedActor[]; readonly reason: string }
  /** Verified results that nobody may build on any more, in one step with all that stands on them. */
  | {
      readonly type: "result.revoke";
      /** The one that was found to be wrong; the others stand on it. */
      readonly root: string;
      readonly results: readonly { readonly result: string; readonly task: string }[];
      readonly reason: string;
      readonly by: string;
    }
  /** A task that used up its supervision: kept, with its history, until somebody deals with it. */
  | {
      readonly type: "letter.put";
      readonly task: string;
      readonly agentType: string;
      /** Who tried last; null where nobody was ever born. */
      readonly actor: string | null;
      readonly attempts: number;
      readonly reasons: readonly string[];
    }
  /** What supervision decided, for the log alone. */
  | { readonly type: "decision.tell"; readonly decisions: readonly SupervisionDecision[] }
  | { readonly type: "run.end"; readonly status: RunEnd; readonly reasons: readonly string[] };

export type Effect = OutsideEffect | InsideEffect;
export type EffectType = Effect["type"];

/** At most so many inside effects in one commit, so that one script call stays short (Redis serves nobody meanwhile). */
export const INSIDE_EFFECTS_MAX = 100;

export interface FencedActor {
  readonly actor: string;
  readonly agentType: string;
}

/** Why a task goes on as it does. `again`: restarted for the sake of the one that failed, by the strategy. */
export interface SupervisionDecision {
  readonly task: string;
  readonly decision: "retry" | "other-type" | "other-model" | "again" | "replan" | "give-up" | "escalate";
  /** Of the attempt that follows; of the last one where none does. */
  readonly attempt: number;
  readonly reason: string;
  /** Milliseconds until the next attempt; absent where none follows. */
  readonly delayMs?: number;
}

/** How a task ended. `verified` is the only good news. */
export type ResultStatus = "verified" | "rejected" | "failed" | "exhausted" | "cancelled";
export type RunEnd = "completed" | "failed" | "exhausted" | "cancelled";

/** An agent gives one result in its life, so the result is named after it. */
export const resultId = (actor: string): string => `res_${actor.replace(/^a_/, "")}`;

export interface ResultSummary {
  readonly id: string;
  readonly task: string;
  readonly status: ResultStatus;
  readonly reasons: readonly string[];
  readonly notDone: readonly string[];
  readonly standsOn: readonly string[];
  /** The `Report` call that carries value and evidence; absent where the agent never reported. */
  readonly call?: string;
}

/** What the runtime adds to the conversation on the machine's order. */
export type PromptNote =
  | { readonly kind: "report_missing"; readonly left: number }
  | { readonly kind: "answer_cut" }
  | { readonly kind: "report_rejected"; readonly call: string; readonly reasons: readonly string[] }
  | { readonly kind: "call_interrupted"; readonly call: string; readonly reason: string }
  /** What a question came to: a person's word through the parent, which gives no right; or that there is none. */
  | { readonly kind: "question_answered"; readonly call: string; readonly answer: string; readonly by: string }
  | { readonly kind: "question_unanswered"; readonly call: string; readonly reason: string }
  /** What another agent posted: data. */
  | { readonly kind: "post"; readonly post: Post }
  | { readonly kind: "posts_missed"; readonly count: number };

/** A message as it is handed on, from agent to agent. */
export type Post = Omit<Extract<MessageEvent, { type: "post.delivered" }>, "type">;

/** Limits of one agent. Every loop of the agent machine is bounded by one of them. */
export interface AgentLimits {
  /** Model answers, at most. */
  readonly turnsMax: number;
  /** Attempts at one model call, at most. */
  readonly attemptsMax: number;
  /** Times an agent is told to end by `Report`. */
  readonly remindersMax: number;
  /** Reports that verification may send back. */
  readonly rejectionsMax: number;
  /** Read-only calls of one turn that run at once. */
  readonly parallelMax: number;
  /** Milliseconds that it waits for the answer to a question, and for nothing else; absent: an hour. */
  readonly answerMsMax?: number;
}

export interface AgentInput {
  readonly actor: string;
  readonly task: string;
  readonly parent: string;
  readonly parentType: string;
  /** Results that the task is built on. */
  readonly standsOn: readonly string[];
  readonly limits: AgentLimits;
  /** What its parent holds it to, and it holds its parent to; absent in runs of before. */
  readonly terms?: TaskTerms;
  /** Absent: it works where the run does. */
  readonly tree?: AgentTree;
}

/** A working tree of the agent's own, made when its session is. */
export interface AgentTree {
  /** Actor whose work did not go in cleanly: the tree begins with the conflict, to be resolved. Null: with the run's. */
  readonly merging: string | null;
}

/** The input contract of a task: an agent that finds it broken refuses the task by name, and does nothing. */
export interface TaskTerms {
  /** SHA-256 of its brief; null where the parent does not know it. */
  readonly brief: string | null;
  /** Results it is built on, by what they held when the parent saw them verified. */
  readonly results: readonly { readonly result: string; readonly sha256: string | null }[];
  /** Milliseconds from its birth, after which its parent counts it as failed; null: none. */
  readonly deadlineMs: number | null;
  /** Its part of the run's budget; null: all that is left. */
  readonly budget: { readonly tokensMax?: number; readonly nanoUsdMax?: number } | null;
  /** Model, or tier, that this attempt asks instead; null: the usual one. */
  readonly model: string | null;
  /** Why earlier attempts did not count, the latest last. */
  readonly earlier: readonly string[];
  /** Topics of the run whose messages it is told. */
  readonly topics: readonly string[];
}

/** Messages between actors of one run. */
export type MessageEvent =
  | {
      readonly type: "task.settled";
      readonly task: string;
      readonly actor: string;
      readonly status: ResultStatus;
      readonly result: string;
      readonly reasons: readonly string[];
      /** SHA-256 of the envelope, added by the commit that wrote it. */
      readonly sha256?: string;
    }
  | { readonly type: "agent.cancel"; readonly reason: string }
  /** An agent asks its parent; `question` is unique in the run. */
  | { readonly type: "question.asked"; readonly question: string; readonly actor: string; readonly text: string }
  /** `answer` is null where there is none, and `reason` says why. */
  | {
      readonly type: "question.answered";
      readonly question: string;
      readonly answer: string | null;
      readonly by: string;
      readonly reason: string;
    }
  /** A typed message from one agent, to be handed on by the coordinator: to an actor, or to all who hear a topic (`#name`). */
  | {
      readonly type: "post.sent";
      readonly post: string;
      readonly from: string;
      readonly to: string;
      readonly kind: string;
      readonly body: unknown;
      /** What its sender had read, added by the commit that sent it; handed on with it. */
      readonly taint?: readonly TaintMark[];
    }
  /** The same, handed on. */
  | {
      readonly type: "post.delivered";
      readonly post: string;
      readonly from: string;
      readonly to: string;
      readonly kind: string;
      readonly body: unknown;
      /** What its sender had read, added by the commit that sent it; handed on with it. */
      readonly taint?: readonly TaintMark[];
    };

/** Messages from outside the run: a person at a command line, or the runtime that found a body. */
export type OutsideMessage =
  | { readonly type: "run.cancel"; readonly reason: string }
  | { readonly type: "agent.died"; readonly actor: string; readonly reason: string }
  /** A dead letter went back to work: `actor` was put back as it died, or (null) the task goes to a new agent of `agentType`. */
  | {
      readonly type: "task.requeued";
      readonly task: string;
      readonly actor: string | null;
      readonly agentType: string;
    }
  /** Nobody wants this task any more: it ends, and with it what can only be built on it; the rest goes on. */
  | { readonly type: "task.cancel"; readonly task: string; readonly reason: string }
  /** A verified result turned out to be wrong; `redo` false: what stood on it ends, and is not done again. */
  | {
      readonly type: "result.revoke";
      readonly result: string;
      readonly reason: string;
      readonly by: string;
      readonly redo: boolean;
    };

/** Params of an action that orders several effects of its type at once; the fold takes them apart. */
export interface Each<Params> {
  readonly each: readonly Params[];
}

/** A named action that does nothing: `actions: { "model.call": effect<…>() }`. */
export const effect =
  <Params>() =>
  (_: unknown, _params: Params): void => {};
