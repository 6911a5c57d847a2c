/** A type's contract and the check of its values come from one schema: here it becomes the JSON Schema a model is shown. */
import { z } from "zod";
import type { AgentTypeSpec } from "./define.ts";

const SUMMARY = { type: "string", minLength: 1 } as const;

/** What a task gives back where its author asked for nothing in particular, of an agent that only looks. */
const LOOKING_CONTRACT = {
  type: "object",
  properties: { summary: SUMMARY },
  required: ["summary"],
  additionalProperties: false,
} as const;

/** The same of an agent that acts: what it did may be named, and is looked up in the journal. */
export const ACTING_CONTRACT = {
  ...LOOKING_CONTRACT,
  properties: {
    summary: SUMMARY,
    changed: {
      type: "array",
      items: { type: "string", minLength: 1, maxLength: 4_096 },
      maxItems: 200,
      description: "Files you changed, where you did. Each must be in the journal.",
    },
    ran: {
      type: "array",
      items: { type: "string", minLength: 1, maxLength: 10_000 },
      maxItems: 100,
      description: "Commands you ran, word for word, where you did. Each must be in the journal.",
    },
  },
} as const;

/** The form of the report's value where a task asks for none. */
export const ownContract = ({ contract, acts }: Pick<AgentTypeSpec, "contract" | "acts">): AgentContract =>
  contract ?? (acts ? ACTING_CONTRACT : LOOKING_CONTRACT);

type AgentContract = Readonly<Record<string, unknown>>;

/** Plain JSON, so that it equals what comes back from the store. Throws where the schema cannot be told as JSON Schema. */
export function contractFrom(schema: z.ZodType): Readonly<Record<string, unknown>> {
  const { $schema: _, ...contract } = z.toJSONSchema(schema, { io: "input" });
  return JSON.parse(JSON.stringify(contract)) as Record<string, unknown>;
}

/** Its issues in words. */
export const issuesIn = ({ issues }: z.ZodError): string[] =>
  issues.map(({ path, message }) => `value${path.map((step) => `.${String(step)}`).join("")}: ${message}`);
