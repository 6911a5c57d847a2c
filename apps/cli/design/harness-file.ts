/**
 * The decisions as a file that machines read (`harness.json`): written by `swarm design`, checked by `swarm evaluate
 * --against`. Whatever is not to the letter of it is refused, never guessed at.
 */
import { statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { z } from "zod";
import { SwarmError } from "../../../infra/errors.ts";
import { readPlainFile } from "../../../infra/plain-file.ts";
import { primitiveIds } from "../../../registry/probes/finding.ts";
import { contradictionIds } from "./contradictions.ts";
import { type Decisions, untilWords } from "./decide.ts";

export const DECISIONS_FILE = "harness.json";
export const WORDS_FILE = "HARNESS.md";
const FILE_BYTES_MAX = 256 * 1024;
const words = z.string().max(2_000);

const decisionSchema = z
  .strictObject({
    id: z.enum(primitiveIds),
    decision: z.enum(["build", "skip"]),
    /** What an evaluation has to find at least. */
    level: z.enum(["partial", "present"]).nullable(),
    reason: words,
    /** What would bring it back, or ask for more of it, in words; null where there is no more. */
    trigger: words.nullable(),
    triggers: z.array(z.strictObject({ question: words, answer: words })).max(100),
  })
  .refine(({ decision, level }) => (decision === "build") === (level !== null), {
    path: ["level"],
    message: "partial or present where it is built, null where it is skipped",
  });

export const harnessSchema = z.strictObject({
  v: z.literal(1),
  kind: z.literal("harness"),
  answers: z.record(words, words),
  /** Questions that nobody answered: the lean answer stands. */
  assumed: z.array(words).max(100),
  /** Answers that do not go together, and stand because whoever answered says so. */
  confirmed: z.array(z.enum(contradictionIds)).max(contradictionIds.length),
  primitives: z
    .array(decisionSchema)
    .length(primitiveIds.length)
    .refine((list) => new Set(list.map(({ id }) => id)).size === list.length, "each primitive once"),
  /** What is built, in this order. */
  order: z.array(z.enum(primitiveIds)).max(primitiveIds.length),
});

export type Harness = z.infer<typeof harnessSchema>;

/** Pure. `assumed`: questions that were not answered. */
export function harnessOf(decisions: Decisions, assumed: readonly string[]): Harness {
  return {
    v: 1,
    kind: "harness",
    answers: { ...decisions.answers },
    assumed: [...assumed],
    confirmed: decisions.contradictions.map(({ id }) => id),
    primitives: decisions.primitives.map(({ id, decision, level, reasons, triggers }) => ({
      id,
      decision,
      level,
      reason: reasons.join("; "),
      trigger: triggers.length === 0 ? null : untilWords(triggers),
      triggers: triggers.map(({ question, answer }) => ({ question, answer })),
    })),
    order: [...decisions.order],
  };
}

/** `given`: the file, the folder that it lies in, or the HARNESS.md beside it. @throws SwarmError `usage.against`, exit 2 */
export function readHarness(given: string): { readonly path: string; readonly harness: Harness } {
  const path = decisionsAt(given);
  try {
    return { path, harness: harnessSchema.parse(JSON.parse(readPlainFile(path, FILE_BYTES_MAX))) };
  } catch (cause) {
    const why =
      cause instanceof z.ZodError
        ? cause.issues
            .slice(0, 3)
            .map(({ path: field, message }) => `${field.join(".") || "the whole"}: ${message}`)
            .join("; ")
        : cause instanceof Error
          ? cause.message
          : String(cause);
    throw new SwarmError("usage.against", `--against "${given}" holds no decisions: ${why}`, {
      exit: 2,
      cause,
      hint: `\`swarm design\` writes ${DECISIONS_FILE} and ${WORDS_FILE}; give one of them or their folder.`,
    });
  }
}

function decisionsAt(given: string): string {
  const path = resolve(given);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return join(path, DECISIONS_FILE);
  return basename(path) === WORDS_FILE ? join(dirname(path), DECISIONS_FILE) : path;
}
