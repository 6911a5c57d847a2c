/**
 * Report: how an agent ends its task. The runtime answers it: nothing is run, and nothing in it is believed before its
 * evidence was checked again.
 */
import { z } from "zod";
import { quoteCharsMax } from "../quote.ts";
import { defineTool } from "../tool.ts";

/** Of `value` as JSON, in bytes. */
const reportValueBytesMax = 64 * 1024;
const valueDepthMax = 64;
const evidenceMax = 200;
const notDoneMax = 100;
const sentenceCharsMax = 2_000;
const pathCharsMax = 4_096;

const path = z.string().min(1).max(pathCharsMax);

const evidence = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("file"),
    path,
    line: z.int().min(1).describe("Line on which the quote begins, from 1."),
    quote: z
      .string()
      .min(1)
      .max(quoteCharsMax)
      .describe("The whole line, or at least 12 characters of it, exactly as it stands there."),
  }),
  z.strictObject({
    kind: z.literal("command"),
    command: z.string().min(1).max(10_000),
    exitCode: z.int().min(0).max(255),
  }),
  z.strictObject({
    kind: z.literal("artifact"),
    path,
    sha256: z.string().regex(/^[0-9a-f]{64}$/, "64 lower-case hexadecimal digits"),
  }),
  z.strictObject({ kind: z.literal("result"), id: z.string().min(1).max(200) }),
]);

const value = z
  .unknown()
  .refine((given) => given !== undefined, "a value is required; it may be null when blocked")
  .refine((given) => depthOf(given) <= valueDepthMax, { error: `nested deeper than ${valueDepthMax}`, abort: true })
  .refine((given) => bytesOf(given) <= reportValueBytesMax, `longer than ${reportValueBytesMax} bytes as JSON`)
  .describe("What the task asked for, in the form it asked for.");

const input = z.strictObject({
  outcome: z.enum(["done", "blocked"]),
  value,
  evidence: z
    .array(evidence)
    .max(evidenceMax)
    .describe("What proves the value. Every piece is checked again by machine."),
  notDone: z
    .array(z.string().min(1).max(sentenceCharsMax))
    .max(notDoneMax)
    .describe("What was asked for and is missing; empty when nothing is."),
});

export type ReportInput = z.infer<typeof input>;
export type ReportEvidence = z.infer<typeof evidence>;

export const report = defineTool<ReportInput>({
  name: "Report",
  tier: "built-in",
  category: "report",
  summary: "Ends the task with a value and the evidence for it",
  description: [
    "Ends your task; free text does not. Call it once, alone, when the task is done or cannot be done.",
    "Evidence is checked again by machine: files are read again and quotes compared with the line you name,",
    "commands are looked up in the journal, artifacts are hashed. A report whose evidence does not hold is rejected.",
  ].join(" "),
  source: "tools/report.ts",
  words: ["finish", "done", "result", "answer", "give up", "blocked", "complete", "evidence"],
  risk: "read-only",
  repeat: "safe",
  input,
  timeoutMs: 10_000,
  loadExamples: async () => (await import("./trials/report.ts")).examples,
});

/** Without recursion, and no further than needed: the value may be nested to break whoever recurses. */
function depthOf(given: unknown): number {
  let level: unknown[] = [given];
  let depth = 0;
  while (level.length > 0 && depth <= valueDepthMax) {
    level = level.flatMap((one) => (typeof one === "object" && one !== null ? Object.values(one) : []));
    depth += 1;
  }
  return depth;
}

function bytesOf(given: unknown): number {
  return Buffer.byteLength(JSON.stringify(given) ?? "");
}
