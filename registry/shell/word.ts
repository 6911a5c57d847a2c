/**
 * One word of a shell line, read by our own rules from its source text. The parser says where the word begins and ends;
 * what it means is decided here, and whatever these rules do not know is refused.
 */
import type { ShellLine } from "./line.ts";

export type Piece =
  | { readonly kind: "text"; readonly value: string }
  /** Unquoted `*`, `?` or `[…]`, as written. */
  | { readonly kind: "glob"; readonly value: string }
  /** `~` or `$HOME` at the beginning of the word. */
  | { readonly kind: "home"; readonly value: "~"; readonly written: string }
  | { readonly kind: "variable"; readonly value: string; readonly name: string; readonly quoted: boolean }
  | { readonly kind: "output"; readonly value: string; readonly line: ShellLine; readonly quoted: boolean }
  /** `<(…)`: a name below /dev/fd to read the output from. Always the whole word. */
  | { readonly kind: "process"; readonly value: string; readonly line: ShellLine }
  /**
   * What xargs or find puts there: one or more words that are paths below `roots`, or nobody knows what. `isPath`: it
   * begins like one, never with a dash.
   */
  | {
      readonly kind: "stand-in";
      readonly value: string;
      readonly roots: readonly string[] | null;
      readonly isPath: boolean;
    };

export interface ShellWord {
  readonly pieces: readonly Piece[];
  /** The word as the program gets it, where that is certain. */
  readonly literal: string | null;
  /** What it certainly begins with. */
  readonly head: string;
  /** Quotes taken off; globs, variables and substitutions as written. */
  readonly shown: string;
}

export class ShapeRefusal extends Error {
  readonly rule: string;

  constructor(rule: string, reason: string) {
    super(reason);
    this.name = "ShapeRefusal";
    this.rule = `shell.shape.${rule}`;
  }
}

/** What a `$(…)` of the word holds, by where it begins in the source. */
export type OutputAt = (pos: number) => { readonly line: ShellLine; readonly end: number };

export function wordOf(pieces: readonly Piece[]): ShellWord {
  const merged: Piece[] = [];
  for (const piece of pieces) {
    const last = merged.at(-1);
    if (piece.kind === "text" && last?.kind === "text") {
      merged[merged.length - 1] = { kind: "text", value: last.value + piece.value };
    } else {
      merged.push(piece);
    }
  }
  const first = merged[0];
  const head = first?.kind === "text" ? first.value : "";
  const literal = merged.length === 0 ? "" : merged.length === 1 && first?.kind === "text" ? head : null;
  return { pieces: merged, literal, head, shown: merged.map(({ value }) => value).join("") };
}

export function literalWord(text: string): ShellWord {
  return wordOf([{ kind: "text", value: text }]);
}

const wordsMax = 500;

/**
 * The words that the source between `pos` and `end` becomes: one, or several where braces are expanded.
 * @throws ShapeRefusal where it holds anything but quotes, escapes, globs, plain variables, `$(…)` and plain braces.
 */
