/** What a performer is given and what it must give back. It acts on the world, never on the store. */
import type { Address, Blob, Grant, Settlement } from "../../infra/store.ts";
import type { OutsideEffect } from "../../machines/effect.ts";
import type { Rights } from "../../machines/rights.ts";
import type { RunEvent } from "../../machines/run-event.ts";
import type { Tasks } from "../../machines/task-graph.ts";
import type { Proposal } from "./approvals.ts";
import type { AuditEntry } from "./audit-entry.ts";
import type { Entry } from "./conversation.ts";
import type { RunRow } from "./run-row.ts";
import type { Session } from "./session.ts";

export interface PerformContext {
  readonly address: Address;
  readonly run: RunRow;
  /** What the actor's chart lets it run in the state it is in. */
  readonly rights: Rights;
  /** Full id: `run/actor/incarnation.version:index`. */
  readonly effectId: string;
  /** Null before the session was assembled. */
  readonly session: Session | null;
  /** The conversation as of the commit that ordered the effect. */
  readonly entries: readonly Entry[];
  readonly grant: Grant | null;
  /** The ledger of a coordinator as of that commit; absent with every other actor. */
  readonly tasks?: Tasks;
  /**
   * False once the run is over or the actor fenced for good: asked before the gate of whatever changes the world, because
   * the signal may be on its way. Absent: nobody can take it back.
   */
  readonly isWanted?: () => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** The answer to one effect; it is committed with everything it brings along, or not at all. */
export interface Answer {
  readonly event: { readonly type: string };
  /** Added to the conversation. */
  readonly entries?: readonly Entry[];
  /** Stored as the actor's session. */
  readonly session?: Session;
  readonly settle?: Settlement;
  readonly told: readonly RunEvent[];
  readonly audit?: readonly AuditEntry[];
  /** For the calls that the machine then asks about: what somebody is shown. */
  readonly approvals?: readonly Proposal[];
  /** Stored beside the conversation, which holds only their beginning and their hash. */
  readonly blobs?: readonly Blob[];
  /** Briefs of tasks that this answer proposes, by task. */
  readonly briefs?: Readonly<Record<string, string>>;
}

/** Never throws for what the world may do: that is an answer. Throws on breakage, and where its signal aborted it. */
export type Performer<Type extends OutsideEffect["type"]> = (
  order: Extract<OutsideEffect, { type: Type }>,
  context: PerformContext,
) => Promise<Answer>;

export type Performers = { readonly [Type in OutsideEffect["type"]]: Performer<Type> };

/**
 * Why an effect is stopped. `cancelled`: it is not wanted any more, and what it began in the world ends with it. `left`:
 * only this process lets go of it (it goes, or lost the actor); a command that runs goes on with its recorder.
 */
export type StopReason = "cancelled" | "left";

/** Thrown by a performer whose work was called off: there is no answer, and none is committed. */
export class EffectAborted extends Error {
  readonly why: StopReason;
  constructor(effectId: string, why: StopReason = "left") {
    super(`effect ${effectId} was called off`);
    this.name = "EffectAborted";
    this.why = why;
  }
}

/** Whether what the signal stopped is not wanted any more. */
export const wasCancelled = (signal: AbortSignal): boolean =>
  signal.aborted && signal.reason instanceof EffectAborted && signal.reason.why === "cancelled";
