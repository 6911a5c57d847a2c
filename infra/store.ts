/**
 * The store's contract: what may be written, in which indivisible pieces. The Redis store keeps it with one Lua script
 * per method; whatever else keeps it passes the same conformance suite.
 */

import type { AnswerAnswer, ApprovalAnswer, Grants, NewApproval, NewGrant, RevokeAnswer } from "./store-approvals.ts";
import type { Death, DeathAnswer, Remains } from "./store-deaths.ts";

/** `run/actor/type`: how an actor is named wherever work is handed out. */
export interface Address {
  readonly run: string;
  readonly actor: string;
  readonly type: string;
}

/** Every run has one, and only one, under this name. */
export const COORDINATOR_ACTOR = "a_coordinator";
export const COORDINATOR_TYPE = "coordinator";

export const memberOf = ({ run, actor, type }: Address): string => `${run}/${actor}/${type}`;

/** Throws where the text does not name an actor: queue payloads are hostile until parsed. */
export function addressFrom(member: string): Address {
  const [run, actor, type, ...rest] = member.split("/");
  if (!run || !actor || !type || rest.length > 0) throw new Error(`not an actor's address: ${member.slice(0, 200)}`);
  return { run, actor, type };
}

export interface NewRun {
  readonly run: string;
  readonly coordinator: Address;
  /** Fields of the run's row: goal, kind, model, binding, policy, configuration… */
  readonly fields: Readonly<Record<string, string>>;
  readonly budget: BudgetLimits;
  /** Task id → brief (JSON), written once. */
  readonly briefs: Readonly<Record<string, string>>;
  /** The coordinator's input. */
  readonly input: unknown;
}

export interface BudgetLimits {
  readonly tokensMax?: number;
  /** Billionths of a US dollar. */
  readonly nanoUsdMax?: number;
}

/** What lies in a mailbox: a first input, an event, or a timer that became due. */
export type Mail =
  | { readonly id: string; readonly input: unknown }
  | { readonly id: string; readonly event: { readonly type: string } }
  | { readonly id: string; readonly timer: string; readonly armedBy: number };

export interface PendingEffect {
  readonly id: string;
  readonly json: string;
  /** What the budget granted this effect; null where it costs no money. */
  readonly grant: Grant | null;
  /** True where the run was parked when it was ordered: it was never begun. */
  readonly held: boolean;
}

export interface Grant {
  /** Output tokens the call may use: its `max_tokens`. */
  readonly outTokens: number;
  readonly tokens: number;
  readonly nanoUsd: number;
}

export interface Fence {
  readonly epoch: number;
  /** Random per claim: an epoch alone could repeat after a failover. */
  readonly nonce: string;
  /**
   * Of the shard when it was claimed: 0, and higher after each time that acknowledged writes may have been lost. A claim
   * of an earlier incarnation can commit nothing; effect ids carry it, because versions are given again after a loss.
   */
  readonly incarnation: number;
}

export interface Claim {
  readonly fence: Fence;
  readonly run: Readonly<Record<string, string>>;
  readonly version: number;
  /** `id@version`; null before the first commit. */
  readonly machine: string | null;
  readonly core: string | null;
  readonly rows: ReadonlyMap<string, string>;
  /** As stored, unparsed: one that cannot be read must not keep the others from being counted. */
  readonly mail: readonly string[];
  readonly mailTotal: number;
  readonly pending: readonly PendingEffect[];
  readonly session: string | null;
  readonly transcript: readonly string[];
  /** Claims since the last commit, this one included: what poison is told by. */
  readonly claims: number;
}

export type ClaimAnswer =
  | { readonly kind: "claimed"; readonly claim: Claim }
  | { readonly kind: "stranded"; readonly lacks: "binding" | "machine"; readonly name: string }
  /** The actor was fenced for good. `pending` is what it had begun and its host has to end; see {@link Store.unwound}. */
  | { readonly kind: "over"; readonly reason: string; readonly pending: readonly PendingEffect[] }
  /** All there is to do was begun at that place; whoever is at it there was not disturbed. */
  | { readonly kind: "elsewhere"; readonly place: string }
  | { readonly kind: "no_run" };

