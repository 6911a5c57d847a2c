/**
 * The rules of one `.gitignore`, matched in time proportional to rule times path. They come from the repository, which
 * may be hostile: no rule is turned into a backtracking expression, and size and number are bounded.
 */

/** Longer files are read up to here: the longest list in common use is a tenth of it. In bytes. */
export const ignoreFileBytesMax = 256 * 1_024;
const rulesMax = 5_000;
const ruleCharsMax = 1_024;

/** What one file of rules says about a path below its folder; undefined when no rule speaks of it. */
export type IgnoreRules = (parts: readonly string[], isFolder: boolean) => "ignored" | "kept" | undefined;

type Token =
  | { readonly kind: "char"; readonly char: string }
  | { readonly kind: "any" }
  | { readonly kind: "star" }
  | CharClass;

interface CharClass {
  readonly kind: "class";
  readonly negative: boolean;
  readonly ranges: readonly (readonly [from: string, to: string])[];
}

type Segment = { readonly kind: "folders" } | { readonly kind: "name"; readonly matches: (name: string) => boolean };

interface Rule {
  readonly keeps: boolean;
  readonly foldersOnly: boolean;
  /** A rule without a slash speaks of the last part alone, at every depth. */
  readonly anchored: boolean;
  readonly segments: readonly Segment[];
}

export function parseIgnoreRules(text: string): IgnoreRules {
  const rules = text
    .slice(0, ignoreFileBytesMax)
    .replace(/^\uFEFF/, "")
    .split("\n", rulesMax)
    .map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line))
    .flatMap((line) => parseRule(line) ?? [])
    // The last rule that speaks decides.
    .reverse();
  return (parts, isFolder) => {
    const rule = rules.find((candidate) => (isFolder || !candidate.foldersOnly) && speaksOf(candidate, parts));
    if (rule === undefined) return undefined;
    return rule.keeps ? "kept" : "ignored";
  };
}

function parseRule(line: string): Rule | undefined {
  if (line.startsWith("#") || line.length > ruleCharsMax) return undefined;
  let pattern = trimEnd(line);
  const keeps = pattern.startsWith("!");
  if (keeps) pattern = pattern.slice(1);
  const foldersOnly = pattern.endsWith("/");
  if (foldersOnly) pattern = pattern.slice(0, -1);
  const anchored = pattern.includes("/");
  if (pattern.startsWith("/")) pattern = pattern.slice(1);
  if (pattern === "") return undefined;
  const segments: Segment[] = [];
  for (const text of pattern.split("/")) {
    if (anchored && text === "**") {
      if (segments.at(-1)?.kind !== "folders") segments.push({ kind: "folders" });
      continue;
    }
    const matches = nameMatcher(text);
    if (matches === undefined) return undefined;
    segments.push({ kind: "name", matches });
  }
  return { keeps, foldersOnly, anchored, segments };
}

/** Spaces at the end do not count unless escaped. */
function trimEnd(line: string): string {
  let end = line.length;
  while (end > 0 && line[end - 1] === " " && !isEscaped(line, end - 1)) end -= 1;
  return line.slice(0, end);
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - 1 - slashes] === "\\") slashes += 1;
  return slashes % 2 === 1;
}

function speaksOf({ anchored, segments }: Rule, parts: readonly string[]): boolean {
  if (anchored) return matchSegments(segments, parts);
  const [segment] = segments;
  const name = parts.at(-1);
  return segment?.kind === "name" && name !== undefined && segment.matches(name);
}

/** Two pointers with one way back, to the last `**`: no combination of them can make it slow. */
function matchSegments(segments: readonly Segment[], parts: readonly string[]): boolean {
  let at = 0;
  let part = 0;
  let backTo: { segment: number; part: number } | undefined;
  while (part < parts.length) {
    const segment = segments[at];
    if (segment?.kind === "folders") {
      backTo = { segment: at + 1, part };
      at += 1;
    } else if (segment?.matches(parts[part] ?? "")) {
      at += 1;
      part += 1;
    } else if (backTo) {
      backTo = { segment: backTo.segment, part: backTo.part + 1 };
      at = backTo.segment;
      part = backTo.part;
    } else {
      return false;
    }
  }
  return at === segments.length;
}

