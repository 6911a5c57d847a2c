/**
 * A model's evaluation beside the local analyst's of the same code. The model's level stands, because it was asked; where
 * the other differs both are shown, each with its evidence. Nothing is averaged, and no gap of one is filled by the other.
 */
import type { PrimitiveId } from "../../../registry/probes/finding.ts";
import type { AssessedPrimitive, Evaluation } from "./assess.ts";
import type { ExploreValue, Finding, Level } from "./finding.ts";

/** What the local analyst says of one primitive, verified in a run of its own. */
export interface SecondOpinion {
  readonly level: Level;
  readonly maturity: number;
  readonly confidence: ExploreValue["confidence"];
  readonly findings: readonly Finding[];
  readonly why: string;
  /** Null where one of the two does not know: that is no disagreement. */
  readonly agrees: boolean | null;
}

export interface Comparison {
  readonly runId: string;
  readonly agrees: readonly PrimitiveId[];
  readonly differs: readonly PrimitiveId[];
  /** Known to one of the two only. */
  readonly oneSided: readonly PrimitiveId[];
  /** Why there is no second opinion; the lists are empty then. */
  readonly problem?: string;
}

/** Two levels about one primitive, as far as they can be held against each other. */
function agreement(one: Level, other: Level): boolean | null {
  if (one === other) return true;
  return one === "unknown" || other === "unknown" ? null : false;
}

/** Confidence in a level that somebody else contradicts with evidence is low, whatever its own agent says. */
export function besideLocal(evaluation: Evaluation, local: Evaluation, runId: string): Evaluation {
  const others = new Map(local.primitives.map((primitive) => [primitive.id, primitive]));
  const primitives = evaluation.primitives.map((primitive): AssessedPrimitive => {
    const other = others.get(primitive.id);
    if (other === undefined) return primitive;
    const { level, maturity, confidence, findings, why } = other;
    const agrees = agreement(primitive.level, level);
    return {
      ...primitive,
      ...(agrees === false && { confidence: "low" }),
      local: { level, maturity, confidence, findings, why, agrees },
    };
  });
  const those = (wanted: boolean | null): PrimitiveId[] =>
    primitives.filter(({ local: opinion }) => opinion !== undefined && opinion.agrees === wanted).map(({ id }) => id);
  const comparison: Comparison = { runId, agrees: those(true), differs: those(false), oneSided: those(null) };
  return { ...evaluation, primitives, comparison };
}

export const withoutLocal = (evaluation: Evaluation, runId: string, problem: string): Evaluation => ({
  ...evaluation,
  comparison: { runId, agrees: [], differs: [], oneSided: [], problem },
});

const height: Readonly<Record<Exclude<Level, "unknown">, number>> = { absent: 0, partial: 1, present: 2 };

/** What a gate goes by: the lower of two levels that contradict each other, for it must not pass on a contested claim. */
export function gateLevel({ level, local }: Pick<AssessedPrimitive, "level" | "local">): Level {
  if (local?.agrees !== false || level === "unknown" || local.level === "unknown") return level;
  return height[local.level] < height[level] ? local.level : level;
}
