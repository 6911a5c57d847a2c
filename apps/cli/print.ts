/** stdout is data: one document, or a table for people. Text that came from outside is made harmless first. */

export function printJson(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document)}\n`);
}

/** Control and direction-changing characters would let a file's content drive the terminal. */
export const harmless = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, (character) => (character === "\t" ? " " : "\u00b7"));

export function printTable(head: readonly string[], rows: readonly (readonly string[])[], empty: string): void {
  if (rows.length === 0) {
    process.stdout.write(`${empty}\n`);
    return;
  }
  const lines = [head, ...rows].map((row) => row.map(harmless));
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  for (const line of lines) {
    const cells = line.map((cell, column) => (column === line.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)));
    process.stdout.write(`${cells.join("  ").trimEnd()}\n`);
  }
}
