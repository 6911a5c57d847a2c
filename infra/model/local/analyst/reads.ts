/**
 * What Read showed, and whether a quote stands in it. Only lines inside the window that was read are judged.
 */
import type { Answered } from "./conversation.ts";

export interface ReadWindow {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly isError: boolean;
}

/** Read's own answer when no limit is given: longer windows are never asked for here. */
const defaultLimit = 2_000;

export function readsOf(answered: readonly Answered[]): ReadWindow[] {
  return answered.flatMap(({ tool, input, text, isError }) => {
    if (tool !== "Read" || typeof input.file_path !== "string") return [];
    const from = typeof input.offset === "number" ? input.offset : 1;
    const limit = typeof input.limit === "number" ? input.limit : defaultLimit;
    return [{ path: input.file_path, from, to: from + limit - 1, text, isError }];
  });
}

/** Undefined when the line was not read; false when it was and the quote is not in it. */
export function quoteHolds(
  reads: readonly ReadWindow[],
  path: string,
  line: number,
  quote: string,
): boolean | undefined {
  const windows = reads.filter((read) => read.path === path && read.from <= line && line <= read.to);
  if (windows.length === 0) return undefined;
  const wanted = flat(quote);
  return windows.some(({ text, isError }) => !isError && lineIn(text, line, wanted));
}

/** Looks at the numbered line where the text is numbered, and anywhere in the window where it is not. */
function lineIn(text: string, line: number, wanted: string): boolean {
  const numbered = new RegExp(`^\\s*${line}(?:\\t|→|:|\\||\\s)(.*)$`, "m").exec(text)?.[1];
  return numbered === undefined ? flat(text).includes(wanted) : flat(numbered).includes(wanted);
}

function flat(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
