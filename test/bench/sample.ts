/** Numbers about numbers: what is printed is always a median with its range, never one lucky run. */

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** Nearest rank, `share` in 0…1. Throws on no values: an empty sample has no figure. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) throw new Error("a percentile of nothing");
  const sorted = ascending(values);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] as number;
}

/** Throws on no values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = ascending(values);
  const middle = (sorted.length - 1) / 2;
  const low = sorted[Math.floor(middle)];
  const high = sorted[Math.ceil(middle)];
  if (low === undefined || high === undefined) throw new Error("a spread of nothing");
  return { median: (low + high) / 2, least: sorted[0] as number, most: sorted[sorted.length - 1] as number };
}

/** `1.23 [1.10–1.40]`, with `digits` behind the point. */
export const shown = ({ median, least, most }: Spread, digits: number): string =>
  `${median.toFixed(digits)} [${least.toFixed(digits)}–${most.toFixed(digits)}]`;

/** Aligned columns with a rule under the head: readable in a terminal, and a table in Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) => Math.max(3, cell.length, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? "").padEnd(width)).join(" | ")} |`;
  return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...rows.map(line)].join("\n");
}

/** `reached` or `missed`, said next to every target. */
export const verdict = (reached: boolean): string => (reached ? "reached" : "missed");
