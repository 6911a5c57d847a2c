/** Approvals and rights as the store takes and tells them: what is asked, what was answered, what was given and taken back. */

export interface NewApproval {
  readonly id: string;
  readonly json: string;
  readonly call: string;
  readonly hash: string;
  /** Milliseconds after which nobody can say yes any more, by the store's clock. */
  readonly ttlMs: number;
  /** What the audit row of its answer begins with. */
  readonly audit: Readonly<Record<string, unknown>>;
}

export interface ApprovalAnswer {
  readonly run: string;
  readonly approval: string;
  readonly call: string;
  /** Of what the answerer saw. */
  readonly hash: string;
  /** Sent twice under one token, it is one answer. */
  readonly token: string;
  readonly allowed: boolean;
  readonly by: string;
  readonly reason: string;
  readonly scope: "once" | "agent" | "run";
  /** Written with the answer, dated by the store; null where only this call is spoken of. */
  readonly grant: NewGrant | null;
}

export interface NewGrant {
  readonly id: string;
  readonly rule: string;
  readonly actor: string | null;
  readonly by: string;
  readonly origin: string;
  /** Null: until the run ends. */
  readonly ttlMs: number | null;
}

/** `verdict`: as it is stored (JSON). */
export type AnswerAnswer =
  | { readonly kind: "answered" }
  | { readonly kind: "unknown" | "forged" | "no_run" }
  | { readonly kind: "late"; readonly verdict: string }
  | { readonly kind: "ended"; readonly status: string };

export interface Grants {
  readonly nowMs: number;
  readonly fields: Readonly<Record<string, string>>;
}

export type RevokeAnswer =
  | { readonly kind: "revoked" | "again" | "no_run" }
  | { readonly kind: "ended"; readonly status: string };
