/** What one task asks for: written once when the run is created, read by whoever assembles the agent's session. */
import { z } from "zod";
import { taintSchema } from "./taint.ts";

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
  /** Of the results that it was written from; absent where a person wrote it. */
  taint: taintSchema.optional(),
});

export type Brief = z.infer<typeof briefSchema>;

/** What a result was made of, as the runtime saw it; each list is cut, and `cut` says so. */
const provenanceSchema = z.object({
  /** Files that the agent read or wrote through its tools, with the content that it knew last. */
  files: z.array(z.object({ path: z.string(), sha256: z.string() })),
  /** Tool → calls that came to an end. */
  tools: z.record(z.string(), z.int()),
  /** In order; the code is null where a command did not end by itself. */
  commands: z.array(z.object({ command: z.string(), exitCode: z.int().nullable() })),
  /** Quotes of the evidence, as `path:line`, in files that none of the agent's tools had shown it. They hold all the same. */
  unseen: z.array(z.string()),
  cut: z.boolean(),
});

export type Provenance = z.infer<typeof provenanceSchema>;
export const NO_PROVENANCE: Provenance = { files: [], tools: {}, commands: [], unseen: [], cut: false };

/** What was asked for, and what was used instead. */
const substituteSchema = z.object({ kind: z.enum(["model", "sandbox"]), asked: z.string(), used: z.string() });
export type Substitute = z.infer<typeof substituteSchema>;

/** What a task's agent leaves behind: the only thing others may build on. */
export const envelopeSchema = z.object({
  v: z.literal(1),
  id: z.string(),
  task: z.string(),
  actor: z.string(),
  /** `revoked`: it was verified, and nobody may build on it any more. */
  status: z.enum(["verified", "rejected", "failed", "exhausted", "cancelled", "revoked"]),
  value: z.unknown(),
  evidence: z.array(z.unknown()),
  reasons: z.array(z.string()),
  notDone: z.array(z.string()),
  /** Results it was built on. */
  standsOn: z.array(z.string()),
  /** The one that answered last. */
  model: z.string().nullable(),
  /** Results of versions that kept none have an empty one. */
  provenance: provenanceSchema.default(NO_PROVENANCE),
  substitutes: z.array(substituteSchema).default([]),
  /** What its agent had read that nobody vouched for, and what it was built on had; absent where there was nothing. */
  taint: taintSchema.optional(),
  /** Why nobody may build on it any more, who said so, and when (milliseconds since 1970). */
  revoked: z
    .object({
      reason: z.string(),
      by: z.string(),
      at: z.number(),
      /** Its run had ended: no log tells of it. */
      late: z.literal(true).optional(),
    })
    .optional(),
});

export type Envelope = z.infer<typeof envelopeSchema>;
