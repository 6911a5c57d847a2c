/**
 * Whether a value satisfies a JSON Schema, and if not, where. Compiled once per schema text; what the compiled form lets
 * pass (a required property that is described nowhere, a limit without its type) is caught by a second, literal reading.
 */
import { z } from "zod";
import { schemaProblems } from "../../registry/plugins/schema-fit.ts";
import { withoutPatterns } from "./contract-patterns.ts";

const compiled = new Map<string, z.ZodType>();
/** Contracts of live sessions; past it the oldest is compiled again when needed. */
const COMPILED_MAX = 256;

/** Problems as `path: what is wrong`, at most ten; empty where the value fits. A schema that cannot be read is one too. */
export function contractProblems(contract: Readonly<Record<string, unknown>>, value: unknown): string[] {
  let schema: z.ZodType;
  try {
    schema = schemaOf(contract);
  } catch (cause) {
    return [`the task's contract is not a JSON Schema this version understands: ${(cause as Error).message}`];
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return schemaProblems(contract, value).map(ofValue);
  return parsed.error.issues
    .slice(0, 10)
    .map((issue) => `value${issue.path.map((step) => `.${String(step)}`).join("")}: ${issue.message}`);
}

/** Its words speak of `it`, or of a field by name. */
const ofValue = (problem: string): string =>
  problem.startsWith("it: ") ? `value${problem.slice("it".length)}` : `value.${problem}`;

/** Why nothing could ever be held to this contract; null where something can. */
export function contractTrouble(contract: Readonly<Record<string, unknown>>): string | null {
  try {
    schemaOf(contract);
    return null;
  } catch (cause) {
    return (cause as Error).message;
  }
}

function schemaOf(contract: Readonly<Record<string, unknown>>): z.ZodType {
  const key = JSON.stringify(contract);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const schema = z.fromJSONSchema(withoutPatterns(contract) as Parameters<typeof z.fromJSONSchema>[0]);
  if (compiled.size >= COMPILED_MAX) compiled.delete(compiled.keys().next().value as string);
  compiled.set(key, schema);
  return schema;
}
