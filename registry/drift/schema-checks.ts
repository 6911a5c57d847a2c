/**
 * Whether what a model is told of a tool's input is what its door accepts: the examples' own inputs, and small changes
 * of them, are put to both.
 */
import { schemaProblems as misfits } from "../plugins/schema-fit.ts";
import type { ToolDeclaration } from "../tool.ts";
import { inputSchema } from "../tools/index.ts";

/** Problems that are named, at most. */
const PROBLEMS_MAX = 5;

export function schemaProblems(tool: ToolDeclaration, inputs: readonly unknown[]): readonly string[] {
  const schema = inputSchema(tool);
  const fits = (input: unknown): boolean => misfits(schema, input).length === 0;
  const opens = (input: unknown): boolean => tool.input.safeParse(input).success;
  const problems = inputs.flatMap((input) => {
    if (opens(input)) return fits(input) ? [] : [`its schema forbids what its door lets in: ${shown(input)}`];
    return [];
  });
  for (const input of inputs) {
    if (!opens(input) || typeof input !== "object" || input === null) continue;
    for (const { changed, mustOpen } of variants(input as Record<string, unknown>, schema)) {
      if (!fits(changed) && opens(changed))
        problems.push(`its door lets in what its schema forbids: ${shown(changed)}`);
      if (mustOpen && fits(changed) && !opens(changed)) {
        problems.push(`its door refuses what its schema allows: ${shown(changed)}`);
      }
    }
  }
  return [...new Set(problems)].slice(0, PROBLEMS_MAX);
}

interface Variant {
  readonly changed: Record<string, unknown>;
  /** Where the schema allows it, the door has to as well: something that need not be given was left out. */
  readonly mustOpen: boolean;
}

/** One property left out, of another type, or too many. */
function variants(input: Record<string, unknown>, schema: Readonly<Record<string, unknown>>): Variant[] {
  const required = (schema.required ?? []) as readonly string[];
  const names = Object.keys(input);
  const without = names.map((name) => {
    const { [name]: _gone, ...changed } = input;
    return { changed, mustOpen: !required.includes(name) };
  });
  const otherTypes = names.flatMap((name) =>
    [null, {}, [], true, -1, "", 1.5].map((value) => ({ changed: { ...input, [name]: value }, mustOpen: false })),
  );
  return [...without, ...otherTypes, { changed: { ...input, "no such property": 1 }, mustOpen: false }];
}

const shown = (input: unknown): string => {
  const text = JSON.stringify(input);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
};
