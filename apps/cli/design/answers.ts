/**
 * Answers from outside: a file for scripts (`--answers`) or the draft of an unfinished walk. Every field is held to its
 * question; what does not fit is told with field, value and the way out.
 */
import { parse } from "yaml";
import { z } from "zod";
import { SwarmError } from "../../../infra/errors.ts";
import { readPlainFile } from "../../../infra/plain-file.ts";
import { nearestNames } from "../nearest-names.ts";
import { harmless } from "../print.ts";
import { type ContradictionId, contradictionIds } from "./contradictions.ts";
import { type Answers, questions } from "./questions.ts";

export interface GivenAnswers {
  readonly answers: Answers;
  /** Contradictions that are meant as they stand. */
  readonly confirmed: readonly ContradictionId[];
}

const ANSWERS_BYTES_MAX = 64 * 1024;
/** Problems told of one file; a file has fewer fields than twice that. */
const TOLD_MAX = 20;

const fields = Object.fromEntries(
  questions.map(({ id, options }) => [
    id,
    z.enum(options.map((option) => option.id) as [string, ...string[]]).optional(),
  ]),
);
const answersSchema = z.strictObject({
  v: z.literal(1).optional(),
  ...fields,
  confirmed: z.array(z.enum(contradictionIds)).max(contradictionIds.length).optional(),
});

/** @throws SwarmError `usage.answers`, exit 2 */
export function answersFile(path: string, flag: string): GivenAnswers {
  let text: string;
  try {
    text = readPlainFile(path, ANSWERS_BYTES_MAX);
  } catch (cause) {
    throw new SwarmError("usage.answers", `${flag} "${path}" cannot be read: ${said(cause)}`, {
      exit: 2,
      cause,
      hint: "Give a file of answers in JSON or YAML; `swarm design --questions` lists what it may hold.",
    });
  }
  return answersIn(text, path);
}

/** @throws SwarmError `usage.answers`, exit 2 */
export function answersIn(text: string, file: string): GivenAnswers {
  let value: unknown;
  try {
    // Aliases have no use in a list of words, and can be made to grow.
    value = parse(text, { maxAliasCount: 0 });
  } catch (cause) {
    throw refused(file, [said(cause).split("\n")[0] ?? "it is neither JSON nor YAML"]);
  }
  const parsed = answersSchema.safeParse(value);
  if (!parsed.success) throw refused(file, problemsOf(parsed.error, value));
  const {
    v: _,
    confirmed = [],
    ...answers
  } = parsed.data as GivenAnswers["answers"] & {
    v?: 1;
    confirmed?: ContradictionId[];
  };
  return { answers, confirmed };
}

function problemsOf(error: z.ZodError, value: unknown): string[] {
  return error.issues.flatMap((issue): string[] => {
    if (issue.code === "unrecognized_keys") return issue.keys.map(unknownField);
    const field = issue.path.join(".");
    if (field === "") return ["it is no list of fields such as `runs: cli`"];
    const found = issue.path.reduce<unknown>((at, step) => (at as Record<PropertyKey, unknown> | null)?.[step], value);
    const allowed = issue.code === "invalid_value" ? issue.values.map(String).join(", ") : issue.message;
    return [`${field} is ${shown(found)}; it may be: ${allowed}`];
  });
}

function unknownField(name: string): string {
  const [near] = nearestNames(name, [...questions.map(({ id }) => id), "confirmed"]);
  const way = near === undefined ? "`swarm design --questions` lists them" : `did you mean ${near}?`;
  return `${shown(name)} is no question; ${way}`;
}

const shown = (value: unknown): string => harmless((JSON.stringify(value) ?? "nothing").slice(0, 80));
const said = (cause: unknown): string => (cause instanceof Error ? harmless(cause.message) : String(cause));

function refused(file: string, problems: readonly string[]): SwarmError {
  const told = problems.slice(0, TOLD_MAX);
  const more = problems.length - told.length;
  const lines = [...told, ...(more > 0 ? [`and ${more} more`] : [])];
  return new SwarmError("usage.answers", `${file}: ${lines.join("\n")}`, {
    exit: 2,
    hint: "`swarm design --questions` prints every question with what it may be answered.",
  });
}
