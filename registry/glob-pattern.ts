/**
 * Glob patterns, matched in linear time: a pattern comes from a model, and the usual translation into a backtracking
 * expression takes minutes for a handful of stars. Names that begin with a dot are matched like any other.
 */
import { RE2JS, RE2JSException } from "re2js";

export interface GlobPattern {
  readonly matches: (path: string) => boolean;
}

/** The pattern cannot be understood; the message says why and is meant for the model. */
export class GlobPatternError extends Error {
  override readonly name = "GlobPatternError";
}

const patternCharsMax = 1_000;
/** Instructions of the compiled pattern; a path costs at most this many steps per character. */
const programSizeMax = 5_000;

export interface GlobOptions {
  /** A pattern without a slash speaks of the last part of a path, at every depth. */
  readonly anyDepth?: boolean;
}

/** A leading `!` turns the pattern round. @throws GlobPatternError */
export function parseGlob(pattern: string, { anyDepth = false }: GlobOptions = {}): GlobPattern {
  if (pattern.length > patternCharsMax) throw new GlobPatternError(`it is longer than ${patternCharsMax} characters`);
  const isNegative = pattern.startsWith("!");
  const positive = (isNegative ? pattern.slice(1) : pattern).replace(/^(\.\/)+/, "");
  if (positive === "") throw new GlobPatternError("it is empty");
  if (positive.split("/").includes(".."))
    throw new GlobPatternError('".." is not allowed; use path to start elsewhere');
  const translated = translate(anyDepth && !positive.includes("/") ? `**/${positive}` : positive);
  const compiled = compile(translated);
  return { matches: (path) => compiled.testExact(path) !== isNegative };
}

function compile(source: string): RE2JS {
  try {
    const compiled = RE2JS.compile(source, RE2JS.DOTALL);
    if (compiled.programSize() > programSizeMax) throw new GlobPatternError("it is too complicated");
    return compiled;
  } catch (cause) {
    if (cause instanceof RE2JSException) throw new GlobPatternError(cause.message, { cause });
    throw cause;
  }
}

/** One construct of a pattern and the regular expression for it. */
interface Piece {
  readonly source: string;
  readonly end: number;
}

function translate(pattern: string): string {
  const chars = [...pattern];
  const braces = bracesOf(chars);
  let source = "";
  for (let at = 0; at < chars.length; ) {
    const piece = pieceAt(chars, at, braces);
    source += piece.source;
    at = piece.end;
  }
  return source;
}

function pieceAt(chars: readonly string[], at: number, braces: ReadonlyMap<number, string>): Piece {
  const char = chars[at] ?? "";
  const brace = braces.get(at);
  if (brace !== undefined) return { source: brace, end: at + 1 };
  if ("@+?*!".includes(char) && chars[at + 1] === "(") {
    throw new GlobPatternError(`"${char}(…)" is not understood; write alternatives as {a,b}`);
  }
  if (char === "*") return starAt(chars, at);
  if (char === "?") return { source: "[^/]", end: at + 1 };
  if (char === "[") return classAt(chars, at);
  if (char === "\\") {
    const next = chars[at + 1];
    if (next === undefined) throw new GlobPatternError("it ends in a backslash");
    return { source: RE2JS.quote(next), end: at + 2 };
  }
  return { source: RE2JS.quote(char), end: at + 1 };
}

/** `**` as a whole part stands for any number of folders; otherwise it is a star. */
function starAt(chars: readonly string[], at: number): Piece {
  let end = at;
  while (chars[end] === "*") end += 1;
  const isPart = isEdge(chars[at - 1]) && isEdge(chars[end]);
  if (end - at < 2 || !isPart) return { source: "[^/]*", end };
  return chars[end] === "/" ? { source: "(?:[^/]+/)*", end: end + 1 } : { source: ".+", end };
}

function isEdge(char: string | undefined): boolean {
  return char === undefined || "/{,}".includes(char);
}

function classAt(chars: readonly string[], at: number): Piece {
  const isNegative = chars[at + 1] === "!" || chars[at + 1] === "^";
  const start = at + (isNegative ? 2 : 1);
  // A bracket that comes first is a member.
  const close = chars.indexOf("]", start + 1);
  if (close < 0) return { source: "\\[", end: at + 1 };
  const members = chars.slice(start, close).map((char) => (/[\\\]^[]/.test(char) ? `\\${char}` : char));
  return { source: `[${isNegative ? "^/" : ""}${members.join("")}]`, end: close + 1 };
}

/** What stands for each `{`, `,` and `}` that belongs to a list of alternatives; all others are plain characters. */
function bracesOf(chars: readonly string[]): ReadonlyMap<number, string> {
  const sources = new Map<number, string>();
  const open: { at: number; commas: number[] }[] = [];
  for (let at = 0; at < chars.length; at += 1) {
    const char = chars[at];
    if (char === "\\") at += 1;
    else if (char === "{") open.push({ at, commas: [] });
    else if (char === ",") open.at(-1)?.commas.push(at);
    else if (char === "}") {
      const list = open.pop();
      if (list === undefined || list.commas.length === 0) continue;
      sources.set(list.at, "(?:").set(at, ")");
      for (const comma of list.commas) sources.set(comma, "|");
    }
  }
  return sources;
}
