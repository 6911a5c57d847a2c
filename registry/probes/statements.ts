/**
 * What a repository says about itself. "There is no X" is believed as evidence of absence, because nobody boasts of
 * it; a claim of presence is worth nothing and is not even looked for.
 */
import type { Statement } from "./source/workspace.ts";

export interface Denial {
  readonly path: string;
  readonly line: number;
  readonly quote: string;
}

const denialsMax = 3;
/** What a reader is told to do, or may do without, says nothing of what there is. */
const advice =
  /\b(?:do not|don['’]t|never|avoid)\s+(?:run|use|start|deploy|give|execute|mount)\b|\bwithout\s+(?:\w+\s+){0,3}?(?:asking|needing|losing|requiring|prompting|changing|breaking)\b/i;
/** What to do where something is missing, or in which case. */
const aCase = /→|->|=>|\bif (?:there|you|no)\b|\bwhen (?:there|you|no)\b/i;
const roadmap = /roadmap|planned|todo|coming soon|will be|not yet sure|\?\s*$/i;

/** Lines that deny what the pattern names: "no X", "without X", "X is not supported". Questions and roadmaps do not count. */
export function denialsOf(statements: readonly Statement[], what: RegExp): Denial[] {
  const subject = what.source;
  const denial = new RegExp(
    `\\b(?:no|without|lacks?|does(?:n['’]t| not) (?:have|include|support|provide|ship)|there (?:is|are) no|has no|have no)\\s+(?:any\\s+|a\\s+|built-in\\s+|(?!or\\b|and\\b)\\w+\\s+){0,2}(?:${subject})\\b` +
      `|(?:${subject})\\w*\\s+(?:is|are)\\s+(?:not|deliberately not|intentionally not)\\s+(?:supported|implemented|included|available|provided)`,
    "i",
  );
  const found: Denial[] = [];
  for (const { path, source } of statements) {
    // Only a README speaks of the product to its users; other documents instruct whoever works on it.
    if (!/(^|\/)readme[^/]*$/i.test(path)) continue;
    let fenced = false;
    for (const [index, line] of source.split("\n").entries()) {
      // Comments of an example speak of that example.
      if (/^\s*(?:```|~~~)/.test(line)) fenced = !fenced;
      if (fenced) continue;
      if (line.length > 600 || !denial.test(line) || roadmap.test(line) || advice.test(line) || aCase.test(line))
        continue;
      found.push({ path, line: index + 1, quote: line.trim() });
      if (found.length === denialsMax) return found;
    }
  }
  return found;
}
