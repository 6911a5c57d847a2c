/** Events of tool calls: how each was found, judged, asked about and carried out, and what became of it. */
import { z } from "zod";

const call = { call: z.string(), tool: z.string() };
const outcome = {
  effect: z.string(),
  ...call,
  bytes: z.int(),
  tookMs: z.number().min(0),
  /** SHA-256 of the whole output, where the conversation holds only a part of it. */
  blob: z.string().optional(),
};
const decisionRisk = z.enum(["read-only", "mutating", "destructive", "unknown"]);

export const toolEvents = [
  z.object({
    type: z.literal("tool.matched"),
    ...call,
    query: z.string(),
    candidates: z.array(z.string()),
    choice: z.string().nullable(),
  }),
  z.object({
    type: z.literal("permission.decided"),
    ...call,
    decision: z.enum(["allow", "ask", "deny"]),
    risk: decisionRisk,
    rule: z.string(),
    reason: z.string(),
  }),
  z.object({ type: z.literal("tool.intended"), effect: z.string(), ...call, input: z.unknown() }),
  z.object({ type: z.literal("tool.finished"), ...outcome }),
  z.object({
    type: z.literal("tool.failed"),
    ...outcome,
    /** A command that was run unasked because it changes nothing, and it tried to. */
    misjudged: z.literal(true).optional(),
  }),
  z.object({ type: z.literal("tool.refused"), ...call, reason: z.string() }),
  z.object({ type: z.literal("tool.interrupted"), effect: z.string(), ...call, reason: z.string() }),
  z.object({ type: z.literal("tool.reconciled"), effect: z.string(), ...call, happened: z.boolean() }),
  z.object({
    type: z.literal("approval.requested"),
    approval: z.string(),
    ...call,
    risk: decisionRisk,
    rule: z.string(),
    reason: z.string(),
    /** Milliseconds in which it may be answered. */
    ttlMs: z.int().min(1),
  }),
  z.object({
    type: z.literal("approval.answered"),
    approval: z.string(),
    call: z.string(),
    allowed: z.boolean(),
    /** Name of a person; `timer` where nobody said anything in time. */
    by: z.string(),
    reason: z.string(),
    grant: z.object({ id: z.string(), rule: z.string(), scope: z.enum(["once", "agent", "run"]) }).optional(),
  }),
  /** Its call was given up: nobody needs to answer any more. */
  z.object({ type: z.literal("approval.withdrawn"), approval: z.string(), call: z.string(), reason: z.string() }),
  /** Rights that the run began with, and what in the person's own words gave them. */
  z.object({
    type: z.literal("grants.given"),
    grants: z.array(z.object({ id: z.string(), rule: z.string(), by: z.string(), origin: z.string() })),
  }),
  z.object({
    type: z.literal("grants.revoked"),
    grant: z.string(),
    rule: z.string(),
    by: z.string(),
    reason: z.string(),
  }),
] as const;
