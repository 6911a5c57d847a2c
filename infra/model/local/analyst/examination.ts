/**
 * The document that the Probe tool returns, parsed at the analyst's door: to the analyst it is tool output like any
 * other.
 */
import { z } from "zod";
import type { Answered } from "./conversation.ts";
import { jsonOf } from "./conversation.ts";

const aspectSchema = z.object({
  id: z.string(),
  required: z.boolean(),
  text: z.string(),
  atLeast: z.number().int().positive().optional(),
  supporting: z.boolean().optional(),
});

const hitSchema = z.object({
  probe: z.string(),
  aspect: z.string(),
  strength: z.enum(["name", "declaration", "called", "effect", "test"]),
  path: z.string(),
  line: z.number().int().positive(),
  quote: z.string(),
  note: z.string(),
});

const anchorSchema = z.object({
  kind: z.enum(["model-call", "tool-dispatch", "main-loop"]),
  path: z.string(),
  line: z.number().int().positive(),
  quote: z.string(),
});

const examinationSchema = z.object({
  primitive: z.string(),
  path: z.string().optional(),
  filesScanned: z.number().int().nonnegative(),
  understood: z.boolean(),
  doubts: z.array(z.string()).default([]),
  unread: z.record(z.string(), z.number().int().nonnegative()).default({}),
  anchors: z.array(anchorSchema),
  aspects: z.array(aspectSchema),
  hits: z.array(hitSchema),
});

export type Aspect = z.infer<typeof aspectSchema>;
export type Hit = z.infer<typeof hitSchema>;
export type AnchorLine = z.infer<typeof anchorSchema>;
export type Examination = z.infer<typeof examinationSchema>;

/** The examination in an answer, or undefined when the call failed or gave something else. */
export function examinationOf(answer: Answered): Examination | undefined {
  if (answer.isError) return undefined;
  const parsed = examinationSchema.safeParse(jsonOf(answer.text));
  return parsed.success ? parsed.data : undefined;
}
