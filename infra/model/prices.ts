/**
 * What a token costs, as dated data. A model that is not listed has no price: its cost is unknown and said to be so,
 * never zero. Pure.
 */
import { z } from "zod";
import type { Usage } from "./outcome.ts";

const usdPerMillion = z.number().nonnegative().max(1_000_000);

/** One row: USD per million tokens. The config may bring rows of its own; a model named there uses those only. */
export const priceRowSchema = z.strictObject({
  model: z.string().min(1).max(200),
  /** A UTC date (`2026-10-07`); without one, since the model appeared. */
  effectiveFrom: z.iso.date().optional(),
  /** The row holds for prompts of at most this many tokens, cached ones included. */
  promptTokensMax: z.number().int().positive().optional(),
  input: usdPerMillion,
  output: usdPerMillion,
  write5m: usdPerMillion,
  write1h: usdPerMillion,
  read: usdPerMillion,
  source: z.string().max(500).default("configuration"),
});
export type PriceRow = z.output<typeof priceRowSchema>;

/** Nano-USD per token, whole numbers: sums of them are exact. */
export interface TokenPrice {
  readonly input: number;
  readonly output: number;
  readonly write5m: number;
  readonly write1h: number;
  readonly read: number;
  readonly source: string;
}

const officialPage = "platform.claude.com, pricing and model pages, read 2026-10";
const officialAndClaudit = `${officialPage}; cache and tier figures from kurofune/claudit 1.8.2 and 1.9.2, checked 2026-10-24`;

/** USD per million tokens: input, output, write 5m, write 1h, read. */
type Figures = readonly [input: number, output: number, write5m: number, write1h: number, read: number];

function row(model: string, figures: Figures, source: string, scope: Partial<PriceRow> = {}): PriceRow {
  const [input, output, write5m, write1h, read] = figures;
  return { model, input, output, write5m, write1h, read, source, ...scope };
}

const listed: readonly PriceRow[] = [
  row("claude-fable-5-1", [10, 50, 12.5, 20, 0.25], officialPage),
  row("claude-opus-5-5", [4, 20, 5, 8, 0.2], officialAndClaudit),
  ...["5", "4-8", "4-7", "4-6", "4-5"].map((version) =>
    row(`claude-opus-${version}`, [5, 25, 6.25, 10, 0.5], officialPage),
  ),
  row("claude-sonnet-5-5", [2, 10, 2.5, 4, 0.2], officialAndClaudit),
  row("claude-sonnet-5-5", [2, 10, 2.5, 4, 0.1], officialAndClaudit, { effectiveFrom: "2026-10-07" }),
  row("claude-sonnet-5", [2, 10, 2.5, 4, 0.2], officialPage),
  row("claude-haiku-5-5", [0.1, 0.5, 0.125, 0.2, 0.01], officialAndClaudit, { promptTokensMax: 100_000 }),
  row("claude-haiku-5-5", [0.5, 2.5, 0.625, 1, 0.05], officialAndClaudit),
  row("claude-haiku-4-5", [1, 5, 1.25, 2, 0.1], officialPage),
  row("local-analyst", [0, 0, 0, 0, 0], "runs on this machine and bills nobody"),
];

/**
 * The price of one token of a call, or null when none is known.
 *
 * @param model as asked for; the date suffix of a pinned model (`-20251001`) is ignored.
 * @param atIso when the call was made, ISO 8601.
 * @param promptTokens the whole prompt: uncached, read and written.
 */
export function priceOf(
  model: string,
  atIso: string,
  promptTokens: number,
  overrides: readonly PriceRow[] = [],
): TokenPrice | null {
  const own = rowsOf(overrides, model);
  const at = Date.parse(atIso);
  const [best] = (own.length > 0 ? own : rowsOf(listed, model))
    .filter((candidate) => startOf(candidate) <= at && promptTokens <= tierOf(candidate))
    .sort((left, right) => startOf(right) - startOf(left) || tierOf(left) - tierOf(right));
  if (!best) return null;
  return {
    input: nanoPerToken(best.input),
    output: nanoPerToken(best.output),
    write5m: nanoPerToken(best.write5m),
    write1h: nanoPerToken(best.write1h),
    read: nanoPerToken(best.read),
    source: best.source,
  };
}

/** Whether these rows say anything of the model, at whatever time. */
export const isPricedIn = (rows: readonly PriceRow[], model: string): boolean => rowsOf(rows, model).length > 0;

function rowsOf(rows: readonly PriceRow[], model: string): readonly PriceRow[] {
  const name = model.replace(/-\d{8}$/, "");
  return rows.filter((candidate) => candidate.model === model || candidate.model === name);
}

/** The cost of a call in nano-USD with five-minute cache writes, the only kind this project asks for. Unreported cache figures count as none. */
export function costNanoUsd(usage: Usage, price: TokenPrice): number {
  return (
    usage.inputTokens * price.input +
    usage.outputTokens * price.output +
    (usage.cacheReadTokens ?? 0) * price.read +
    (usage.cacheWriteTokens ?? 0) * price.write5m
  );
}

function startOf(candidate: PriceRow): number {
  return candidate.effectiveFrom === undefined ? Number.NEGATIVE_INFINITY : Date.parse(candidate.effectiveFrom);
}

function tierOf(candidate: PriceRow): number {
  return candidate.promptTokensMax ?? Number.POSITIVE_INFINITY;
}

/** One USD per million tokens is 1,000 nano-USD per token; listed prices are multiples of a thousandth of that. */
function nanoPerToken(usdPerMillionTokens: number): number {
  return Math.round(usdPerMillionTokens * 1_000);
}
