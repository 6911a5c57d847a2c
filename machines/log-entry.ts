/**
 * One commit in the log: the cause in our own words (never XState's names), the machine that took it, the hash of the
 * state it led to, and the events it told. Folding an actor's entries in order gives its states again.
 */
import { z } from "zod";
import { runEventSchema } from "./run-event.ts";

const cause = z.union([
  z.object({ input: z.unknown() }),
  z.object({ event: z.looseObject({ type: z.string() }) }),
  z.object({ timer: z.string(), armedBy: z.int() }),
]);

export const logEntrySchema = z.object({
  v: z.literal(1),
  /** `id@version#hash` of the machine: in an actor's first entry, and for all that follow. */
  machine: z.string().optional(),
  /** The actor's version after this commit; counts its commits from 1. */
  version: z.int().min(1),
  cause,
  /** What brought the cause: a message, an answered effect. */
  by: z.object({ mail: z.string() }).or(z.object({ effect: z.string() })),
  refused: z.object({ tokensLeft: z.int(), nanoUsdLeft: z.int().nullable() }).optional(),
  state: z.string(),
  hash: z.string(),
  events: z.array(runEventSchema),
  /** Entries that this commit added to the conversation; absent where it added none. */
  said: z.int().min(1).optional(),
  /** Messages delivered and actors spawned by this commit. */
  sent: z
    .array(
      z.object({
        to: z.string(),
        type: z.string(),
        /** What the commit added to the words that the machine sent; absent where it added nothing. */
        stamp: z.record(z.string(), z.unknown()).optional(),
      }),
    )
    .optional(),
});

export type LogEntry = z.infer<typeof logEntrySchema>;
