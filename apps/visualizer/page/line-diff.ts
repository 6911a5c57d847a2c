/** Two texts line by line: what stays, what goes, what comes. For what an edit proposes, so a few thousand lines. Pure. */

export interface DiffLine {
  readonly kind: "same" | "gone" | "new" | "head";
  readonly text: string;
}

/** Lines compared cell by cell, at most: beyond it all old lines go and all new ones come. */
const CELLS_MAX = 1_000_000;

export function lineDiff(before: string, after: string): DiffLine[] {
  const [old, now] = [before.split("\n"), after.split("\n")];
  if (old.length * now.length > CELLS_MAX) {
    return [
      ...old.map((text) => ({ kind: "gone" as const, text })),
      ...now.map((text) => ({ kind: "new" as const, text })),
    ];
  }
  const width = now.length + 1;
  const common = new Uint32Array((old.length + 1) * width);
  const cell = (i: number, j: number): number => common[i * width + j] as number;
  for (let i = old.length - 1; i >= 0; i--) {
    for (let j = now.length - 1; j >= 0; j--)
      common[i * width + j] = old[i] === now[j] ? cell(i + 1, j + 1) + 1 : Math.max(cell(i + 1, j), cell(i, j + 1));
  }
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      lines.push({ kind: "same", text: old[i] as string });
      i += 1;
      j += 1;
    } else if (i < old.length && (j === now.length || cell(i + 1, j) >= cell(i, j + 1))) {
      lines.push({ kind: "gone", text: old[i++] as string });
    } else lines.push({ kind: "new", text: now[j++] as string });
  }
  return lines;
}

/** A unified difference as git writes it. */
export const unifiedLines = (text: string): DiffLine[] =>
  text.split("\n").map((line): DiffLine => {
    if (/^(diff |index |@@|--- |\+\+\+ |new file|deleted file|similarity|rename )/.test(line))
      return { kind: "head", text: line };
    if (line.startsWith("+")) return { kind: "new", text: line.slice(1) };
    if (line.startsWith("-")) return { kind: "gone", text: line.slice(1) };
    return { kind: "same", text: line.startsWith(" ") ? line.slice(1) : line };
  });