export function readWord(source: string, pos: number, end: number, outputAt: OutputAt): ShellWord[] {
  const whole = source.slice(pos, end);
  if (/^[A-Za-z0-9_./,+@%-]+$/.test(whole)) return [literalWord(whole)];
  let words: Piece[][] = [[]];
  const add = (piece: Piece) => {
    for (const word of words) word.push(piece);
  };
  const text = (value: string) => add({ kind: "text", value });
  let at = pos;
  while (at < end) {
    const rest = source.slice(at, end);
    const char = rest[0] ?? "";
    if (rest.startsWith("<(") && at === pos && /^\s?$/.test(source[at - 1] ?? "")) {
      const { line, end: close } = outputAt(at);
      if (close !== end || !rest.endsWith(")")) throw new ShapeRefusal("substitution", "<(…) is joined to other text");
      add({ kind: "process", value: rest, line });
      at = end;
    } else if (char === "\\") {
      if (rest.length < 2) throw new ShapeRefusal("escape", "a backslash stands at the end");
      if (rest[1] !== "\n") text(escaped(rest[1] ?? ""));
      at += 2;
    } else if (char === "'") {
      const close = source.indexOf("'", at + 1);
      if (close < 0 || close >= end) throw new ShapeRefusal("quote", "a quote is not closed");
      text(source.slice(at + 1, close));
      at = close + 1;
    } else if (char === '"') {
      at = readQuoted(source, at + 1, end, add, outputAt, at === pos);
    } else if (char === "$") {
      at = readDollar(source, at, end, add, outputAt, { quoted: false, first: at === pos });
    } else if (char === "{") {
      const [taken, alternatives] = readBrace(rest);
      words = words.flatMap((word) => alternatives.map((pieces) => [...word, ...pieces]));
      if (words.length > wordsMax) throw new ShapeRefusal("braces", "braces expand to very many words");
      at += taken;
    } else if (char === "~" && at === pos) {
      if (rest !== "~" && rest[1] !== "/") throw new ShapeRefusal("tilde", "~ names a folder that is not known here");
      add({ kind: "home", value: "~", written: "~" });
      at += 1;
    } else {
      at += readBare(rest, at > pos ? (source[at - 1] ?? "") : "", add);
    }
  }
  return words.map(wordOf);
}