/** Money a model call asks for; the script grants at most what is left. */
export interface Reservation {
  readonly inTokens: number;
  readonly outTokensWanted: number;
  /** With less than this a call is not worth making. */
  readonly outTokensLeast: number;
  /** Billionths of a US dollar per token, whole numbers; 0 where the price is unknown or nothing. */
  readonly inNanoUsd: number;
  readonly outNanoUsd: number;
}

export interface Settlement {
  readonly tokens: number;
  readonly nanoUsd: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly calls: number;
  /** Calls whose price nobody knows. */
  readonly unpriced: number;
}

export interface Blob {
  /** Of `text`, in hex. */
  readonly sha256: string;
  readonly text: string;
}

export interface Commit {
  readonly id: string;
  readonly address: Address;
  readonly fence: Fence;
  /** Version the actor must be at. */
  readonly version: number;
  readonly by: { readonly mail: string } | { readonly effect: string };
  readonly entry: string;
  /** Events in the entry: so many sequence numbers are drawn. */
  readonly events: number;
  readonly core: string;
  /** Set on the first commit only. */
  readonly machine: string | null;
  readonly rows: ReadonlyMap<string, string>;
  readonly transcript: readonly string[];
  readonly session: string | null;
  readonly messages: readonly { readonly to: string; readonly type: string; readonly mail: Mail }[];
  readonly spawned: readonly {
    readonly actor: string;
    readonly type: string;
    readonly row: string;
    /** Its part of the run's budget, which its model calls may not exceed; absent: all that is left. */
    readonly budget?: BudgetLimits;
  }[];
  /** Actors that are over: their claims fail, their mail and effects go, whoever runs them is told. */
  readonly fenced: readonly { readonly actor: string; readonly type: string; readonly reason: string }[];
  /** Results whose status becomes `revoked`. */
  readonly revoked: readonly { readonly result: string; readonly reason: string; readonly by: string }[];
  /** Tasks that used up their supervision, as dead letters. */
  readonly letters: readonly { readonly id: string; readonly json: string }[];
  /** Task id → brief (JSON) of tasks that come later; a name that an earlier plan used in vain has the later words. */
  readonly briefs: readonly { readonly task: string; readonly json: string }[];
  readonly timersSet: readonly { readonly id: string; readonly delayMs: number; readonly armedBy: number }[];
  readonly timersCancelled: readonly { readonly id: string; readonly armedBy: number }[];
  readonly effects: readonly { readonly id: string; readonly json: string; readonly reserve: Reservation | null }[];
  readonly effectsDropped: readonly string[];
  readonly results: readonly { readonly id: string; readonly json: string }[];
  readonly audit: readonly string[];
  /** Long texts that entries of this commit refer to; one that is stored already is left as it is. */
  readonly blobs: readonly Blob[];
  readonly settle: Settlement | null;
  /** What somebody is asked from this step on. */
  readonly approvals: readonly NewApproval[];
  /** Approvals whose calls this step gave up; one that was answered before is left as it is. */
  readonly withdrawn: readonly { readonly id: string; readonly reason: string }[];
  readonly runEnd: { readonly status: string; readonly reasons: readonly string[] } | null;
}

export type CommitAnswer =
  | {
      readonly kind: "committed";
      readonly firstSeq: number;
      readonly mailLeft: number;
      readonly held: boolean;
      readonly runStatus: string;
      /** Transcript entries there were before this commit. */
      readonly transcriptLength: number;
      /** One per effect that asked for money, in order. */
      readonly grants: readonly Grant[];
    }
  | { readonly kind: "fenced" }
  | { readonly kind: "conflict"; readonly version: number }
  /** The cause was consumed before. */
  | { readonly kind: "gone" }
  | { readonly kind: "refused"; readonly tokensLeft: number | null; readonly nanoUsdLeft: number | null }
  | { readonly kind: "ended"; readonly status: string }
  | { readonly kind: "no_run" };

