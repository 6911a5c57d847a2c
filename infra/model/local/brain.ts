/**
 * What a brain behind the local Messages server sees and says. A brain is pure: the same request gets the same
 * answer, for the server derives message and tool_use ids from the request and promises equal bytes for equal input.
 */

/** A block of a message as the server has parsed it: text, tool calls and tool results; other kinds are left out. */
export type BrainBlock =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "tool_use";
      readonly id: string;
      readonly name: string;
      readonly input: Readonly<Record<string, unknown>>;
    }
  | {
      readonly type: "tool_result";
      readonly toolUseId: string;
      /** The name of the tool whose call this answers; the server has checked the pairing. */
      readonly toolName: string;
      /** All text of the result, joined by newlines; empty when the result had none. */
      readonly text: string;
      readonly isError: boolean;
    };

export interface BrainMessage {
  readonly role: "user" | "assistant";
  readonly content: readonly BrainBlock[];
}

export interface BrainTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: Readonly<Record<string, unknown>>;
}

export interface BrainRequest {
  readonly model: string;
  /** The text of every system block, in order. */
  readonly system: readonly string[];
  readonly tools: readonly BrainTool[];
  /** The first is the user's; a tool_use is always answered in the next message. */
  readonly messages: readonly BrainMessage[];
  /** In tokens. The server cuts a longer answer and reports `max_tokens`; a brain may ignore it. */
  readonly maxTokens: number;
}

export type BrainAnswerBlock =
  | { readonly type: "text"; readonly text: string }
  | {
      readonly type: "tool_use";
      readonly name: string;
      readonly input: Readonly<Record<string, unknown>>;
    };

export interface BrainAnswer {
  readonly content: readonly BrainAnswerBlock[];
  readonly stopReason: "end_turn" | "tool_use";
}

/** Decides the next assistant message. A throw becomes an `api_error` on the wire, never a made-up answer. */
export type Brain = (request: BrainRequest) => BrainAnswer | Promise<BrainAnswer>;