/** Undefined for what can match no name: an unclosed bracket, a backslash at the end. */
function nameMatcher(text: string): ((name: string) => boolean) | undefined {
  if (!/[*?[\\]/.test(text)) return (name) => name === text;
  const tail = text.slice(1);
  if (text.startsWith("*") && !/[*?[\\]/.test(tail)) return (name) => name.endsWith(tail);
  const tokens = tokensOf(text);
  return tokens && ((name) => matchTokens(tokens, name));
}

function matchTokens(tokens: readonly Token[], name: string): boolean {
  const chars = [...name];
  let at = 0;
  let char = 0;
  let backTo: { token: number; char: number } | undefined;
  while (char < chars.length) {
    const token = tokens[at];
    if (token?.kind === "star") {
      backTo = { token: at + 1, char };
      at += 1;
    } else if (token && matchesOne(token, chars[char] ?? "")) {
      at += 1;
      char += 1;
    } else if (backTo) {
      backTo = { token: backTo.token, char: backTo.char + 1 };
      at = backTo.token;
      char = backTo.char;
    } else {
      return false;
    }
  }
  while (tokens[at]?.kind === "star") at += 1;
  return at === tokens.length;
}

function matchesOne(token: Exclude<Token, { kind: "star" }>, char: string): boolean {
  if (token.kind === "any") return true;
  if (token.kind === "char") return token.char === char;
  return token.ranges.some(([from, to]) => from <= char && char <= to) !== token.negative;
}

function tokensOf(text: string): Token[] | undefined {
  const chars = [...text];
  const tokens: Token[] = [];
  for (let at = 0; at < chars.length; at += 1) {
    const char = chars[at] ?? "";
    if (char === "*") {
      if (tokens.at(-1)?.kind !== "star") tokens.push({ kind: "star" });
    } else if (char === "?") {
      tokens.push({ kind: "any" });
    } else if (char === "[") {
      const found = classAt(chars, at);
      if (!found) return undefined;
      tokens.push(found.charClass);
      at = found.end;
    } else if (char === "\\") {
      at += 1;
      const literal = chars[at];
      if (literal === undefined) return undefined;
      tokens.push({ kind: "char", char: literal });
    } else {
      tokens.push({ kind: "char", char });
    }
  }
  return tokens;
}

/** ASCII only, as git has them. */
const namedClasses: Readonly<Record<string, CharClass["ranges"]>> = {
  alnum: [
    ["0", "9"],
    ["A", "Z"],
    ["a", "z"],
  ],
  alpha: [
    ["A", "Z"],
    ["a", "z"],
  ],
  blank: [
    [" ", " "],
    ["\t", "\t"],
  ],
  cntrl: [
    ["\0", "\x1f"],
    ["\x7f", "\x7f"],
  ],
  digit: [["0", "9"]],
  graph: [["!", "~"]],
  lower: [["a", "z"]],
  print: [[" ", "~"]],
  punct: [
    ["!", "/"],
    [":", "@"],
    ["[", "`"],
    ["{", "~"],
  ],
  space: [
    ["\t", "\r"],
    [" ", " "],
  ],
  upper: [["A", "Z"]],
  xdigit: [
    ["0", "9"],
    ["A", "F"],
    ["a", "f"],
  ],
};

function classAt(chars: readonly string[], start: number): { charClass: CharClass; end: number } | undefined {
  let at = start + 1;
  const negative = chars[at] === "!" || chars[at] === "^";
  if (negative) at += 1;
  const ranges: (readonly [string, string])[] = [];
  for (let first = true; ; first = false) {
    const char = chars[at];
    if (char === undefined) return undefined;
    if (char === "]" && !first) return { charClass: { kind: "class", negative, ranges }, end: at };
    const named = char === "[" && chars[at + 1] === ":" ? namedClassAt(chars, at) : undefined;
    if (named) {
      ranges.push(...named.ranges);
      at = named.end + 1;
      continue;
    }
    const from = memberAt(chars, at);
    if (!from) return undefined;
    const isRange = chars[from.end + 1] === "-" && chars[from.end + 2] !== "]" && chars[from.end + 2] !== undefined;
    const to = isRange ? memberAt(chars, from.end + 2) : from;
    if (!to) return undefined;
    ranges.push([from.char, to.char]);
    at = to.end + 1;
  }
}

function memberAt(chars: readonly string[], at: number): { char: string; end: number } | undefined {
  const isEscape = chars[at] === "\\";
  const char = chars[isEscape ? at + 1 : at];
  return char === undefined ? undefined : { char, end: isEscape ? at + 1 : at };
}

function namedClassAt(chars: readonly string[], at: number): { ranges: CharClass["ranges"]; end: number } | undefined {
  const close = chars.indexOf("]", at + 2);
  if (close < 0 || chars[close - 1] !== ":") return undefined;
  const ranges = namedClasses[chars.slice(at + 2, close - 1).join("")];
  return ranges && { ranges, end: close };
}
