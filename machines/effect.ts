/**
 * Effects are orders, written down before they are carried out. A machine names one as a typed action that does
 * nothing; the fold collects it, the commit stores it, and only then does the runtime act.
 */

/** Carried out after the commit, by one performer each; the answer comes back as an event of the same actor. */
export type OutsideEffect =
  | { readonly type: "session.assemble"; readonly task: string; readonly standsOn: readonly string[] }
  | { readonly type: "model.call"; readonly turn: number; readonly attempt: number }
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
  | { readonly type: "workspace.merge"; readonly commit: string };

/** Rows that the commit itself writes, in the same atomic step as the event that asked for them. */
export type InsideEffect =
  | { readonly type: "actor.spawn"; readonly actor: string; readonly agentType: string; readonly input: AgentInput }
  | { readonly type: "message.send"; readonly to: string; readonly toType: string; readonly event: MessageEvent }
  | { readonly type: "prompt.append"; readonly note: PromptNote }
  /** Somebody is asked about this call; what they are told of it comes with the answer that made it. */
  | { readonly type: "approval.request"; readonly call: string; readonly tool: string }
  | { readonly type: "result.put"; readonly result: ResultSummary }
  | { readonly type: "run.end"; readonly status: RunEnd; readonly reasons: readonly string[] };

export type Effect = OutsideEffect | InsideEffect;
export type EffectType = Effect["type"];

/** At most so many inside effects in one commit, so that one script call stays short (Redis serves nobody meanwhile). */
export const INSIDE_EFFECTS_MAX = 100;

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
  | { readonly kind: "call_interrupted"; readonly call: string; readonly reason: string };

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
}

export interface AgentInput {
  readonly actor: string;
  readonly task: string;
  readonly parent: string;
  readonly parentType: string;
  /** Results that the task is built on. */
  readonly standsOn: readonly string[];
  readonly limits: AgentLimits;
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
    }
  | { readonly type: "agent.cancel"; readonly reason: string };

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
    };

/** Params of an action that orders several effects of its type at once; the fold takes them apart. */
export interface Each<Params> {
  readonly each: readonly Params[];
}

/** A named action that does nothing: `actions: { "model.call": effect<…>() }`. */
export const effect =
  <Params>() =>
  (_: unknown, _params: Params): void => {};
