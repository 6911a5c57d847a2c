/**
 * An evaluation held against the decisions of a design: what was to be built and is less than was wanted is a breach;
 * what could not be judged is told apart from it, and so is what this evaluation did not look at. Of two levels that
 * contradict each other the lower one counts.
 */
import type { PrimitiveId } from "../../../registry/probes/finding.ts";
import type { Harness } from "../design/harness-file.ts";
import type { Evaluation } from "./assess.ts";
import type { Level } from "./finding.ts";
import { gateLevel } from "./second-opinion.ts";

export interface Against {
  /** Of the decisions. */
  readonly path: string;
  readonly kept: readonly PrimitiveId[];
  readonly breaches: readonly { readonly id: PrimitiveId; readonly wanted: Level; readonly found: Level }[];
  /** To be built, but nobody can say whether it was. */
  readonly unknown: readonly PrimitiveId[];
  /** To be built, but not part of this evaluation. */
  readonly unseen: readonly PrimitiveId[];
  /** Was to be skipped, and is there all the same: no breach, but worth a thought. */
  readonly beyond: readonly PrimitiveId[];
}

const height: Readonly<Record<Exclude<Level, "unknown">, number>> = { absent: 0, partial: 1, present: 2 };

export function against({ primitives }: Pick<Evaluation, "primitives">, path: string, harness: Harness): Against {
  const found = new Map(primitives.map((primitive) => [primitive.id, gateLevel(primitive)]));
  const kept: PrimitiveId[] = [];
  const breaches: { id: PrimitiveId; wanted: Level; found: Level }[] = [];
  const unknown: PrimitiveId[] = [];
  const unseen: PrimitiveId[] = [];
  const beyond: PrimitiveId[] = [];
  for (const { id, level: wanted } of harness.primitives) {
    const level = found.get(id);
    if (wanted === null) {
      if (level === "present" || level === "partial") beyond.push(id);
    } else if (level === undefined) unseen.push(id);
    else if (level === "unknown") unknown.push(id);
    else if (height[level] < height[wanted]) breaches.push({ id, wanted, found: level });
    else kept.push(id);
  }
  return { path, kept, breaches, unknown, unseen, beyond };
}
