/** Events of what is remembered: kept, told again, forgotten. What was said stays in the log, whatever is forgotten. */
import { z } from "zod";
import { FORGOTTEN_REASONS, sourceSchema } from "../memory-item.ts";

const tier = z.enum(["run", "workspace"]);

export const memoryEvents = [
  z.object({
    type: z.literal("memory.kept"),
    tier,
    item: z.string(),
    topic: z.string(),
    fact: z.string(),
    source: sourceSchema,
    /** Null: with its run. */
    expiresAt: z.string().nullable(),
    /** Whether its agent had read what nobody vouched for. */
    marked: z.boolean(),
  }),
  /** Looked at again and told to this agent; `by`: when its session was put together, or because it asked. */
  z.object({
    type: z.literal("memory.recalled"),
    by: z.enum(["session", "call"]),
    /** Facts of the run, items of the workspace; of the latter a session is told the topics alone. */
    facts: z.array(z.string()),
    items: z.array(z.string()),
    topics: z.array(z.string()),
    /** Not told: not borne out where this agent works, or kept by somebody who had read what nobody vouched for. */
    withheld: z.int().min(0),
    bytes: z.int().min(0),
  }),
  z.object({
    type: z.literal("memory.forgotten"),
    tier,
    item: z.string(),
    topic: z.string(),
    reason: z.enum(FORGOTTEN_REASONS),
    why: z.string(),
  }),
] as const;
