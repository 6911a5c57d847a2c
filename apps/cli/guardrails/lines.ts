/** The verdicts of the guardrails for people: a line each, findings below, wrapped to 80 columns. */
import type { Verdict } from "../../../actors/guardrails/law.ts";
import { harmless } from "../print.ts";

const COLUMNS = 80;
const STATE_COLUMNS = 12;
/** What was left out and is named, at most. */
const LEFT_MAX = 10;

interface Left {
  readonly name: string;
  readonly reason: string;
}

export function linesOf(verdicts: readonly Verdict[], left: readonly Left[]): string[] {
  const lines = verdicts.flatMap(({ state, title, reason, findings }) => [
    `${state.padEnd(STATE_COLUMNS - 1)}${state.length >= STATE_COLUMNS - 1 ? " " : ""}${title}`.trimEnd(),
    ...(state === "not looked at" ? wrapped(reason, "  ", "  ") : []),
    ...findings.flatMap(({ what, why, fix }) => [
      ...wrapped(what, "  - ", "    "),
      ...wrapped(`because ${why}`, "    ", "    "),
      ...wrapped(fix, "    > ", "      "),
    ]),
  ]);
  const failed = verdicts.filter(({ state }) => state === "fails").length;
  const unseen = verdicts.filter(({ state }) => state === "not looked at").length;
  const held = verdicts.length - failed - unseen;
  const more = left.length > LEFT_MAX ? [`  and ${left.length - LEFT_MAX} more`] : [];
  return [
    ...lines,
    "",
    `${held} hold, ${failed} fail${unseen === 0 ? "" : `, ${unseen} not looked at`}. Nothing was run.`,
    ...(left.length === 0 ? [] : ["Not approved, and so in no run and not looked at:"]),
    ...left.slice(0, LEFT_MAX).flatMap(({ name, reason }) => wrapped(`${name}: ${reason}`, "  ", "    ")),
    ...more,
  ];
}

/** At blanks; a word that is longer than a line is cut. */
function wrapped(text: string, first: string, others: string): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of harmless(text).split(/\s+/).flatMap(pieces)) {
    if (!isEmpty && line.length + 1 + word.length > COLUMNS) {
      lines.push(line);
      line = others;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}

const PIECE = new RegExp(`.{1,${COLUMNS - 8}}`, "gu");
const pieces = (word: string): string[] => word.match(PIECE) ?? [];
