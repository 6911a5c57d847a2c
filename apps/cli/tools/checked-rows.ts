/**
 * What a check tells people of each row: nothing of what is as it was, the change of what changed, the whole of what is
 * new. Where something is being approved nothing of it is left out: nobody approves what was not shown.
 */
import type { CheckedRow } from "../../../actors/runtime/drift/check.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { readableText } from "../../../registry/drift/readable-text.ts";
import { visible } from "../../../registry/drift/visible.ts";

/** Lines of a row that is only looked at. */
const LINES_MAX = 200;
/** A comparison that is longer leaves lines out by itself. */
const DIFF_LINES_MAX = 400;

interface Named {
  /** Null: whatever goes by the name. */
  readonly kind: string | null;
  readonly name: string;
}

/** `reviewer`, or `skill:reviewer` where several things go by one name. */
export function namedIn(text: string): Named {
  const [, kind = null, name = text] = /^(tool|server|skill|profile):(.+)$/s.exec(text) ?? [];
  return { kind, name };
}

/**
 * Rows that are to be approved by their names. Whoever brings a skill can call a server alike: a name that means two
 * things approves neither. @throws SwarmError `usage.tools`
 */
export function chosenOf(rows: readonly CheckedRow[], names: readonly Named[]): ReadonlySet<CheckedRow> {
  const open = rows.filter(({ state }) => state !== "active");
  return new Set(
    names.flatMap(({ kind, name }) => {
      const found = open.filter((row) => row.name === name && (kind === null || row.kind === kind));
      if (found.length < 2) return found;
      const which = [...new Set(found.map((row) => `--approve ${row.kind}:${row.name}`))].join(", ");
      throw new SwarmError("usage.tools", `${visible(name)} names ${found.length} things; nothing was approved`, {
        exit: 2,
        hint: `Say which, after you have read it: ${which}`,
      });
    }),
  );
}

/** `approving`: whether this row is approved, or about to be. Empty where there is nothing to tell. */
export function rowLines(row: CheckedRow, approving: boolean): readonly string[] {
  const { kind, name, scope, state, approvedNow, diff, definition, reasons } = row;
  if (state === "active" && approvedNow !== true) return [];
  const said = approvedNow === true ? "approved now, as it stands here" : state;
  const title = `${kind} ${onOneLine(name)}${scope === "" ? "" : ` of ${onOneLine(scope)}`}: ${said}`;
  const cut = approving && diff.length > DIFF_LINES_MAX;
  const isNew = state === "new" || approvedNow === true;
  const text = isNew || cut ? visible(readableText(definition.text)).split("\n") : diff;
  const shown = approving ? text : text.slice(0, LINES_MAX);
  const left = text.length - shown.length;
  const more = left === 0 ? [] : [`… and ${left} more lines: --json has all`];
  const below = [...reasons.map((reason) => `! ${onOneLine(reason)}`), ...shown, ...more];
  return [title, ...below.map((line) => `  ${line}`)];
}

/** A name or a reason with a line end in it would begin a line that looks like ours. */
export const onOneLine = (text: string): string => visible(text).replaceAll("\n", "{U+000A}");
