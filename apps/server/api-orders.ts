/** What waits for a person, and every order that the server takes: `POST`, JSON, answered in JSON. Types only, like `api.ts`. */
import type { ShownApproval } from "../../actors/runtime/run-document.ts";
import type { ShownAmount } from "../../actors/runtime/spending.ts";

/**
 * `GET /api/approvals?run=RUN&all=1&after=PLACE&limit=500` (limit at most 500): those that wait, over all runs or of one, those
 * asked first in front; `all`: answered ones of the run too.
 */
export interface ApiApprovals {
  readonly v: 1;
  readonly approvals: readonly ApiApproval[];
  /** Of the whole list. */
  readonly total: number;
  /** To be given as `after` for the next page; null: that was the last. */
  readonly next: string | null;
}

export interface ApiApproval extends ShownApproval {
  readonly runId: string;
  readonly call: string;
  readonly status: "pending" | "approved" | "denied" | "expired" | "withdrawn";
  /** True: `input` is the beginning of its JSON, cut at 64 KB; the hash is over the whole. */
  readonly cut: boolean;
  readonly answer: {
    readonly by: string;
    readonly at: string;
    readonly reason: string;
    readonly scope: "once" | "agent" | "run" | null;
    readonly grant: string | null;
  } | null;
  /** Others of the run that wait with the same words. */
  readonly similar: readonly string[];
}

/** `GET /api/approvals/:id`: all that one needs to answer. */
export interface ApiApprovalDetail extends ApiApproval {
  readonly v: 1;
  /** The same in words, as `swarm approvals show` says it: harmless text, one line each. */
  readonly lines: readonly string[];
  /** What the answer has to name in `touch` (one of `touches`): what it does cannot be taken back, or is not understood. */
  readonly needsTouch: boolean;
  /** A question: it is answered in words (`reason`), or denied. */
  readonly question: boolean;
  /** Rule that `scope` agent or run would give; null: only this one call can be answered. */
  readonly widerRule: string | null;
  /** Earlier calls that the rule would have covered. */
  readonly covered: { readonly agent: number; readonly run: number };
  /** Whole difference that is asked about, where it is one; cut at 256 KB. */
  readonly diff: { readonly text: string; readonly cut: boolean; readonly blob: string } | null;
  /** Tasks that cannot begin before this is answered, nearest first. */
  readonly downstream: readonly { readonly task: string; readonly type: string; readonly status: string }[];
  /** How many more than those 200. */
  readonly downstreamMore: number;
  /** Task of the agent that asks; "" for the coordinator. */
  readonly task: string;
}

/** `POST /api/approvals/:id/answer`. `hash` is the one that was shown, whole: another proposal is never answered by it. */
export interface AnswerOrder {
  readonly allowed: boolean;
  readonly hash: string;
  /** Default once. */
  readonly scope?: "once" | "agent" | "run" | undefined;
  /** That a wider answer holds; default: as long as the run. */
  readonly hours?: number | undefined;
  /** At most 2,000 characters. Required where it is a question. */
  readonly reason?: string | undefined;
  readonly touch?: string | undefined;
}
export interface AnswerDone {
  readonly v: 1;
  readonly id: string;
  readonly runId: string;
  readonly did: "approved" | "denied";
  readonly scope: "once" | "agent" | "run";
  readonly grant: { readonly id: string; readonly rule: string } | null;
}

/** `GET /api/letters?after=PLACE&limit=500` (limit at most 500), the newest first, and `GET /api/letters/:id` ({@link ApiLetterDetail}). */
export interface ApiLetters {
  readonly v: 1;
  readonly letters: readonly ApiLetter[];
  readonly total: number;
  readonly next: string | null;
}

export interface ApiLetter {
  readonly id: string;
  readonly runId: string;
  readonly kind: "actor" | "task";
  /** Null where nobody was ever born. */
  readonly agent: string | null;
  readonly agentType: string;
  readonly at: string;
  readonly reason: string;
  readonly task: { readonly id: string; readonly attempts: number; readonly reasons: readonly string[] } | null;
  readonly claims: number;
  readonly machine: string;
  readonly version: number;
  readonly state: unknown;
  /** Beginning of the message at the head of its mailbox. */
  readonly mail: string | null;
  readonly pending: readonly { readonly id: string; readonly order: string }[];
}

export interface ApiLetterDetail extends ApiLetter {
  readonly v: 1;
  /** What a requeue would do: the task, and the types it can be given to. `canGoBack`: the same actor can go on. */
  readonly requeue: {
    readonly task: string | null;
    readonly canGoBack: boolean;
    readonly types: readonly string[];
  };
}

/** `POST /api/letters/:id/requeue`; no `to`: the same actor as it died, or the same type. `POST /api/letters/:id/drop` takes `{}`. */
export interface RequeueOrder {
  readonly to?: string | undefined;
}
export interface LetterDone {
  readonly v: 1;
  readonly id: string;
  readonly runId: string;
  readonly did: "requeued" | "dropped";
}

/** `POST /api/runs/:id/stop`; `cancel` ends it for good, `task` (with `cancel`) only that. */
export interface StopOrder {
  readonly cancel?: boolean | undefined;
  readonly task?: string | undefined;
}
/** `POST /api/runs/:id/resume` takes `{}`. */
export interface RunDone {
  readonly v: 1;
  readonly runId: string;
  /** parked · cancelling · cancelling TASK · resumed · running (it was not parked) */
  readonly did: string;
}

/** `POST /api/runs/:id/budget`: limits of the whole run, what it has used included. One of both at least. */
export interface BudgetOrder {
  readonly tokens?: number | undefined;
  readonly usd?: number | undefined;
}
export interface BudgetDone {
  readonly v: 1;
  readonly runId: string;
  readonly did: "set" | "same";
  readonly budget: { readonly tokens: ShownAmount; readonly usd: ShownAmount };
}

/** `GET /api/grants?run=RUN`: rights given beyond the rules, of runs that go on or of one. `POST /api/grants/:id/revoke`. */
export interface ApiGrants {
  readonly v: 1;
  readonly grants: readonly {
    readonly id: string;
    readonly runId: string;
    readonly rule: string;
    /** Null: every agent of the run. */
    readonly agent: string | null;
    readonly by: string;
    readonly origin: string;
    readonly at: string;
    readonly expiresAt: string | null;
    readonly revoked: { readonly by: string; readonly reason: string; readonly at: string } | null;
  }[];
}
export interface RevokeGrantOrder {
  readonly run: string;
  readonly reason?: string | undefined;
}
export interface GrantDone {
  readonly v: 1;
  readonly id: string;
  readonly runId: string;
  readonly did: "revoked" | "again";
}

/** `POST /api/runs/:id/results/:result/revoke`: takes a verified result back, with all that stands on it. */
export interface RevokeResultOrder {
  /** 1 to 2,000 characters; told to whoever does the work again. */
  readonly reason: string;
  /** Default true. */
  readonly redo?: boolean | undefined;
}
export interface RevokeResultDone {
  readonly v: 1;
  readonly runId: string;
  readonly result: string;
  /** `asked`: the coordinator does it as soon as a worker takes it up; the log then tells what fell. */
  readonly did: "asked" | "revoked" | "already";
}

/** `POST /api/link` takes `{}`: another link that lets one browser in, once, within an hour. */
export interface LinkMade {
  readonly v: 1;
  readonly url: string;
}
