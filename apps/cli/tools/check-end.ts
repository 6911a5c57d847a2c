/** How a check ends: what may not be approved at all, what was, and what is left to do, with the command. */
import type { CheckedRow } from "../../../actors/runtime/drift/check.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { visible } from "../../../registry/drift/visible.ts";

/** Throws SwarmError `pin.unapprovable`, exit 2, before anything is approved: an approval that would not hold is none. */
export function refuseUnapprovable(chosen: ReadonlySet<CheckedRow>): void {
  const row = [...chosen].find(({ state, unapprovable }) => state !== "active" && unapprovable.length > 0);
  if (row === undefined) return;
  const [why = "", ...more] = row.unapprovable;
  const rest = more.length === 0 ? "" : ` (and ${more.length} more)`;
  throw new SwarmError("pin.unapprovable", `${visible(row.name)} cannot be approved as it is: ${why}${rest}`, {
    exit: 2,
    hint: "Nothing was approved. Mend the tool or what it says of itself, or have it mended by whoever makes it.",
  });
}

/** Of what nobody asked about, nothing is said: a hint is about a name, or about the server that a tool is of. */
export function hintsAbout(names: readonly string[], hints: readonly string[]): readonly string[] {
  const subjects = names.flatMap((name) => [name, ...(/^mcp__(.+?)__/.exec(name)?.slice(1) ?? [])]);
  return hints.filter((hint) => hint.split(/[\s:,"]+/).some((word) => subjects.includes(word)));
}

/** `after` as `before`, row for row. Empty where nothing was done and nothing is left to do. */
export function endLines(before: readonly CheckedRow[], after: readonly CheckedRow[]): readonly string[] {
  const done = after.filter(
    (row, index) => row.state === "active" && (row.approvedNow === true || before[index]?.state !== "active"),
  );
  const out = after.filter(({ state }) => state === "drifted" || state === "quarantined");
  const fresh = after.filter(({ state }) => state === "new");
  const plain = fresh.filter(({ reasons }) => reasons.length === 0);
  const marked = fresh.filter(({ reasons, unapprovable }) => reasons.length > 0 && unapprovable.length === 0);
  return [
    ...done.map(({ kind, name, hash }) => `approved: ${kind} ${visible(name)} (${hash.slice(0, 12)})`),
    ...(out.length === 0 ? [] : [outLine(out)]),
    ...(plain.length === 0 ? [] : [`${plain.length} new. Once you have read what is above: swarm tools check --yes`]),
    ...(marked.length === 0
      ? []
      : [`${marked.length} new and marked with "!", each to be named: ${approving(marked)}`]),
  ];
}

function outLine(out: readonly CheckedRow[]): string {
  const able = out.filter(({ unapprovable }) => unapprovable.length === 0);
  const way = able.length === 0 ? "No approval would hold: mend them." : `If that is what you want: ${approving(able)}`;
  return `${out.length} drifted, and in no pool. ${way}`;
}

const approving = ([first]: readonly CheckedRow[]): string =>
  `swarm tools check --approve ${visible(first?.name ?? "")}`;
