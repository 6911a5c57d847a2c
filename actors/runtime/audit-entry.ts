/**
 * What the audit keeps of one decision: committed with the step that needed it, or not at all. Id, time and run are not
 * in it but in where it stands; its input stands in the conversation, and is named here by place and hash.
 */
import type { ToolUse } from "../../infra/model/message.ts";
import type { TaintMark } from "../../machines/taint.ts";
import type { DecisionRisk, Handler, Mode, SandboxLevel } from "../../registry/permission/question.ts";

export interface AuditEntry {
  /** The model's id of the call. */
  readonly call: string;
  readonly tool: string;
  readonly agentType: string;
  readonly handler: Handler;
  readonly policy: string;
  /** Of the input as the model gave it. */
  readonly inputHash: string;
  readonly decision: "allow" | "ask" | "deny";
  readonly risk: DecisionRisk;
  readonly rule: string;
  readonly reason: string;
  /** Index in the actor's transcript of the answer that made the call: its input stands there. */
  readonly said?: number;
  /** Id of the grant that answered. */
  readonly grant?: string;
  readonly sandbox?: SandboxLevel;
  readonly mode?: Mode;
  /** What the agent had read by then; absent where it was nothing that anybody would mind. */
  readonly taint?: readonly TaintMark[];
  /** Id of the approval that was asked for, where one was; the row of its answer carries the same. */
  readonly approval?: string;
  /** On the row of an approval's answer: who gave it (a person's name, `expiry`…). */
  readonly answeredBy?: string;
  /** On the row of an approval's answer: from the request to the answer, in milliseconds by Redis's clock. */
  readonly latencyMs?: number;
}

/** Rules of the runtime itself, which come before any policy. */
export type RuntimeRule =
  | "registry.unknown-tool"
  | "registry.input"
  | "registry.too-many-calls"
  | "registry.quarantined";

/** Longest name of a tool that is kept: an unknown one is whatever the model made up. */
const NAME_CHARS_MAX = 128;
/** Longest reason that is kept, in UTF-16 units. */
const REASON_CHARS_MAX = 500;

/** The row of a call that never came before the rules: no such tool, an input that does not fit, one call too many. */
export function refusedEntry(
  use: ToolUse,
  rule: RuntimeRule,
  reason: string,
  known: Pick<AuditEntry, "agentType" | "policy" | "inputHash">,
): AuditEntry {
  return {
    call: use.id,
    tool: use.name.slice(0, NAME_CHARS_MAX),
    agentType: known.agentType,
    handler: "worker",
    policy: known.policy,
    inputHash: known.inputHash,
    decision: "deny",
    risk: "unknown",
    rule,
    reason: reason.slice(0, REASON_CHARS_MAX),
  };
}
