/**
 * Which lines of a text match a pattern. A text that matches nowhere is passed over in one sweep; only where something
 * is found are lines looked at one by one. Between sweeps others get their turn.
 */
import { setImmediate as nextTick } from "node:timers/promises";
import { compileRegex, type Regex } from "./regex.ts";

export interface LineSearch {
  /**
   * Indexes, from 0, of the lines that match. Ends early, with `isCut`, when `isOver` says that time is up.
   * A longer line is searched up to the pattern's limit, and counted in `longLines`.
   */
  readonly search: (lines: readonly string[], isOver: () => boolean) => Promise<Found>;
}

export interface Found {
  readonly matches: readonly number[];
  readonly longLines: number;
  readonly isCut: boolean;
}

export interface LineSearchOptions {
  readonly ignoreCase: boolean;
  /** The pattern may match across line ends: then every line that a match touches counts. */
  readonly multiline: boolean;
}

/** @throws RegexError */
export function createLineSearch(pattern: string, { ignoreCase, multiline }: LineSearchOptions): LineSearch {
  if (multiline) return acrossLines(compileRegex(pattern, { ignoreCase, multiline: true, dotAll: true }));
  const line = compileRegex(pattern, { ignoreCase, multiline: false, dotAll: false });
  // What a whole block does not match, none of its lines does: unless the pattern asks where the text begins or ends.
  const block = /\\[AzZ]|\(\?[a-zA-Z-]*m/.test(pattern)
    ? undefined
    : compileRegex(pattern, { ignoreCase, multiline: true, dotAll: false });
  return lineByLine(line, block);
}

function lineByLine(line: Regex, block: Regex | undefined): LineSearch {
  return {
    search: async (lines, isOver) => {
      const matches: number[] = [];
      let longLines = 0;
      for (let start = 0; start < lines.length; ) {
        const end = blockEnd(lines, start, line.charsMax);
        const cut = (text: string) => (text.length > line.charsMax ? text.slice(0, line.charsMax) : text);
        for (let at = start; at < end; at += 1) if ((lines[at]?.length ?? 0) > line.charsMax) longLines += 1;
        if (block === undefined || block.test(cut(lines.slice(start, end).join("\n")))) {
          for (let at = start; at < end; at += 1) if (line.test(cut(lines[at] ?? ""))) matches.push(at);
        }
        start = end;
        if (start < lines.length) {
          await nextTick();
          if (isOver()) return { matches, longLines, isCut: true };
        }
      }
      return { matches, longLines, isCut: false };
    },
  };
}

/** As many lines as can be searched at once, and at least one. */
function blockEnd(lines: readonly string[], start: number, charsMax: number): number {
  let chars = lines[start]?.length ?? 0;
  let end = start + 1;
  while (end < lines.length && chars + 1 + (lines[end]?.length ?? 0) <= charsMax) {
    chars += 1 + (lines[end]?.length ?? 0);
    end += 1;
  }
  return end;
}

/** A match needs its text in one piece, so a text over the limit is searched up to it and counted as cut. */
function acrossLines(regex: Regex): LineSearch {
  return {
    search: async (lines, isOver) => {
      const whole = lines.join("\n");
      const text = whole.slice(0, multilineCharsMax(regex));
      const matches = new Set<number>();
      const lineAt = lineFinder(lines);
      let isCut = text.length < whole.length;
      let since = performance.now();
      for (const [start, end] of regex.all(text)) {
        const last = lineAt(end > start ? end - 1 : end);
        for (let line = lineAt(start); line <= last; line += 1) matches.add(line);
        if (performance.now() - since < stretchMs) continue;
        await nextTick();
        since = performance.now();
        if (isOver()) {
          isCut = true;
          break;
        }
      }
      return { matches: [...matches].sort((left, right) => left - right), longLines: 0, isCut };
    },
  };
}

const stretchMs = 50;

/** Four sweeps' worth: about a second where nothing helps RE2. */
function multilineCharsMax({ charsMax }: Regex): number {
  return charsMax * 4;
}

/** Line of an offset; offsets must not go back by more than a search may. */
function lineFinder(lines: readonly string[]): (offset: number) => number {
  const starts: number[] = [];
  let start = 0;
  for (const line of lines) {
    starts.push(start);
    start += line.length + 1;
  }
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  };
}
