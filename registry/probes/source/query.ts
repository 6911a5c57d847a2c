/**
 * Questions that every probe asks of a file: what matches in code, which branch decides it, what leaves the function,
 * which call is made where. All of them read facts, none reads comments.
 */

import type { Finding, Strength } from "../finding.ts";
import {
  type BranchFact,
  type CallFact,
  contains,
  type ExitFact,
  type FileFacts,
  type FunctionFact,
  functionAt,
  type Span,
  type TypeFact,
} from "./facts.ts";

/** No file gives more findings of one probe than this; the first ones stand for the rest. */
const findingsPerProbeMax = 12;

export function codeOf(file: FileFacts, span: Span): string {
  return file.code.slice(span.start, span.end);
}

/** Like the code, with short string literals in place. */
export function textOf(file: FileFacts, span: Span): string {
  return file.text.slice(span.start, span.end);
}

/** Names written in humps as words apart, so that `maxCost` reads like `max_cost`. */
export function worded(text: string): string {
  return text.replace(/([a-z0-9])([A-Z])/g, "$1_$2");
}

/** Offsets at which the pattern matches inside the span, at most twelve. The pattern needs the g flag. */
export function offsetsIn(text: string, pattern: RegExp, base = 0): number[] {
  const offsets: number[] = [];
  for (const match of text.matchAll(pattern)) {
    offsets.push(base + match.index + (match[0].length - match[0].trimStart().length));
    if (offsets.length === findingsPerProbeMax) break;
  }
  return offsets;
}

export function finding(
  probe: string,
  aspect: string,
  strength: Strength,
  offset: number,
  note: string,
  apt = 0,
): Finding {
  return { probe, aspect, strength, offset, note, ...(apt > 0 && { apt }) };
}

/** The branches whose condition, strings included, matches. */
export function branchesOn(file: FileFacts, condition: RegExp): BranchFact[] {
  return file.branches.filter((branch) => condition.test(textOf(file, branch.condition)));
}

const stopCall =
  /(^|[.\s])(abort|stop|exit|cancel|reject|end|finish|fail|halt|terminate|interrupt|deny|block|complete)\w*$/i;

/** How a branch leaves: by throw, return, break or continue, or by a call that says stop; undefined when it goes on. */
export function exitOf(file: FileFacts, branch: BranchFact): ExitFact | CallFact | undefined {
  const exit = file.exits.find((candidate) => candidate.kind !== "yield" && contains(branch.body, candidate));
  return exit ?? file.calls.find((call) => contains(branch.body, call) && stopCall.test(call.callee));
}

/** Calls whose callee matches, inside the span when one is given. */
export function callsTo(file: FileFacts, callee: RegExp, within?: Span): CallFact[] {
  return file.calls.filter((call) => (within === undefined || contains(within, call)) && callee.test(call.callee));
}

export function argumentsOf(file: FileFacts, call: CallFact): string {
  return file.text.slice(call.argumentsAt, call.end);
}

/** Named functions that match, or whose class does when `orOwner` is set. */
export function functionsNamed(file: FileFacts, name: RegExp, orOwner = false): FunctionFact[] {
  return file.functions.filter((fn) => fn.name !== "" && (name.test(fn.name) || (orOwner && name.test(fn.owner))));
}

export function typesNamed(file: FileFacts, name: RegExp): TypeFact[] {
  return file.types.filter((type) => name.test(type.name));
}

/** String literals in a span that match, without quotes and each once. */
export function literalsIn(file: FileFacts, span: Span, pattern: RegExp): Set<string> {
  const found = new Set<string>();
  for (const match of textOf(file, span).matchAll(/["'`]([^"'`\n]{1,48})["'`]/g)) {
    const literal = match[1] ?? "";
    if (pattern.test(literal)) found.add(literal);
  }
  return found;
}

/** Whether the name of the function around an offset, or of its class, matches. */
export function insideNamed(file: FileFacts, offset: number, name: RegExp): boolean {
  const fn = functionAt(file, offset);
  return fn !== undefined && (name.test(fn.name) || name.test(fn.owner));
}

/** The function around an offset, or the whole file for module code. */
export function surroundings(file: FileFacts, offset: number): Span {
  return functionAt(file, offset) ?? { start: 0, end: file.source.length };
}

export function lastName(callee: string): string {
  return /([\w$#]+)\??\.?$/.exec(callee)?.[1] ?? "";
}

export function escaped(name: string): string {
  return name.replace(/[$]/g, "\\$&");
}
