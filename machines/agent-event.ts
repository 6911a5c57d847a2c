/** Facts that reach an agent. Each is either the answer to one of its effects, a message, or a person's word. */
import type { Call } from "./agent-calls.ts";
import type { MessageEvent } from "./effect.ts";

/** Why the model stopped; `other` keeps company with what is not known yet. */
export type StopReason =
  | "end_turn"
  | "tool_use"
  | "max_tokens"
  | "stop_sequence"
  | "pause_turn"
  | "refusal"
  | "model_context_window_exceeded"
  | "other";

/** A well-formed `Report` call; what is malformed comes as a refused call instead. */
export interface ReportCall {
  readonly call: string;
  readonly outcome: "done" | "blocked";
  readonly notDone: readonly string[];
}

export type AgentEvent =
  | { readonly type: "session.assembled"; readonly tools: number; readonly systemHash: string }
  | { readonly type: "session.refused"; readonly reason: string }
  | {
      readonly type: "model.answered";
      readonly turn: number;
      readonly stop: StopReason;
      readonly calls: readonly Call[];
      readonly report: ReportCall | null;
      /** The conversation has reached the length at which its session wants it shorter. */
      readonly full?: true;
    }
  | {
      readonly type: "model.failed";
      readonly turn: number;
      readonly reason: string;
      readonly retry: boolean;
      /** Milliseconds to wait before the next attempt. */
      readonly delayMs: number;
      /** False where the attempt never reached the model (breaker open, worker lost): it costs no attempt. */
      readonly counts: boolean;
      /** The model could not take a conversation of this length. */
      readonly overflow?: true;
    }
  | { readonly type: "transcript.compacted"; readonly turn: number }
  | { readonly type: "compaction.failed"; readonly turn: number; readonly reason: string }
  | {
      readonly type: "budget.refused";
      readonly tokensLeft: number;
      readonly nanoUsdLeft: number | null;
    }
  | {
      readonly type: "approval.answered";
      readonly call: string;
      readonly allowed: boolean;
      readonly approval?: string;
      /** Who said so; `timer` where nobody did in time. */
      readonly by?: string;
      readonly reason?: string;
      /** The right that was given with it. */
      readonly grant?: { readonly id: string; readonly rule: string; readonly scope: "once" | "agent" | "run" };
    }
  | { readonly type: "tool.finished"; readonly call: string; readonly ok: boolean }
  /** `effect` was begun by a worker that is gone; `place` is the host that can tell what became of it. */
  | { readonly type: "tool.unknown"; readonly call: string; readonly effect: string; readonly place: string }
  | { readonly type: "tool.reconciled"; readonly call: string; readonly happened: boolean }
  | { readonly type: "tool.interrupted"; readonly call: string; readonly reason: string }
  | { readonly type: "result.verified" }
  | { readonly type: "result.rejected"; readonly reasons: readonly string[] }
  | Extract<MessageEvent, { type: "question.answered" | "post.delivered" }>
  | { readonly type: "agent.pause" }
  | { readonly type: "agent.resume" }
  | { readonly type: "agent.cancel"; readonly reason: string };