export interface Look {
  readonly mail: readonly string[];
  readonly held: boolean;
  /** The actor was fenced for good. */
  readonly over: boolean;
  readonly runStatus: string;
}

export interface Served {
  /** Model accesses that this worker has, each a name without commas. */
  readonly bindings: readonly string[];
  /** `id@version` of every machine it has. */
  readonly machines: readonly string[];
  /** Gate folder it acts at: a claim does not take what has to go on at another one. Absent: it takes all. */
  readonly place?: string;
}

export interface Sweep {
  readonly wake: readonly Address[];
  /** Milliseconds until this shard's next timer; null where there is none. */
  readonly nextTimerMs: number | null;
}

export type SendAnswer =
  | { readonly kind: "sent" | "again" | "no_run" }
  /** The run's status; `fenced` where only the actor is over. */
  | { readonly kind: "ended"; readonly status: string }
  | { readonly kind: "full"; readonly length: number };

export type HoldAnswer =
  | { readonly kind: "done" | "same"; readonly actors: readonly Address[] }
  | { readonly kind: "no_run" }
  | { readonly kind: "ended"; readonly status: string };

/** The part of the store that activations live on. Each method is one indivisible step; all may throw StoreError. */
export interface Store {
  create(run: NewRun): Promise<"created" | "exists">;
  /** A second claim under the same nonce is the echo of the first: the same epoch, counted once. */
  claim(address: Address, nonce: string, served: Served): Promise<ClaimAnswer>;
  commit(commit: Commit): Promise<CommitAnswer>;
  /** The claim found its effects running where it is: nobody died of them, and the count of claims begins anew. */
  reattached(address: Address, fence: Fence): Promise<void>;
  /** What an activation that waits must not miss: mail beyond what its claim brought, a parked or ended run. */
  look(address: Address): Promise<Look>;
  /** False once the run is over, or the actor fenced for good: what it has not begun yet must not begin. */
  isWanted(address: Address): Promise<boolean>;
  /** What a fenced actor had begun was ended, or can be by nobody: with the last of it nobody needs to look after it. */
  unwound(address: Address, effects: readonly string[]): Promise<void>;
  send(address: Address, mail: Mail): Promise<SendAnswer>;
  hold(run: string, order: "park" | "resume", reason: string): Promise<HoldAnswer>;
  sweep(shard: string, idleMs: number): Promise<Sweep>;
  /** Row, word to the actor, grant and audit in one step. The first answer counts, and none that comes after its time. */
  answer(answer: ApprovalAnswer): Promise<AnswerAnswer>;
  /** Given since the run began, or taken back, with the store's time. */
  grants(run: string): Promise<Grants>;
  /** Takes a right back. `again` where it was taken back before. */
  revoke(run: string, grant: Pick<NewGrant, "id" | "rule">, by: string, reason: string): Promise<RevokeAnswer>;
  /** Takes an actor off the list of those that need waking: its run is over. */
  forget(address: Address): Promise<void>;
  /**
   * Takes a deadly actor out of circulation and tells its coordinator, or ends the run where it is the coordinator. Under
   * a fence that no longer holds it changes nothing: another claim may have brought the actor on, or this is an echo.
   * `known`: what else the event tells of it.
   */
  quarantine(address: Address, reason: string, fence?: Fence, known?: object): Promise<void>;
  /** What is left of these actors, whoever holds them. Null where the run does not exist, or was archived. */
  remains(run: string, actors: readonly string[]): Promise<Remains | null>;
  /** Takes down that a claim is over, with what it had begun: told once for each, whoever finds it and however often. */
  noteDeath(death: Death): Promise<DeathAnswer>;
  /** Briefs and results of a run, by id; what does not exist is absent. */
  briefs(run: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  results(run: string, ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Facts that the run's agents kept (JSON), by the names that they have among its briefs. */
  facts(run: string): Promise<ReadonlyMap<string, string>>;
  /** Stranded actors back to `ready`, for a worker that has just started and may serve them. */
  retrieve(shard: string): Promise<readonly Address[]>;
}
