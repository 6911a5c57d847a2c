/**
 * Whether a quote stands where it is said to stand. The file is read again through the box at this moment; nothing that
 * an agent said about it is believed.
 */
import type { Box } from "./box.ts";
import { readLines } from "./lines.ts";
import { isBoxRefusal } from "./refusal.ts";
import { shownPath } from "./shown.ts";

export interface Quote {
  readonly path: string;
  /** Of the quote's first line, from 1. */
  readonly line: number;
  /** Compared line by line without the white space around each line; the white space within counts. */
  readonly quote: string;
}

export type QuoteVerdict = { readonly holds: true } | { readonly holds: false; readonly why: string };

export const quoteCharsMax = 2_000;
const quoteLinesMax = 50;
/** A part of a line proves something only from this length on; a whole line always does. In UTF-16 units. */
const partCharsMin = 12;
/** Longest line that is searched for a part. */
const lineBytesMax = 256 * 1024;

/** A refusal of the box is a quote that does not hold; everything else that goes wrong is thrown. */
export async function quoteHolds(box: Box, quote: Quote, signal?: AbortSignal): Promise<QuoteVerdict> {
  const said = linesOf(quote.quote);
  if (said.length === 0) return fails("the quote is empty");
  if (quote.quote.length > quoteCharsMax) return fails(`the quote is longer than ${quoteCharsMax} characters`);
  if (said.length > quoteLinesMax) return fails(`the quote is longer than ${quoteLinesMax} lines`);
  if (!Number.isSafeInteger(quote.line) || quote.line < 1) return fails(`${quote.line} is not a line number`);
  try {
    const file = await readLines(box, quote.path, {
      from: quote.line,
      count: said.length,
      lineBytesMax,
      countBytesMax: 0,
      ...(signal ? { signal } : {}),
    });
    if (file.kind === "binary") return fails(`${shownPath(quote.path)} is a binary file`);
    if (file.kind === "changed") return fails(`${shownPath(quote.path)} changed while it was being read`);
    return compare(
      said,
      file.lines.map(({ text }) => text.trim()),
      quote,
    );
  } catch (error) {
    if (isBoxRefusal(error)) return fails(error.message);
    throw error;
  }
}

/** Lines of a file that are searched for a quote that moved. */
const searchedLinesMax = 50_000;

/** Whether a quote stands anywhere in its file: lines move, and what they say is what counts. As {@link quoteHolds}. */
export async function quoteStands(box: Box, quote: Quote, signal?: AbortSignal): Promise<QuoteVerdict> {
  const verdict = await quoteHolds(box, quote, signal);
  const said = linesOf(quote.quote);
  if (verdict.holds || said.length === 0 || said.length > quoteLinesMax) return verdict;
  try {
    const file = await readLines(box, quote.path, {
      from: 1,
      count: searchedLinesMax,
      lineBytesMax,
      countBytesMax: 0,
      ...(signal ? { signal } : {}),
    });
    if (file.kind !== "text") return verdict;
    const lines = file.lines.map(({ text }) => text.trim());
    const [first = ""] = said;
    const found = lines.some(
      (line, at) => line.includes(first) && compare(said, lines.slice(at, at + said.length), quote).holds,
    );
    return found ? { holds: true } : verdict;
  } catch (error) {
    if (isBoxRefusal(error)) return fails(error.message);
    throw error;
  }
}

function compare(said: readonly string[], found: readonly string[], { path, line }: Quote): QuoteVerdict {
  for (const [index, wanted] of said.entries()) {
    const there = found[index];
    const where = `line ${line + index} of ${shownPath(path)}`;
    if (there === undefined) return fails(`${where} does not exist`);
    if (there === wanted) continue;
    if (!isPart(said, index, there)) return fails(`${where} reads otherwise: ${JSON.stringify(there.slice(0, 120))}`);
    if (wanted.length < partCharsMin) {
      return fails(`the quote is neither the whole of ${where} nor ${partCharsMin} characters of it`);
    }
  }
  return { holds: true };
}

/** Of several lines only the first may begin, and only the last may end, in the middle of a line. */
function isPart(said: readonly string[], index: number, there: string): boolean {
  const wanted = said[index] ?? "";
  const isFirst = index === 0;
  const isLast = index === said.length - 1;
  if (isFirst && isLast) return there.includes(wanted);
  if (isFirst) return there.endsWith(wanted);
  return isLast && there.startsWith(wanted);
}

/** Empty lines around the quote are the quoter's; those within it are the file's. */
function linesOf(quote: string): string[] {
  const lines = quote.split("\n").map((line) => line.trim());
  const first = lines.findIndex((line) => line !== "");
  const last = lines.findLastIndex((line) => line !== "");
  return first < 0 ? [] : lines.slice(first, last + 1);
}

function fails(why: string): QuoteVerdict {
  return { holds: false, why };
}
