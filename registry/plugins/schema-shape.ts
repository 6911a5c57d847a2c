/**
 * Whether what a server calls a JSON Schema is one that we can show to a model and hold input to: an object's, of a size
 * that nobody chokes on, and complete in itself.
 */
import { extentOf } from "./json-extent.ts";

/** Levels of nesting, and values in all. */
const DEPTH_MAX = 32;
const NODES_MAX = 5_000;

const TYPES: ReadonlySet<string> = new Set("array boolean integer null number object string".split(" "));
/** Keywords whose values are schemas: one, a list, a map of them. */
const ONE = ["additionalItems", "additionalProperties", "contains", "else", "if", "not", "propertyNames", "then"];
const LIST = ["allOf", "anyOf", "oneOf", "prefixItems"];
const MAP = ["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"];

/** What is wrong with it, in a clause; null where it will do. */
export function schemaProblem(schema: unknown, mustBeObject = true): string | null {
  if (!isRecord(schema)) return "is no object";
  const { depth, nodes } = extentOf(schema, { depth: DEPTH_MAX, nodes: NODES_MAX });
  if (depth > DEPTH_MAX) return `is nested more than ${DEPTH_MAX} levels deep`;
  if (nodes > NODES_MAX) return `has more than ${NODES_MAX} parts`;
  if (mustBeObject && schema.type !== "object") return 'is not the schema of an object ("type": "object" is missing)';
  return problemAt(schema, schema, "");
}

function problemAt(root: unknown, schema: unknown, place: string): string | null {
  if (typeof schema === "boolean") return null;
  const at = place === "" ? "" : `, at ${place}`;
  if (!isRecord(schema)) return `has something that is no schema${at}`;
  return refProblem(root, schema, at) ?? keywordProblem(schema, at) ?? partsProblem(root, schema, place);
}

function refProblem(root: unknown, { $ref }: Record<string, unknown>, at: string): string | null {
  if ($ref === undefined) return null;
  if (typeof $ref !== "string") return `has a $ref that is no text${at}`;
  if (!$ref.startsWith("#"))
    return `refers to something outside of itself (${JSON.stringify($ref.slice(0, 100))}${at})`;
  return resolved(root, $ref) === undefined
    ? `refers to what it does not hold (${JSON.stringify($ref.slice(0, 100))}${at})`
    : null;
}

function keywordProblem(schema: Record<string, unknown>, at: string): string | null {
  const { type, properties, required, enum: values } = schema;
  const types = Array.isArray(type) ? type : type === undefined ? [] : [type];
  const strange = types.find((one) => typeof one !== "string" || !TYPES.has(one));
  if (strange !== undefined)
    return `has the type ${JSON.stringify(strange)?.slice(0, 100)}, which there is none of${at}`;
  if (properties !== undefined && !isRecord(properties)) return `has properties that are no object${at}`;
  if (required !== undefined && !(Array.isArray(required) && required.every((one) => typeof one === "string")))
    return `has a list of required properties that is none${at}`;
  return values !== undefined && !Array.isArray(values) ? `has an enum that is no list${at}` : null;
}

function partsProblem(root: unknown, schema: Record<string, unknown>, place: string): string | null {
  for (const [part, one] of partsOf(schema)) {
    const problem = problemAt(root, one, place === "" ? part : `${place}.${part}`);
    if (problem !== null) return problem;
  }
  return null;
}

function* partsOf(schema: Record<string, unknown>): Generator<readonly [place: string, schema: unknown]> {
  const own = (name: string): unknown => (Object.hasOwn(schema, name) ? schema[name] : undefined);
  for (const name of ONE) if (own(name) !== undefined) yield [name, own(name)];
  for (const name of [...LIST, "items"]) {
    const list = own(name);
    if (Array.isArray(list)) for (const [index, one] of list.entries()) yield [`${name}[${index}]`, one];
    else if (list !== undefined) yield [name, name === "items" ? list : null];
  }
  for (const name of MAP) {
    const map = own(name);
    if (map === undefined) continue;
    if (isRecord(map)) for (const [key, one] of Object.entries(map)) yield [`${name}.${key}`, one];
    else yield [name, null];
  }
}

/** What `#`, `#/$defs/x` or `#name` (by `$anchor`, in `$defs` only) stands for; undefined where nothing does. */
export function resolved(root: unknown, ref: string): unknown {
  let here: unknown = root;
  for (const part of ref.slice(1).split("/").slice(1)) {
    const key = decoded(part).replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, key)) return undefined;
    here = (here as Record<string, unknown>)[key];
  }
  if (ref === "#" || ref.startsWith("#/")) return here;
  const defs = isRecord(root) && isRecord(root.$defs) ? Object.values(root.$defs) : [];
  return defs.find((one) => isRecord(one) && one.$anchor === ref.slice(1));
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
