/** stdout is data: one document, or a table for people. Text that came from outside is made harmless first. */
import { padEnd, width, wrap } from "./progress/printable.ts";

export function printJson(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document)}\n`);
}

/** Control and direction-changing characters would let a file's content drive the terminal. */
export const harmless = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => (character === "\t" ? " " : "\u00b7"));

/** Narrower than this a last column is not folded: it would be a column of words. */
const LAST_COLUMN_MIN = 24;

export function printTable(head: readonly string[], rows: readonly (readonly string[])[], empty: string): void {
  const columns = process.stdout.isTTY ? process.stdout.columns : null;
  const lines = rows.length === 0 ? [empty] : tableLines(head, rows, columns);
  process.stdout.write(`${lines.join("\n")}\n`);
}

/** `columns`: of the terminal, where the last column is folded to fit; null where somebody else reads it, line by line. */
export function tableLines(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number | null,
): readonly string[] {
  const lines = [head, ...rows].map((row) => row.map(harmless));
  const widths = head.map((_, column) => Math.max(...lines.map((line) => width(line[column] ?? ""))));
  const before = widths.slice(0, -1).reduce((sum, wide) => sum + wide + 2, 0);
  const room = columns === null || columns - before < LAST_COLUMN_MIN ? null : columns - before;
  return lines.flatMap((line) => {
    const start = line.slice(0, -1).map((cell, column) => `${padEnd(cell, widths[column] ?? 0)}  `);
    const last = line.at(-1) ?? "";
    return (room === null ? [last] : wrap(last, room)).map((part, index) =>
      `${index === 0 ? start.join("") : " ".repeat(before)}${part}`.trimEnd(),
    );
  });
}
