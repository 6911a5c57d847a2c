/**
 * What became better or worse since an earlier evaluation (`--baseline`, a document of `evaluate --json`). A level that one
 * side does not know is no change in either direction.
 */
import { resolve } from "node:path";
import { z } from "zod";
import { SwarmError } from "../../../infra/errors.ts";
import { readPlainFile } from "../../../infra/plain-file.ts";
import { type PrimitiveId, primitiveIds } from "../../../registry/probes/finding.ts";
import type { Evaluation } from "./assess.ts";
import { LEVELS, type Level } from "./finding.ts";

const FILE_BYTES_MAX = 32 * 1024 * 1024;

/** No more of the document than is compared: one of an earlier version is as good. */
const baselineSchema = z.object({
  v: z.literal(1),
  target: z.string(),
  analyst: z.string(),
  primitives: z
    .array(z.object({ id: z.enum(primitiveIds), level: z.enum(LEVELS), maturity: z.int().min(0).max(4) }))
    .min(1)
    .max(primitiveIds.length),
});

export type Baseline = z.infer<typeof baselineSchema> & { readonly path: string };

export interface Standing {
  readonly level: Level;
  readonly maturity: number;
}

export interface Change {
  readonly id: PrimitiveId;
  readonly before: Standing;
  readonly after: Standing;
}

export interface SinceBaseline {
  readonly path: string;
  /** Who judged then, where it is somebody else than now: a change may then be the judge's. */
  readonly otherAnalyst: string | null;
  readonly better: readonly Change[];
  readonly worse: readonly Change[];
  /** Known on one side only. */
  readonly unclear: readonly Change[];
  readonly same: readonly PrimitiveId[];
  /** In one of the two only. */
  readonly uncompared: readonly PrimitiveId[];
}

/** @throws SwarmError `usage.baseline`, exit 2 */
export function readBaseline(given: string): Baseline {
  const path = resolve(given);
  try {
    return { ...baselineSchema.parse(JSON.parse(readPlainFile(path, FILE_BYTES_MAX))), path };
  } catch (cause) {
    const [issue] = cause instanceof z.ZodError ? cause.issues : [];
    const why = issue === undefined ? String(cause) : `${issue.path.join(".") || "the whole"}: ${issue.message}`;
    throw new SwarmError("usage.baseline", `--baseline "${given}" is no evaluation: ${why.slice(0, 300)}`, {
      exit: 2,
      cause,
      hint: "Give the document of an earlier `swarm evaluate PATH --json`.",
    });
  }
}

const height: Readonly<Record<Exclude<Level, "unknown">, number>> = { absent: 0, partial: 1, present: 2 };

export function sinceBaseline(now: Pick<Evaluation, "primitives" | "analyst">, then: Baseline): SinceBaseline {
  const before = new Map(then.primitives.map((primitive) => [primitive.id, primitive]));
  const compared = now.primitives.flatMap(({ id, level, maturity }) => {
    const was = before.get(id);
    if (was === undefined) return [];
    const change: Change = {
      id,
      before: { level: was.level, maturity: was.maturity },
      after: { level, maturity },
    };
    return [{ change, direction: directionOf(change) }];
  });
  const inDirection = (wanted: Direction): Change[] =>
    compared.filter(({ direction }) => direction === wanted).map(({ change }) => change);
  const both = new Set(compared.map(({ change }) => change.id));
  return {
    path: then.path,
    otherAnalyst: then.analyst === now.analyst ? null : then.analyst,
    better: inDirection("better"),
    worse: inDirection("worse"),
    unclear: inDirection("unclear"),
    same: inDirection("same").map(({ id }) => id),
    uncompared: primitiveIds.filter(
      (id) => !both.has(id) && (before.has(id) || now.primitives.some((primitive) => primitive.id === id)),
    ),
  };
}

type Direction = "better" | "worse" | "unclear" | "same";

function directionOf({ before, after }: Change): Direction {
  if (before.level === "unknown" || after.level === "unknown") return before.level === after.level ? "same" : "unclear";
  const step = height[after.level] - height[before.level] || after.maturity - before.maturity;
  if (step === 0) return "same";
  return step > 0 ? "better" : "worse";
}