/** @returns how many characters were taken. */
function readBare(rest: string, before: string, add: (piece: Piece) => void): number {
  const char = rest[0] ?? "";
  if (char === "*" || char === "?") {
    add({ kind: "glob", value: char });
    return 1;
  }
  if (char === "[" && !(rest === "[" && before === "")) {
    const bracket = /^\[[!^]?[A-Za-z0-9_.,@%+=-]+\]/.exec(rest)?.[0];
    if (bracket === undefined) throw new ShapeRefusal("bracket", "[ stands where its meaning is not certain");
    add({ kind: "glob", value: bracket });
    return bracket.length;
  }
  if (char === "~" && (before === "=" || before === ":")) {
    throw new ShapeRefusal("tilde", "~ stands where it may or may not be expanded");
  }
  // Whatever ends a word, starts another or runs something has no business within one.
  if (!/^[A-Za-z0-9_./:@%+,=~^#![\]}-]$/.test(char)) {
    throw new ShapeRefusal("character", `${/^[!-~]$/.test(char) ? char : "a character"} stands outside of quotes`);
  }
  add({ kind: "text", value: char });
  return 1;
}

function escaped(char: string): string {
  if (/^[\x20-\x7e]$/.test(char)) return char;
  throw new ShapeRefusal("character", "a character stands outside of quotes");
}

function readQuoted(
  source: string,
  from: number,
  end: number,
  add: (piece: Piece) => void,
  outputAt: OutputAt,
  opensWord: boolean,
): number {
  let at = from;
  let empty = true;
  while (at < end) {
    const char = source[at] ?? "";
    if (char === '"') {
      if (empty) add({ kind: "text", value: "" });
      return at + 1;
    }
    if (char === "\\") {
      const next = source[at + 1] ?? "";
      if (next !== "\n") add({ kind: "text", value: /[$`"\\]/.test(next) ? next : `\\${next}` });
      at += 2;
    } else if (char === "$" && !isLoneDollar(source[at + 1] ?? "")) {
      at = readDollar(source, at, end, add, outputAt, { quoted: true, first: opensWord && at === from });
    } else if (char === "`") {
      throw new ShapeRefusal("backtick", "backticks are not taken apart: write $(…)");
    } else {
      add({ kind: "text", value: char });
      at += 1;
    }
    empty = false;
  }
  throw new ShapeRefusal("quote", "a quote is not closed");
}

/** Within double quotes a `$` before one of these is itself. */
function isLoneDollar(next: string): boolean {
  return /^[\s".,;:/%^)|&=+~\]}'<>]$/.test(next);
}

function readDollar(
  source: string,
  at: number,
  end: number,
  add: (piece: Piece) => void,
  outputAt: OutputAt,
  { quoted, first }: { readonly quoted: boolean; readonly first: boolean },
): number {
  const rest = source.slice(at, end);
  if (rest.startsWith("$(") && !rest.startsWith("$((")) {
    const { line, end: close } = outputAt(at);
    if (close > end || source[close - 1] !== ")") throw new ShapeRefusal("substitution", "$( is not closed");
    add({ kind: "output", value: source.slice(at, close), line, quoted });
    return close;
  }
  if (rest.startsWith("$'") && !quoted) return at + readAnsi(rest, add);
  const found = /^\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\}|([?$#]))/.exec(rest);
  if (found === null) {
    if (rest === "$") {
      add({ kind: "text", value: "$" });
      return at + 1;
    }
    throw new ShapeRefusal("expansion", "an expansion is not a plain variable");
  }
  const name = found[1] ?? found[2] ?? found[3] ?? "";
  const next = source[at + found[0].length] ?? "";
  // `$NAME[…]` is a variable and then text, but readers of bash differ about it: not worth the doubt.
  if (next === "[") throw new ShapeRefusal("expansion", "a bracket follows a variable");
  if (name === "HOME" && first && (at + found[0].length >= end || next === "/" || next === '"')) {
    add({ kind: "home", value: "~", written: '"$HOME"' });
  } else {
    add({ kind: "variable", value: found[0], name, quoted });
  }
  return at + found[0].length;
}

const ansi: Readonly<Record<string, string>> = { n: "\n", t: "\t", "\\": "\\", "'": "'", '"': '"' };

function readAnsi(rest: string, add: (piece: Piece) => void): number {
  let value = "";
  for (let at = 2; at < rest.length; at += 1) {
    const char = rest[at] ?? "";
    if (char === "'") {
      add({ kind: "text", value });
      return at + 1;
    }
    if (char === "\\") {
      const meant = ansi[rest[at + 1] ?? ""];
      if (meant === undefined) throw new ShapeRefusal("escape", "an escape of $'…' is not one of the plain ones");
      value += meant;
      at += 1;
    } else {
      value += char;
    }
  }
  throw new ShapeRefusal("quote", "a quote is not closed");
}

const braceItem = /^[A-Za-z0-9_.*/+-]*$/;

/** @returns how much was taken, and what may stand there. */
function readBrace(rest: string): [taken: number, alternatives: Piece[][]] {
  const list = /^\{([^{},\s"'\\$`]*(?:,[^{},\s"'\\$`]*)+)\}/.exec(rest);
  if (list) {
    const items = (list[1] ?? "").split(",");
    if (!items.every((item) => braceItem.test(item))) throw new ShapeRefusal("braces", "braces hold more than names");
    return [list[0].length, items.map(itemPieces)];
  }
  // `{x},y}` expands to `x}` and `y`: without a comma of its own a brace is closed by the last one.
  if (/^\{[^}]*\}.*\}/s.test(rest)) throw new ShapeRefusal("braces", "braces stand where their meaning is not certain");
  const range = /^\{(0|[1-9]\d{0,3})\.\.(0|[1-9]\d{0,3})\}/.exec(rest);
  if (range) {
    const [from, to] = [Number(range[1]), Number(range[2])];
    if (Math.abs(to - from) >= wordsMax) throw new ShapeRefusal("braces", "braces expand to very many words");
    const count = Math.abs(to - from) + 1;
    const step = to < from ? -1 : 1;
    return [range[0].length, Array.from({ length: count }, (_, n) => itemPieces(String(from + n * step)))];
  }
  const alone = /^\{[A-Za-z0-9_@/+-]*\}/.exec(rest);
  if (alone) return [alone[0].length, [[{ kind: "text", value: alone[0] }]]];
  throw new ShapeRefusal("braces", "braces stand where their meaning is not certain");
}

function itemPieces(item: string): Piece[] {
  return [...item].map((char) => (char === "*" ? { kind: "glob", value: "*" } : { kind: "text", value: char }));
}
