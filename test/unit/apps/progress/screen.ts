/** A terminal's screen, as far as the live progress makes use of one: what a person would see after all that was written. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's input is control characters
const token = /\u001b\[(\??)(\d*)([A-Za-z])|\r|\n|[^\u001b\r\n]+/g;

export interface Screen {
  readonly lines: string[];
  readonly cursorShown: boolean;
  readonly unknown: string[];
}

export function screenOf(written: string): Screen {
  const lines: string[] = [""];
  const unknown: string[] = [];
  let row = 0;
  let column = 0;
  let cursorShown = true;
  for (const [all, mode, digits, letter] of written.matchAll(token)) {
    if (all === "\r") column = 0;
    else if (all === "\n") {
      row += 1;
      column = 0;
      lines[row] ??= "";
    } else if (letter === undefined) {
      const line = (lines[row] ?? "").padEnd(column);
      lines[row] = line.slice(0, column) + all + line.slice(column + all.length);
      column += all.length;
    } else if (mode === "?") {
      if (digits === "25") cursorShown = letter === "h";
      else if (digits !== "2026") unknown.push(all);
    } else if (letter === "A") row = Math.max(0, row - Number(digits));
    else if (letter === "K") lines[row] = (lines[row] ?? "").slice(0, column);
    else if (letter === "J") {
      lines.length = row + 1;
      lines[row] = (lines[row] ?? "").slice(0, column);
    } else if (letter !== "m") unknown.push(all);
  }
  return { lines: lines.at(-1) === "" ? lines.slice(0, -1) : lines, cursorShown, unknown };
}
