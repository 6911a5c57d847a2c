/** Lines that nobody can look through, known before anything is read: reading them would take longer than anybody waits. */
import type { ShellVerdict } from "./verdict.ts";

/** A text is taken for tangled from this length on, in characters, and with more than so many commands or expansions. */
const tangledFrom = 500;
const commandsMax = 256;
const expansionsMax = 64;

/**
 * Whether reading it would take longer than anybody waits: 256 commands, or expansions 64 times over, are more than a
 * person could judge. Counted without a look at quotes, so that counting costs nothing.
 */
export function isTangled(text: string): boolean {
  if (text.length < tangledFrom) return false;
  const count = (sign: RegExp): number => text.match(sign)?.length ?? 0;
  return (
    count(/[;&|\n]+/g) > commandsMax ||
    count(/[$<>][({]|`/g) > expansionsMax ||
    count(/\benv\b|\bsudo\b/g) > expansionsMax
  );
}

/** Its commands are listed by cutting at every sign that could end one, so that a rule that denies still finds its own. */
export function tangled(text: string): ShellVerdict {
  const calls = text.split(/[;&|\n()`{}$<>]+/).map((call) => call.trim().split(/\s+/));
  return {
    risk: "unknown",
    rule: RULE,
    reason: REASON,
    parts: calls
      .filter(([program]) => program !== "")
      .map((words) => ({ words, text: words.join(" "), risk: "unknown", rule: RULE, reason: REASON })),
    complete: false,
    emitted: null,
    paths: [],
    hosts: [],
    loses: [],
  };
}

const RULE = "shell.tangled";
const REASON = `it is longer than anybody can look through: more than ${commandsMax} commands, or expansions within expansions`;
