/**
 * A contract without its regular expressions, for the reading that would compile them for V8: what an agent's plan wrote
 * is never tried on what another agent wrote with a matcher that may take for ever. The literal reading tries them by RE2.
 */
import { compileRegex } from "../../registry/regex.ts";

type Schema = Readonly<Record<string, unknown>>;

/** Keywords whose value maps names to schemas, so that a field may itself be called "pattern". */
const MAPS: ReadonlySet<string> = new Set(["$defs", "definitions", "dependentSchemas", "properties"]);
/** Keywords whose value is data. */
const DATA: ReadonlySet<string> = new Set(["const", "default", "enum", "examples", "required"]);

/** @throws RegexError where a pattern is none that RE2 knows: nothing could be held to it. */
export function withoutPatterns(schema: Schema): Schema {
  const named = schema.patternProperties;
  if (isRecord(named)) for (const pattern of Object.keys(named)) known(pattern);
  return Object.fromEntries(
    Object.entries(schema).flatMap(([key, value]): [string, unknown][] => {
      if (key === "pattern" && typeof value === "string") {
        known(value);
        return [];
      }
      // Which further fields there may be cannot be said any more once their names are not known.
      if (key === "patternProperties" || (key === "additionalProperties" && isRecord(named))) return [];
      if (DATA.has(key)) return [[key, value]];
      if (MAPS.has(key) && isRecord(value)) {
        return [[key, Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inside(one)]))]];
      }
      return [[key, inside(value)]];
    }),
  );
}

const inside = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(inside);
  return isRecord(value) ? withoutPatterns(value) : value;
};

const known = (pattern: string): void =>
  void compileRegex(pattern, { ignoreCase: false, multiline: false, dotAll: false });

const isRecord = (value: unknown): value is Schema =>
  typeof value === "object" && value !== null && !Array.isArray(value);
