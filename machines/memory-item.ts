/**
 * One thing that is remembered: a sentence, what it is about, where it comes from, when it was kept and until when. The
 * same form for facts of a run and for the memory of a workspace. What is forgotten says why, and never comes back.
 */
import { z } from "zod";
import { taintSchema } from "./taint.ts";

/** Lengths of what an agent may keep, in UTF-16 units. */
export const TOPIC_CHARS_MAX = 48;
export const FACT_CHARS_MAX = 600;
export const QUOTE_CHARS_MAX = 400;
export const PATH_CHARS_MAX = 1_024;

export const topicSchema = z
  .string()
  .max(TOPIC_CHARS_MAX)
  .regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "lowercase letters, digits and hyphens");

/** Why something is not remembered any more. */
export const FORGOTTEN_REASONS = ["expired", "source-changed", "person", "superseded", "limit"] as const;
export type ForgottenReason = (typeof FORGOTTEN_REASONS)[number];

/**
 * `file`: a line of the workspace that bears it out, looked at when it was kept and again before it is told. `result`: a
 * verified result of a run. `person`: a person said yes to exactly these words. `agent`: nobody but its agent; told within
 * its run only.
 */
export const sourceSchema = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("file"),
    /** Relative to the top of the workspace. */
    path: z.string().min(1).max(PATH_CHARS_MAX),
    line: z.int().min(1),
    quote: z.string().min(1).max(QUOTE_CHARS_MAX),
    /** Of the whole file, when it was kept. */
    sha256: z.string().regex(/^[0-9a-f]{64}$/),
  }),
  z.object({ kind: z.literal("result"), id: z.string().min(1).max(200), run: z.string().min(1).max(64) }),
  z.object({ kind: z.literal("person") }),
  z.object({ kind: z.literal("agent") }),
]);

export type MemorySource = z.infer<typeof sourceSchema>;

export const memoryItemSchema = z.object({
  v: z.literal(1),
  id: z.string().regex(/^[fm]_[0-9a-f]{16}$/),
  topic: topicSchema,
  fact: z.string().min(1).max(FACT_CHARS_MAX),
  source: sourceSchema,
  /** By the clock of the host that kept it. */
  at: z.iso.datetime(),
  /** Null: with its run. */
  expiresAt: z.iso.datetime().nullable(),
  run: z.string().min(1).max(64),
  actor: z.string().min(1).max(200),
  /** What its agent had read that nobody vouched for. Absent: nothing. */
  taint: taintSchema.optional(),
  forgotten: z.object({ reason: z.enum(FORGOTTEN_REASONS), at: z.iso.datetime(), why: z.string().max(300) }).optional(),
});

export type MemoryItem = z.infer<typeof memoryItemSchema>;

/** Facts of a run lie among its briefs, under these names; no task is called so. */
export const FACT_BRIEF = "@fact/";

/** Null where the text is no item of ours. */
export function memoryItemFrom(text: string): MemoryItem | null {
  try {
    return memoryItemSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
