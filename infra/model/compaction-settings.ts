/** When an agent's conversation is made shorter, and how: what the operator may say, and what holds where nothing is said. */
import { z } from "zod";

/**
 * `auto`: by the server where it is Anthropic's own, else by a summary that the agent's model writes. `server`: always by
 * the server, which must know `compact-2026-09-04`. `own`: always by a summary. `rule`: what lies far back is left out, and
 * no model is asked. `off`: never.
 */
const COMPACTION_WAYS = ["auto", "server", "own", "rule", "off"] as const;

const fields = {
  /** Tokens of prompt and answer together, as the server counts them. 0: its length alone sets nothing off. */
  atTokens: z.int().min(0).max(10_000_000),
  /** Model answers since it was made shorter, or since the beginning. 0: their number sets nothing off. */
  everyTurns: z.int().min(0).max(1_000),
  /** Turns that stay as they are, at most; fewer where they would fill most of the prompt, but never none. */
  keepTurns: z.int().min(1).max(100),
  with: z.enum(COMPACTION_WAYS),
};

/** As a file of settings says it: what is not named is as it was. */
export const compactionWishesSchema = z.strictObject(fields).partial();

/** As a run and its agents' sessions latch it. */
export const compactionSettingsSchema = z.strictObject({
  atTokens: fields.atTokens.default(120_000),
  everyTurns: fields.everyTurns.default(40),
  keepTurns: fields.keepTurns.default(6),
  with: fields.with.default("auto"),
});
export type CompactionSettings = z.output<typeof compactionSettingsSchema>;
