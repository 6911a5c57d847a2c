/** A row of the audit as it is read back: what was committed, with the id, time and run of the place where it stands. */
import { z } from "zod";
import { SwarmError } from "../../../infra/errors.ts";
import { shortHash } from "../../../infra/ids.ts";
import { auditTime, type RawAuditRow } from "../../../infra/redis/audit-reader.ts";
import { taintSchema } from "../../../machines/taint.ts";

const storedSchema = z.object({
  actor: z.string().default("-"),
  call: z.string().default("-"),
  tool: z.string().default("-"),
  agentType: z.string().default("-"),
  handler: z.enum(["interactive", "coordinator", "worker"]),
  policy: z.string().default("-"),
  inputHash: z.string().default("-"),
  decision: z.enum(["allow", "ask", "deny"]),
  risk: z.enum(["read-only", "mutating", "destructive", "unknown"]).default("unknown"),
  rule: z.string(),
  reason: z.string(),
  said: z.int().min(0).optional(),
  grant: z.string().optional(),
  sandbox: z.enum(["full", "partial", "none"]).optional(),
  mode: z.enum(["read-only", "plan", "edit"]).optional(),
  taint: taintSchema.optional(),
  approval: z.string().optional(),
  answeredBy: z.string().optional(),
  latencyMs: z.number().min(0).optional(),
});

export interface AuditRow extends z.infer<typeof storedSchema> {
  /** `d_…`, the same whenever and wherever the row is read. */
  readonly id: string;
  readonly run: string;
  /** By Redis's clock, when it was committed. */
  readonly atMs: number;
}

/**
 * `decision`: the rules (or the registry before them) were asked about a call. `answer`: an approval was answered, or
 * expired. `notice`: something else that belongs here: an answer that was not taken, a right that was taken back.
 */
export type AuditKind = "decision" | "answer" | "notice";

/** Throws SwarmError `audit.unreadable`: an audit is never guessed at. */
export function auditRowFrom(run: string, { id, json }: RawAuditRow): AuditRow {
  try {
    return { ...storedSchema.parse(JSON.parse(json)), id: decisionId(run, id), run, atMs: auditTime(id) };
  } catch (cause) {
    throw new SwarmError("audit.unreadable", `row ${id} of the audit of run ${run} cannot be read`, {
      cause,
      hint: "It was damaged, or written by another version of statehive.",
    });
  }
}

const decisionId = (run: string, id: string): string => `d_${shortHash(`${run} ${id}`).slice(0, 12)}`;

export function kindOf({ rule }: Pick<AuditRow, "rule">): AuditKind {
  if (rule === "approval") return "answer";
  return rule.startsWith("approval.") || rule === "grant.revoked" ? "notice" : "decision";
}

/** Refused by the runtime itself: no policy could have decided it otherwise. */
export const isRuntimes = ({ rule }: Pick<AuditRow, "rule">): boolean => /^(registry|session|chart)\./.test(rule);
