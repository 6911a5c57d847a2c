/**
 * The words of the tasks that a run itself asks for (a plan, a new plan, a summary, a conflict): texts that people may
 * write otherwise. They carry no fact of a run: a placeholder becomes the name of a field of the task's data, so nothing
 * that a model, a repository or another task said ever stands among the words.
 */
import { z } from "zod";

export const PROMPT_NAMES = ["plan", "replan", "synthesis", "resolve"] as const;
export type PromptName = (typeof PROMPT_NAMES)[number];

/** What a prompt has to point at, and what it may point at. */
const FIELDS: Readonly<Record<PromptName, { readonly must: readonly string[]; readonly may: readonly string[] }>> = {
  plan: { must: ["goal", "agents"], may: ["mode"] },
  replan: { must: ["goal", "failed", "tasks", "agents"], may: ["more"] },
  synthesis: { must: ["goal", "tasks"], may: ["more"] },
  resolve: { must: ["goal", "conflict"], may: ["tasks", "more"] },
};

/** Characters of one prompt, at most. */
export const PROMPT_CHARS_MAX = 16_000;

/** Brief of a run that holds the prompts it latched. No task is called so: an `@` is in no task's id. */
export const PROMPTS_BRIEF = "@prompts";

/** Those that somebody wrote otherwise, by name; what is absent is as it was shipped. */
export const promptsSchema = z.partialRecord(z.enum(PROMPT_NAMES), z.string().min(1).max(PROMPT_CHARS_MAX));
export type Prompts = z.infer<typeof promptsSchema>;

const PLACEHOLDER = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** What is wrong with a prompt, in words; empty where it can be used. */
export function promptProblems(name: PromptName, text: string): string[] {
  const { must, may } = FIELDS[name];
  const named = new Set([...text.matchAll(PLACEHOLDER)].map(([, field = ""]) => field));
  return [
    ...(text.trim() === "" ? ["it is empty"] : []),
    ...(text.length > PROMPT_CHARS_MAX ? [`it has ${text.length} characters; at most ${PROMPT_CHARS_MAX}`] : []),
    ...must.filter((field) => !named.has(field)).map((field) => `{{${field}}} is missing`),
    ...[...named]
      .filter((field) => !must.includes(field) && !may.includes(field))
      .map((field) => `{{${field.slice(0, 64)}}} is no placeholder here; there are ${[...must, ...may].join(", ")}`),
  ];
}

/** The prompt as an agent reads it. Pure; `text` has no problems. */
export const promptWords = (text: string): string =>
  text.trim().replaceAll(PLACEHOLDER, (_, field: string) => `\`input.${field}\``);
