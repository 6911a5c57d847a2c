/**
 * What an explore agent and a verify agent give back about one primitive: the contracts that every report is checked
 * against, by whatever model it was made. They must stay expressible as JSON Schema, because that is how they travel.
 */
import { z } from "zod";
import { primitiveIds, READ_MARK } from "../../../registry/probes/finding.ts";

export const LEVELS = ["present", "partial", "absent", "unknown"] as const;
export type Level = (typeof LEVELS)[number];

/** Findings of one primitive, at most: more lines than anybody re-reads. */
export const FINDINGS_MAX = 40;
const pathCharsMax = 4_096;
const quoteCharsMax = 2_000;
const proseCharsMax = 4_000;

export const findingSchema = z.strictObject({
  path: z.string().min(1).max(pathCharsMax).describe("relative to the workspace, with forward slashes"),
  line: z.int().min(1).describe("1-based"),
  quote: z.string().min(1).max(quoteCharsMax).describe("the exact text of that line, without the blanks around it"),
  probe: z
    .string()
    .min(1)
    .max(200)
    .describe(`the probe that fired there; where none did, "${READ_MARK} <what the line shows>"`),
  strength: z
    .enum(["name", "declaration", "called", "effect", "test"])
    .optional()
    .describe("effect: a value is compared or stored, or something is blocked; test: a test asserts it"),
});

export type Finding = z.infer<typeof findingSchema>;

/** A place where the harness runs, quoted to show where an absence was looked for. */
export const isAnchor = ({ probe }: Finding): boolean => probe.startsWith("anchor:");

export const exploreValueSchema = z.strictObject({
  primitive: z.enum(primitiveIds),
  level: z.enum(LEVELS),
  maturity: z.int().min(0).max(4),
  confidence: z.enum(["low", "medium", "high"]),
  findings: z.array(findingSchema).max(FINDINGS_MAX),
  why: z.string().min(1).max(proseCharsMax).describe("what the level rests on, in one or two sentences"),
  next: z.string().min(1).max(proseCharsMax).describe("the one next step, for a harness that one person maintains"),
});

export type ExploreValue = z.infer<typeof exploreValueSchema>;

export const verifyValueSchema = z.strictObject({
  primitive: z.enum(primitiveIds),
  verdicts: z
    .array(
      z.strictObject({
        index: z
          .int()
          .min(0)
          .max(FINDINGS_MAX - 1)
          .describe("place of the finding in the claim, from 0"),
        holds: z.boolean(),
        why: z.string().min(1).max(proseCharsMax),
      }),
    )
    .max(FINDINGS_MAX),
  holds: z.boolean().describe("whether the findings that hold carry the level that was claimed"),
  why: z.string().max(proseCharsMax).optional(),
});

export type VerifyValue = z.infer<typeof verifyValueSchema>;

/** As briefs carry it. Without `$schema`, since it becomes a part of the Report tool's own schema. */
function contractOf(schema: z.ZodType): Readonly<Record<string, unknown>> {
  const { $schema: _, ...contract } = z.toJSONSchema(schema);
  return contract;
}

export const exploreContract = contractOf(exploreValueSchema);
export const verifyContract = contractOf(verifyValueSchema);
