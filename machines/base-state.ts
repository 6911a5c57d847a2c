/**
 * What an actor of a forked run starts from: everything its source's log had led to, written once into the fork's own
 * log, so that the fork can be replayed without its source.
 */
import { z } from "zod";

const order = z.object({ id: z.string(), order: z.looseObject({ type: z.string() }) });
const timer = z.object({ id: z.string(), armedBy: z.int(), leftMs: z.number().min(0) });

export const actorBaseSchema = z.object({
  /** Null for an actor that was spawned and has not taken its first step. */
  machine: z.string().nullable(),
  version: z.int().min(0),
  /** As it is stored, byte for byte: its hash is compared. */
  core: z.string().nullable(),
  rows: z.record(z.string(), z.string()),
  hash: z.string(),
  /** Entries of its conversation. */
  transcript: z.int().min(0),
  session: z.boolean(),
  /** Messages in its mailbox, in order, as they lie there (JSON). */
  mail: z.array(z.string()),
  pending: z.array(order),
  timers: z.array(timer),
  /** Ids of the results it has given. */
  results: z.array(z.string()),
  /** Those of them that nobody may build on any more; absent where there are none. */
  revoked: z.array(z.string()).optional(),
  /** Why it is over for good; absent where it is not. */
  fenced: z.string().optional(),
  /** Its own share of the run's budget; absent where it has none. */
  budget: z.object({ tokensMax: z.number().optional(), nanoUsdMax: z.number().optional() }).optional(),
});

export type ActorBase = z.infer<typeof actorBaseSchema>;
