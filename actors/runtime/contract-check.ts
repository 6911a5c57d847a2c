/** Whether a value satisfies a JSON Schema, and if not, where. Compiled once per schema text. */
import { z } from "zod";

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
  if (parsed.success) return [];
  return parsed.error.issues
    .slice(0, 10)
    .map((issue) => `value${issue.path.map((step) => `.${String(step)}`).join("")}: ${issue.message}`);
}

function schemaOf(contract: Readonly<Record<string, unknown>>): z.ZodType {
  const key = JSON.stringify(contract);
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const schema = z.fromJSONSchema(contract as Parameters<typeof z.fromJSONSchema>[0]);
  if (compiled.size >= COMPILED_MAX) compiled.delete(compiled.keys().next().value as string);
  compiled.set(key, schema);
  return schema;
}
