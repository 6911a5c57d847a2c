/**
 * Approvals and grants as they are stored: what was proposed, word for word and bound by a hash; what became of it; which
 * rights were given beyond the rules. Read back through one door, because an answer must never rest on a guess.
 */
import { z } from "zod";
import { sha256, shortHash } from "./ids.ts";
import { canonical } from "./model/canonical-json.ts";

/** Bytes of an input that are kept with its approval, at most; the hash is over the whole. */
export const INPUT_BYTES_MAX = 64 * 1024;

/** Hours in which an approval may be answered, unless the operator says otherwise, and at most: a year. */
export const APPROVAL_HOURS = 24;
export const APPROVAL_HOURS_MAX = 8_760;
/** Rights that one run may begin with. */
export const GRANTS_MAX = 100;

/** What somebody is asked about. Written once, by the commit that brought the call, and never changed. */
const proposalSchema = z.object({
  v: z.literal(1),
  run: z.string(),
  /** The actor that wants to do it. */
  agent: z.string(),
  agentType: z.string(),
  call: z.string(),
  /** Its place among the calls of the same answer that are asked about. */
  order: z.int().min(0),
  tool: z.string(),
  /** Whole, unless `cut`: then its JSON, as far as it is kept. */
  input: z.unknown(),
  cut: z.literal(true).optional(),
  inputHash: z.string(),
  /** Of run, actor, call, tool and the whole input: what an answer is bound to. */
  hash: z.string(),
  risk: z.enum(["read-only", "mutating", "destructive", "unknown"]),
  rule: z.string(),
  reason: z.string(),
  touches: z.array(z.string()),
  policy: z.string(),
});

export type Proposed = z.infer<typeof proposalSchema>;

export const APPROVAL_SCOPES = ["once", "agent", "run"] as const;
export type ApprovalScope = (typeof APPROVAL_SCOPES)[number];

const answerSchema = z.object({
  status: z.enum(["approved", "denied", "expired", "withdrawn"]),
  by: z.string(),
  reason: z.string(),
  scope: z.enum(APPROVAL_SCOPES).optional(),
  grant: z.string().optional(),
  at: z.int(),
});

export type ApprovalStatus = "pending" | z.infer<typeof answerSchema>["status"];

export interface StoredApproval extends Proposed {
  readonly id: string;
  readonly askedAtMs: number;
  readonly expiresAtMs: number;
  readonly status: ApprovalStatus;
  readonly answer: {
    readonly by: string;
    readonly atMs: number;
    readonly reason: string;
    readonly scope: ApprovalScope | null;
    readonly grant: string | null;
  } | null;
}

/** What a proposal's hash is over. `input` is the whole input, as the model gave it. */
export const proposalHash = (of: Pick<Proposed, "run" | "agent" | "call" | "tool" | "input">): string =>
  sha256(JSON.stringify(canonical({ run: of.run, actor: of.agent, call: of.call, tool: of.tool, input: of.input })));

/** `effect` is the one whose answer made the call: models may use one call id again. */
export const approvalId = (effect: string, call: string): string => `p_${shortHash(`${effect} ${call}`).slice(0, 12)}`;

/** Field of the hash `approvals` that holds when it was asked, until when it may be answered, and for whom. */
const FACTS = "#s";
/** Field that holds what became of it; absent while it is pending. */
const ANSWER = "#a";

/** `fields` unpacked. Of a run that is over nobody is asked any more. Throws ZodError where a row is none of ours. */
export function approvalsFrom(fields: Readonly<Record<string, string>>, runStatus: string): StoredApproval[] {
  const ids = Object.keys(fields).filter((field) => !field.includes("#"));
  return ids
    .flatMap((id): StoredApproval[] => {
      const facts = /^(\d+) (\d+) /.exec(fields[`${id}${FACTS}`] ?? "");
      if (facts === null) return [];
      const proposed = proposalSchema.parse(JSON.parse(fields[id] as string));
      const stored = fields[`${id}${ANSWER}`];
      const answer = stored === undefined ? null : answerSchema.parse(JSON.parse(stored));
      return [
        {
          id,
          ...proposed,
          askedAtMs: Number(facts[1]),
          expiresAtMs: Number(facts[2]),
          status: answer?.status ?? (runStatus === "running" ? "pending" : "withdrawn"),
          answer:
            answer === null
              ? null
              : {
                  by: answer.by,
                  atMs: answer.at,
                  reason: answer.reason,
                  scope: answer.scope ?? null,
                  grant: answer.grant ?? null,
                },
        },
      ];
    })
    .sort((a, b) => a.askedAtMs - b.askedAtMs || byText(a.agent, b.agent) || a.order - b.order || byText(a.id, b.id));
}

const byText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/** A right given beyond the rules, as the store keeps it. */
export const grantSchema = z.object({
  id: z.string(),
  /** In the grammar of the rules. */
  rule: z.string(),
  /** Null: every agent of the run. */
  actor: z.string().nullable(),
  /** `goal`, or the name of the person who approved. */
  by: z.string(),
  /** What it came from: the approval, or the words of the goal. */
  origin: z.string(),
  atMs: z.int(),
  /** Null: until the run ends. */
  expiresAtMs: z.int().nullable(),
});

export type GrantedRule = z.infer<typeof grantSchema>;

const revocationSchema = z.object({ by: z.string(), reason: z.string(), at: z.int() });

export interface StoredGrant extends GrantedRule {
  readonly revoked: { readonly by: string; readonly reason: string; readonly atMs: number } | null;
}

/** Field that holds who took a grant back. */
export const REVOKED = "#r";

/** Grants of a run: those that it began with, and those that were given since. `fields` of the hash `grants`. */
export function grantsFrom(latched: readonly GrantedRule[], fields: Readonly<Record<string, string>>): StoredGrant[] {
  const given = Object.entries(fields).flatMap(([id, json]) =>
    id.includes("#") ? [] : [grantSchema.parse(JSON.parse(json))],
  );
  return [...latched, ...given].map((grant) => {
    const stored = fields[`${grant.id}${REVOKED}`];
    if (stored === undefined) return { ...grant, revoked: null };
    const { by, reason, at } = revocationSchema.parse(JSON.parse(stored));
    return { ...grant, revoked: { by, reason, atMs: at } };
  });
}

/** What still holds for this actor at that time. */
export const grantsFor = (grants: readonly StoredGrant[], actor: string, nowMs: number): readonly StoredGrant[] =>
  grants.filter(
    (grant) =>
      grant.revoked === null &&
      (grant.actor === null || grant.actor === actor) &&
      (grant.expiresAtMs === null || grant.expiresAtMs > nowMs),
  );
