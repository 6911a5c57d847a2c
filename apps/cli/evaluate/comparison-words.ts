/** How a second opinion is told, the same in every form of the report. */
import type { Evaluation } from "./assess.ts";
import { primitiveNamed } from "./primitives.ts";
import type { SecondOpinion } from "./second-opinion.ts";

/** On the face of a report; empty where no model was asked. */
export function comparisonWords({ analyst, comparison }: Evaluation): string {
  if (comparison === undefined) return "";
  const { agrees, differs, oneSided, problem } = comparison;
  if (problem !== undefined) return `There is no second opinion of the local analyst: ${problem}.`;
  const all = agrees.length + differs.length + oneSided.length;
  const names = (ids: typeof differs): string =>
    ids.length === 0 ? "" : ` (${ids.map((id) => primitiveNamed(id).title.toLowerCase()).join(", ")})`;
  const parts = [
    `agrees on ${agrees.length} of ${all}`,
    `differs on ${differs.length === 0 ? "none" : differs.length}${names(differs)}`,
    ...(oneSided.length === 0 ? [] : [`${oneSided.length} known to one of the two only${names(oneSided)}`]),
  ];
  const rule =
    differs.length === 0
      ? ""
      : ` Where they differ both are shown: the level is that of ${analyst}, with low confidence, and gates go by the lower one.`;
  return `The local analyst, which asks no model, judged the same code: ${parts.join(", ")}.${rule}`;
}

/** Of one primitive, up to its reason; null where both say the same. */
export function opinionWords({ level, maturity, confidence, agrees }: SecondOpinion): string | null {
  if (agrees === true) return null;
  if (level === "unknown") return "The local analyst does not know";
  const measure = `(maturity ${maturity}, ${confidence} confidence)`;
  return agrees === false
    ? `The local analyst differs: ${level} ${measure}`
    : `Known to the local analyst only: ${level} ${measure}`;
}
