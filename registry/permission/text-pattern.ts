/** Texts with stars, matched without backtracking: rules come from files that somebody else may have written. */

export interface TextPattern {
  readonly matches: (text: string) => boolean;
  /** True where the pattern has no star and fits one text only. */
  readonly exact: boolean;
}

/** `*` stands for any text, blanks included; `\*` for a star. A blank and a star at the end also fit no text at all. */
export function textPattern(source: string): TextPattern {
  const pieces = piecesOf(source);
  if (pieces.length === 1) {
    const [only = ""] = pieces;
    return { exact: true, matches: (text) => text === only };
  }
  const border = pieces.length > 1 && pieces.at(-1) === "" && (pieces.at(-2) ?? "").endsWith(" ");
  // `ls *` also fits `ls`: the same pieces without the blank, and nothing behind them.
  const bare = border ? [...pieces.slice(0, -2), (pieces.at(-2) ?? "").slice(0, -1)] : null;
  return { exact: false, matches: (text) => fits(pieces, text) || (bare !== null && fits(bare, text)) };
}

function piecesOf(source: string): string[] {
  const pieces = [""];
  for (let at = 0; at < source.length; at += 1) {
    const char = source[at] as string;
    if (char === "*") pieces.push("");
    else {
      const literal = char === "\\" && source[at + 1] === "*" ? "*" : char;
      if (literal !== char) at += 1;
      pieces[pieces.length - 1] += literal;
    }
  }
  return pieces;
}

function fits(pieces: readonly string[], text: string): boolean {
  const first = pieces[0] ?? "";
  if (pieces.length === 1) return text === first;
  const last = pieces.at(-1) ?? "";
  if (text.length < first.length + last.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= text.length - last.length;
}

/**
 * Whether some name fits both globs (`*`, `?`, `[…]`; a bracket counts as any one character). Takes time in proportion to
 * the product of their lengths.
 */
export function globsMeet(one: string, other: string): boolean {
  const left = [...one.replace(/\[[^\]/]*\]/g, "?")];
  const right = [...other.replace(/\[[^\]/]*\]/g, "?")];
  let row = Array.from({ length: right.length + 1 }, (_, at) => right.slice(0, at).every((char) => char === "*"));
  for (const char of left) {
    const next = [char === "*" && (row[0] ?? false)];
    for (let at = 1; at <= right.length; at += 1) {
      const opposite = right[at - 1];
      // A star stands for nothing, or takes in what the other side has here.
      next[at] =
        char === "*" || opposite === "*"
          ? (row[at] ?? false) || (next[at - 1] ?? false)
          : (row[at - 1] ?? false) && (char === opposite || char === "?" || opposite === "?");
    }
    row = next;
  }
  return row[right.length] ?? false;
}
