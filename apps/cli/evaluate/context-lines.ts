/**
 * The lines around each finding, so that a reader without the code can open them in the report itself. Read when the report
 * is written: where a quote no longer stands on its line there is no context, rather than a wrong one.
 */
import { realpathSync } from "node:fs";
import { join, sep } from "node:path";
import { readPlainFile } from "../../../infra/plain-file.ts";
import type { Evaluation } from "./assess.ts";
import type { Finding } from "./finding.ts";

interface Context {
  /** Number of the first line, from 1. */
  readonly from: number;
  readonly lines: readonly string[];
}

/** By {@link placeOf}. */
export type Contexts = ReadonlyMap<string, Context>;
export const NO_CONTEXTS: Contexts = new Map();

const linesAround = 4;
const lineCharsMax = 240;
const fileBytesMax = 1_000_000;
/** Of one report: a page of some megabytes is read by nobody. */
const contextsMax = 400;

export const placeOf = ({ path, line }: Pick<Finding, "path" | "line">): string => `${path}:${line}`;

/** Never throws: what cannot be read, or lies outside the target, has no context. */
export function contextsOf({ target, primitives }: Pick<Evaluation, "target" | "primitives">): Contexts {
  const files = new Map<string, readonly string[] | null>();
  const contexts = new Map<string, Context>();
  const findings = primitives.flatMap(({ findings: own, local }) => [...own, ...(local?.findings ?? [])]);
  for (const finding of findings) {
    if (contexts.size >= contextsMax) break;
    if (!files.has(finding.path)) files.set(finding.path, linesOf(target, finding.path));
    const context = around(files.get(finding.path) ?? null, finding);
    if (context !== null) contexts.set(placeOf(finding), context);
  }
  return contexts;
}

function linesOf(target: string, path: string): readonly string[] | null {
  try {
    const root = realpathSync(target);
    const real = realpathSync(join(root, path));
    return real.startsWith(root + sep) ? readPlainFile(real, fileBytesMax).split(/\r?\n/) : null;
  } catch {
    return null; // gone, or not to be read any more: the finding stands by its quote
  }
}

function around(lines: readonly string[] | null, { line, quote }: Finding): Context | null {
  const [first = ""] = quote.trim().split("\n");
  if (lines === null || !(lines[line - 1] ?? "").includes(first.trim())) return null;
  const from = Math.max(1, line - linesAround);
  const cut = (text: string): string => (text.length > lineCharsMax ? `${text.slice(0, lineCharsMax)} …` : text);
  return { from, lines: lines.slice(from - 1, line + linesAround).map(cut) };
}
