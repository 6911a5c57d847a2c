/** What one task asks for: written once when the run is created, read by whoever assembles the agent's session. */
import { z } from "zod";

/** Ids become parts of actor names, keys and file names. */
const taskId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "lowercase letters, digits and hyphens, at most 64");

export const briefSchema = z.strictObject({
  id: taskId,
  agentType: z.string().min(1).max(64),
  /** A narrower type of the person's own (an agent file), which `agentType` is the base of; latched with the run. */
  profile: z.string().min(1).max(64).optional(),
  /** In words, for the agent and for people. */
  goal: z.string().min(1).max(32_000),
  /** Machine-readable part of the goal. */
  input: z.record(z.string(), z.unknown()).optional(),
  /** JSON Schema that `value` of the report must satisfy; absent: `{summary: string}`. */
  contract: z.record(z.string(), z.unknown()).optional(),
});

export type Brief = z.infer<typeof briefSchema>;

/** What a task's agent leaves behind: the only thing others may build on. */
export const envelopeSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  task: z.string(),
  actor: z.string(),
  status: z.enum(["verified", "rejected", "failed", "exhausted", "cancelled"]),
  value: z.unknown(),
  evidence: z.array(z.unknown()),
  reasons: z.array(z.string()),
  notDone: z.array(z.string()),
  /** Results it was built on. */
  standsOn: z.array(z.string()),
  /** Model that answered, tools that ran: a substitute would show here. */
  model: z.string().nullable(),
});

export type Envelope = z.infer<typeof envelopeSchema>;
