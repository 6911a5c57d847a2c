/**
 * Which lines of a text match a pattern. A text that matches nowhere is passed over in one sweep; only where something
 * is found are lines looked at one by one. Between sweeps others get their turn.
 */
import { setImmediate as nextTick } from "node:timers/promises";
import { compileRegex, type Regex } from "./regex.ts";

export interface LineSearch {
  /**
   * Indexes, from 0, of the lines of `text` that match; its lines end in LF. Ends early, with `isCut`, when `isOver`
   * says that time is up. Of a line longer than the pattern's limit only the beginning is searched.
   */
  readonly search: (text: string, isOver: () => boolean) => Promise<Found>;
}

export interface Found {
  readonly matches: readonly number[];
  /** Something of the text was not searched. */
  readonly isCut: boolean;
}

export interface LineSearchOptions {
  readonly ignoreCase: boolean;
  /** The pattern may match across line ends: then every line that a match touches counts. */
  readonly multiline: boolean;
}

/** Longest stretch of matches without a turn for others, in milliseconds. */
const stretchMs = 50;

/** @throws RegexError */
export function createLineSearch(pattern: string, { ignoreCase, multiline }: LineSearchOptions): LineSearch {
  if (multiline) return acrossLines(compileRegex(pattern, { ignoreCase, multiline: true, dotAll: true }));
  const line = compileRegex(pattern, { ignoreCase, multiline: false, dotAll: false });
  // What a whole block does not match, none of its lines does: unless the pattern asks where the text begins or ends.
  const asksForText = /\\[AzZ]|\(\?[a-zA-Z-]*m/.test(pattern);
  return lineByLine(
    line,
    asksForText ? undefined : compileRegex(pattern, { ignoreCase, multiline: true, dotAll: false }),
  );
}

function lineByLine(line: Regex, block: Regex | undefined): LineSearch {
  const searched = (text: string) => text.slice(0, line.charsMax);
  return {
    search: async (text, isOver) => {
      const matches: number[] = [];
      const length = text.endsWith("\n") ? text.length - 1 : text.length;
      let isCut = false;
      let first = 0;
      for (let start = 0; start <= length && text !== ""; ) {
        const end = blockEnd(text, start, line.charsMax, length);
        const part = text.slice(start, end);
        isCut ||= part.length > line.charsMax;
        if (block === undefined || block.test(searched(part))) {
          for (const [index, own] of part.split("\n").entries())
            if (line.test(searched(own))) matches.push(first + index);
        }
        first += newlinesIn(part) + 1;
        start = end + 1;
        if (start > length) break;
        await nextTick();
        if (isOver()) return { matches, isCut: true };
      }
      return { matches, isCut };
    },
  };
}

/** Where the last line ends that still can be searched at once with those before it; one line is always taken whole. */
function blockEnd(text: string, start: number, charsMax: number, length: number): number {
  if (length - start <= charsMax) return length;
  const before = text.lastIndexOf("\n", start + charsMax);
  if (before > start) return before;
  const after = text.indexOf("\n", start);
  return after < 0 ? length : Math.min(after, length);
}

function newlinesIn(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

/** A match needs its text in one piece: four sweeps' worth, about a second where nothing helps RE2. */
function acrossLines(regex: Regex): LineSearch {
  return {
    search: async (whole, isOver) => {
      const text = whole.slice(0, regex.charsMax * 4);
      const matches = new Set<number>();
      const lines = lineCounter(text);
      let since = performance.now();
      for (const [start, end] of regex.all(text)) {
        const from = lines(start);
        const to = lines(Math.max(start, end - 1));
        // An empty match behind the last line end stands on no line.
        for (let line = from; line <= to && start < whole.length; line += 1) matches.add(line);
        if (performance.now() - since < stretchMs) continue;
        await nextTick();
        since = performance.now();
        if (isOver()) return { matches: [...matches], isCut: true };
      }
      return { matches: [...matches], isCut: text.length < whole.length };
    },
  };
}

/** Line of an offset, counted on from the offset before it: matches come from left to right. */
function lineCounter(text: string): (offset: number) => number {
  let line = 0;
  let next = text.indexOf("\n");
  return (offset) => {
    while (next >= 0 && next < offset) {
      line += 1;
      next = text.indexOf("\n", next + 1);
    }
    return line;
  };
}
