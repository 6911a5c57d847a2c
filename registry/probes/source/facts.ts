/**
 * What the probes keep of a source file once its tree is dropped: the source with comments and strings blanked out,
 * and the spans of functions, types, branches, loops, calls and exits. Offsets are UTF-16 units and hold in all three
 * texts alike.
 */
import type { SourceLanguage } from "./languages.ts";
import type { Role } from "./scope.ts";

export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface FunctionFact extends Span {
  /** Empty for a callback that has no name of its own. */
  readonly name: string;
  /** The class it belongs to, or empty. */
  readonly owner: string;
}

export interface TypeFact extends Span {
  /** A `schema` is a record written as one: `const order = z.object({…})`. */
  readonly kind: "class" | "interface" | "alias" | "enum" | "schema";
  readonly name: string;
}

export interface BranchFact extends Span {
  readonly kind: "if" | "while" | "ternary" | "case";
  readonly condition: Span;
  /** What runs when the condition holds. */
  readonly body: Span;
}

export interface CallFact extends Span {
  /** As written, without white space and at most 120 characters: `this.tools.get`. */
  readonly callee: string;
  /** Offset of the opening bracket of the arguments. */
  readonly argumentsAt: number;
}

export interface ExitFact extends Span {
  readonly kind: "throw" | "return" | "break" | "continue" | "yield";
}

export interface FileFacts {
  readonly path: string;
  readonly language: SourceLanguage;
  readonly role: Role;
  readonly source: string;
  /** The source without comments and without the inside of strings. */
  readonly code: string;
  /** The source without comments, docstrings and long strings: short literals such as "tool_use" stay. */
  readonly text: string;
  readonly lineStarts: readonly number[];
  readonly functions: readonly FunctionFact[];
  readonly types: readonly TypeFact[];
  readonly branches: readonly BranchFact[];
  readonly loops: readonly Span[];
  readonly calls: readonly CallFact[];
  readonly exits: readonly ExitFact[];
  /** Import statements as written. */
  readonly imports: string;
}

/** 1-based line of an offset. */
export function lineOf(file: FileFacts, offset: number): number {
  let low = 0;
  let high = file.lineStarts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((file.lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low + 1;
}

/** The source line, trimmed; empty when there is no such line. */
export function quoteOf(file: FileFacts, line: number): string {
  const start = file.lineStarts[line - 1];
  if (start === undefined) return "";
  return file.source.slice(start, file.lineStarts[line] ?? file.source.length).trim();
}

export function contains(outer: Span, inner: Span): boolean {
  return outer.start <= inner.start && inner.end <= outer.end;
}

/** The innermost named function around an offset. */
export function functionAt(file: FileFacts, offset: number): FunctionFact | undefined {
  let found: FunctionFact | undefined;
  for (const candidate of file.functions) {
    if (candidate.start > offset) break;
    if (offset < candidate.end && candidate.name !== "") found = candidate;
  }
  return found;
}
