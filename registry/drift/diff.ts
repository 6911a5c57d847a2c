/** Two texts compared line by line, for a person who has to approve the second one: nothing in either can hide. */
import { visible } from "./visible.ts";

/** Lines shown around a change. */
const AROUND = 2;
/** Lines of one comparison, at most; the answer says how many more there are. */
const SHOWN_MAX = 400;
/** Cells of the table that finds what both have in common; beyond it everything between first and last change counts. */
const CELLS_MAX = 4_000_000;

interface Line {
  readonly mark: " " | "-" | "+";
  readonly text: string;
}

/** Lines that begin with `-`, `+` or a space; empty where both are the same. */
export function diffOf(before: string, after: string): readonly string[] {
  if (before === after) return [];
  const lines = compared(visible(before).split("\n"), visible(after).split("\n"));
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - AROUND), at + AROUND + 1).some(({ mark }) => mark !== " "),
  );
  const shown = lines.flatMap(({ mark, text }, at) => {
    if (near[at] === true) return [`${mark} ${text}`];
    return near[at - 1] === true ? ["  …"] : [];
  });
  // Equal once everything is spelled out, and still not the same: only a spelled-out name could do that.
  if (shown.length === 0) return ["  [both look the same and are not]"];
  if (shown.length <= SHOWN_MAX) return shown;
  return [...shown.slice(0, SHOWN_MAX), `  … and ${shown.length - SHOWN_MAX} more lines`];
}

function compared(before: readonly string[], after: readonly string[]): Line[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head += 1;
  let tail = 0;
  while (
    tail < before.length - head &&
    tail < after.length - head &&
    before[before.length - 1 - tail] === after[after.length - 1 - tail]
  )
    tail += 1;
  const same = (text: string): Line => ({ mark: " ", text });
  return [
    ...before.slice(0, head).map(same),
    ...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...before.slice(before.length - tail).map(same),
  ];
}

/** By the longest sequence of lines that both have. */
function middle(before: readonly string[], after: readonly string[]): Line[] {
  const [rows, columns] = [before.length, after.length];
  if (rows * columns > CELLS_MAX) {
    return [...before.map((text): Line => ({ mark: "-", text })), ...after.map((text): Line => ({ mark: "+", text }))];
  }
  const width = columns + 1;
  const common = new Uint32Array((rows + 1) * width);
  const at = (row: number, column: number): number => common[row * width + column] ?? 0;
  for (let row = rows - 1; row >= 0; row -= 1) {
    for (let column = columns - 1; column >= 0; column -= 1) {
      common[row * width + column] =
        before[row] === after[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const lines: Line[] = [];
  let [row, column] = [0, 0];
  while (row < rows || column < columns) {
    if (row < rows && column < columns && before[row] === after[column]) {
      lines.push({ mark: " ", text: before[row] ?? "" });
      row += 1;
      column += 1;
    } else if (column >= columns || (row < rows && at(row + 1, column) >= at(row, column + 1))) {
      lines.push({ mark: "-", text: before[row] ?? "" });
      row += 1;
    } else {
      lines.push({ mark: "+", text: after[column] ?? "" });
      column += 1;
    }
  }
  return lines;
}
