/** The one document of `swarm evaluate --json`, to the letter of the contract; what goes beyond it stands behind it. */
import { z } from "zod";
import { primitiveIds } from "../../../registry/probes/finding.ts";
import type { Evaluation } from "./assess.ts";
import type { ReportFacts } from "./facts.ts";
import { findingSchema, LEVELS } from "./finding.ts";
import { type Measured, UNMEASURED } from "./measures.ts";

const count = z.int().min(0);
const ids = z.array(z.enum(primitiveIds));
const standing = z.strictObject({ level: z.enum(LEVELS), maturity: z.int().min(0).max(4) });
const changes = z.array(z.strictObject({ id: z.enum(primitiveIds), before: standing, after: standing }));

export const documentSchema = z.strictObject({
  v: z.literal(1),
  target: z.string(),
  analyst: z.string(),
  primitives: z.array(
    z.strictObject({
      id: z.enum(primitiveIds),
      level: z.enum(LEVELS),
      maturity: z.int().min(0).max(4),
      findings: z.array(findingSchema),
      next: z.string(),
      confidence: z.enum(["low", "medium", "high"]),
      why: z.string(),
      rejected: z.array(z.strictObject({ finding: findingSchema, why: z.string() })),
      /** The level that was claimed, where verification lowered it. */
      claimed: z.enum(LEVELS).optional(),
      /** Why nothing could be said, where an agent failed. */
      problem: z.string().optional(),
      /** Where a model was asked: what the local analyst says. `agrees` is null where one of the two does not know. */
      local: z
        .strictObject({
          level: z.enum(LEVELS),
          maturity: z.int().min(0).max(4),
          confidence: z.enum(["low", "medium", "high"]),
          findings: z.array(findingSchema),
          why: z.string(),
          agrees: z.boolean().nullable(),
        })
        .optional(),
    }),
  ),
  runId: z.string(),
  summary: z.strictObject({
    present: count,
    partial: count,
    absent: count,
    unknown: count,
    findings: count,
    rejected: count,
  }),
  next: z.array(
    z.strictObject({
      primitive: z.enum(primitiveIds),
      level: z.enum(LEVELS),
      step: z.string(),
      when: z.string().optional(),
    }),
  ),
  answeredBy: z.array(z.string()),
  /** Files that were left out, by reason; `paths` names the first of them. */
  skipped: z.array(z.strictObject({ why: z.string(), count, paths: z.array(z.string()) })),
  /** With `--against`: how it stands beside the decisions of a design. */
  against: z
    .strictObject({
      path: z.string(),
      kept: ids,
      breaches: z.array(z.strictObject({ id: z.enum(primitiveIds), wanted: z.enum(LEVELS), found: z.enum(LEVELS) })),
      unknown: ids,
      unseen: ids,
      beyond: ids,
    })
    .optional(),
  /** With `--baseline`: what changed since an earlier evaluation. */
  baseline: z
    .strictObject({
      path: z.string(),
      otherAnalyst: z.string().nullable(),
      better: changes,
      worse: changes,
      unclear: changes,
      same: ids,
      uncompared: ids,
    })
    .optional(),
  /** Where a model was asked: how its levels stand beside the local analyst's, and the run of those. */
  comparison: z
    .strictObject({ runId: z.string(), agrees: ids, differs: ids, oneSided: ids, problem: z.string().optional() })
    .optional(),
});

export type EvaluationDocument = z.infer<typeof documentSchema>;

/** Pure. The order of keys is part of it: `v` comes first. */
export function documentOf(
  evaluation: Evaluation,
  { runId, skipped = [] }: Pick<ReportFacts, "runId" | "skipped">,
  { against, baseline }: Measured = UNMEASURED,
): EvaluationDocument {
  const { target, analyst, primitives, summary, next, answeredBy, comparison } = evaluation;
  return {
    v: 1,
    target,
    analyst,
    primitives: primitives.map(({ local, ...primitive }) => {
      const { id, level, maturity, findings, next: step, confidence, why, rejected, ...rest } = primitive;
      return {
        id,
        level,
        maturity,
        findings: [...findings],
        next: step,
        confidence,
        why,
        rejected: [...rejected],
        ...rest,
        ...(local !== undefined && { local: { ...local, findings: [...local.findings] } }),
      };
    }),
    runId,
    summary,
    next: [...next],
    answeredBy: [...answeredBy],
    skipped: skipped.map(({ why, count: files, paths }) => ({ why, count: files, paths: [...paths] })),
    ...(against !== null && { against: structuredClone(against) as NonNullable<EvaluationDocument["against"]> }),
    ...(baseline !== null && { baseline: structuredClone(baseline) as NonNullable<EvaluationDocument["baseline"]> }),
    ...(comparison !== undefined && {
      comparison: structuredClone(comparison) as NonNullable<EvaluationDocument["comparison"]>,
    }),
  };
}
