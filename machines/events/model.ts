/** Events of model calls: what was asked and answered, what it cost, and what was done when it failed. */
import { z } from "zod";

const usage = z.object({
  inputTokens: z.int().min(0),
  outputTokens: z.int().min(0),
  cacheReadTokens: z.int().min(0),
  cacheWriteTokens: z.int().min(0),
  /** True where the server told nothing of a cache: the two figures above are then unknown, not none. */
  cacheUntold: z.literal(true).optional(),
  /** True where the answer was cut and the figures are what the stream had shown. */
  estimated: z.boolean().optional(),
});

const money = { tokens: z.int().min(0), nanoUsd: z.int().min(0).nullable() };
const limit = z.int().min(1).nullable();

export type Usage = z.infer<typeof usage>;

export const modelEvents = [
  z.object({ type: z.literal("model.called"), effect: z.string(), turn: z.int(), attempt: z.int() }),
  z.object({
    type: z.literal("model.answered"),
    effect: z.string(),
    turn: z.int(),
    stop: z.string(),
    calls: z.int(),
    model: z.string(),
    request: z.string().optional(),
    /** Index of the answer in the actor's transcript, where its text stands. */
    transcript: z.int(),
    usage,
    /** Its server plays a model: these figures are nobody's bill. */
    simulated: z.literal(true).optional(),
    /** Why, by its own word, the server could not read its cache as far as the last request had left it. */
    cacheMiss: z.object({ reason: z.string(), missedTokens: z.int().min(0).nullable() }).optional(),
  }),
  z.object({
    type: z.literal("model.failed"),
    effect: z.string(),
    turn: z.int(),
    reason: z.string(),
    message: z.string(),
    retry: z.boolean(),
    usage,
  }),
  z.object({ type: z.literal("retry.scheduled"), turn: z.int(), attempt: z.int(), delayMs: z.number().min(0) }),
  z.object({ type: z.literal("breaker.changed"), breaker: z.string(), from: z.string(), to: z.string() }),
  z.object({ type: z.literal("budget.reserved"), effect: z.string(), ...money }),
  z.object({ type: z.literal("budget.settled"), effect: z.string(), ...money }),
  z.object({ type: z.literal("budget.refused"), tokensLeft: z.int(), nanoUsdLeft: z.int().nullable() }),
  /** A person gave the running run more, or less; null: no limit. */
  z.object({ type: z.literal("budget.changed"), by: z.string(), tokensMax: limit, nanoUsdMax: limit }),
  /** The conversation is made shorter before the next model call; `rule`: without asking a model. */
  z.object({
    type: z.literal("compaction.started"),
    effect: z.string(),
    turn: z.int(),
    by: z.enum(["summary", "rule"]),
  }),
  z.object({
    type: z.literal("compaction.done"),
    effect: z.string(),
    turn: z.int(),
    by: z.enum(["server", "own", "rule"]),
    /** Of the conversation, from now on; the first is what was never compacted. */
    generation: z.int().min(2),
    /** Entries that are not sent any more. They stay where they are. */
    dropped: z.int().min(0),
    /** Of the prompt, estimated. */
    tokensBefore: z.int().min(0),
    tokensAfter: z.int().min(0),
    /** Index of the marker in the actor's transcript. */
    transcript: z.int().min(0),
    /** Of the call that wrote the summary; absent where none was made. */
    usage: usage.optional(),
    model: z.string().optional(),
    request: z.string().optional(),
  }),
  /** The agent goes on with the conversation as it was. */
  z.object({
    type: z.literal("compaction.failed"),
    effect: z.string(),
    turn: z.int(),
    reason: z.string(),
    usage: usage.optional(),
  }),
] as const;
