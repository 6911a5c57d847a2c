/** Calls of plugin tools that nobody wrote examples for: the least input that their own schema takes. */
import type { Guarded } from "./law.ts";
import type { Call } from "./trial.ts";

/** Levels of a schema that are looked into. */
const DEPTH_MAX = 4;

/** Every tool of the plugins of this configuration; an input that a schema would not take is refused as such. */
export const pluginCalls = ({ plugins, capabilities }: Guarded): Call[] =>
  plugins.flatMap(({ server, tools }) =>
    tools.flatMap(({ name, inputSchema }) => {
      const tool = `mcp__${server}__${name}`;
      const found = capabilities.all.find((one) => one.name === tool);
      if (found === undefined) return [];
      return [{ tool, input: sampleOf(inputSchema, 0) as Call["input"], says: tool }];
    }),
  );

function sampleOf(schema: unknown, depth: number): unknown {
  const known = (schema ?? {}) as Readonly<Record<string, unknown>>;
  if (known.const !== undefined) return known.const;
  if (Array.isArray(known.enum)) return known.enum[0];
  const type = Array.isArray(known.type) ? known.type[0] : known.type;
  if (type === "string") return "x".repeat(Number(known.minLength ?? 1));
  if (type === "number" || type === "integer") return Number(known.minimum ?? 1);
  if (type === "boolean") return true;
  if (type === "array")
    return Number(known.minItems ?? 0) > 0 && depth < DEPTH_MAX ? [sampleOf(known.items, depth + 1)] : [];
  if (type === "null" || depth >= DEPTH_MAX) return type === "null" ? null : {};
  const properties = (known.properties ?? {}) as Readonly<Record<string, unknown>>;
  const required = Array.isArray(known.required) ? known.required.map(String) : [];
  return Object.fromEntries(required.map((name) => [name, sampleOf(properties[name], depth + 1)]));
}
