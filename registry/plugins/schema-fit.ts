/**
 * Whether a value fits a JSON Schema that a stranger wrote. It is interpreted in a bounded number of steps, patterns by
 * RE2 and only where RE2 knows them: neither the schema nor the value can hold a worker up.
 */
import { compileRegex } from "../regex.ts";
import { canonicalText } from "./canonical-text.ts";
import { isRecord, resolved } from "./schema-shape.ts";

/** Looks at one value with one schema, at most: some hundred milliseconds on a slow machine. */
const STEPS_MAX = 50_000;
/** Schemas within schemas, `$ref` counted: fewer than fill a stack. */
const DEPTH_MAX = 200;
const PROBLEMS_MAX = 10;
/** Of a text that a pattern is tried on, in UTF-16 units. */
const PATTERN_CHARS_MAX = 10_000;

/** It could not be told within the limits. */
class TooMuch extends Error {}

interface Walk {
  readonly root: unknown;
  steps: number;
}

/** Problems as `path: what is wrong`, at most ten; empty where it fits. */
export function schemaProblems(schema: unknown, value: unknown): string[] {
  try {
    return problemsOf({ root: schema, steps: 0 }, schema, value, "", 0).slice(0, PROBLEMS_MAX);
  } catch (cause) {
    if (!(cause instanceof TooMuch)) throw cause;
    return [`it cannot be told within ${STEPS_MAX} steps whether it fits`];
  }
}

function problemsOf(walk: Walk, schema: unknown, value: unknown, path: string, depth: number): string[] {
  walk.steps += 1;
  if (walk.steps > STEPS_MAX || depth > DEPTH_MAX) throw new TooMuch();
  if (schema === false) return [`${path || "it"}: nothing is allowed here`];
  if (!isRecord(schema)) return [];
  const within = (one: unknown, of: unknown, at: string): string[] => problemsOf(walk, one, of, at, depth + 1);
  const here = [...valueProblems(walk, schema, value, path), ...combined(schema, value, path, within)];
  if (typeof schema.$ref === "string") here.push(...within(resolved(walk.root, schema.$ref), value, path));
  if (here.length >= PROBLEMS_MAX) return here;
  if (Array.isArray(value)) return [...here, ...itemProblems(walk, schema, value, path, within)];
  return isRecord(value) ? [...here, ...propertyProblems(schema, value, path, within)] : here;
}

type Within = (schema: unknown, value: unknown, path: string) => string[];

function combined(schema: Record<string, unknown>, value: unknown, path: string, within: Within): string[] {
  const at = path || "it";
  const { allOf, anyOf, oneOf, not, if: condition } = schema;
  const found: string[] = [];
  const fits = (one: unknown): boolean => within(one, value, path).length === 0;
  if (Array.isArray(allOf)) for (const one of allOf) found.push(...within(one, value, path));
  if (Array.isArray(anyOf) && !anyOf.some(fits)) found.push(`${at}: fits none of what is allowed`);
  if (Array.isArray(oneOf)) {
    const count = oneOf.filter(fits).length;
    if (count !== 1) found.push(`${at}: fits ${count === 0 ? "none" : "more than one"} of what is allowed`);
  }
  if (not !== undefined && fits(not)) found.push(`${at}: is what it must not be`);
  if (condition !== undefined) {
    const then = fits(condition) ? schema.then : schema.else;
    if (then !== undefined) found.push(...within(then, value, path));
  }
  return found;
}

function valueProblems(walk: Walk, schema: Record<string, unknown>, value: unknown, path: string): string[] {
  const at = path || "it";
  const { type, enum: values } = schema;
  const types = Array.isArray(type) ? type : type === undefined ? [] : [type];
  if (types.length > 0 && !types.some((one) => isOfType(one, value))) return [`${at}: must be ${types.join(" or ")}`];
  const found: string[] = [];
  if (Array.isArray(values) && !values.some((one) => isSame(walk, one, value)))
    found.push(`${at}: must be one of ${JSON.stringify(values).slice(0, 200)}`);
  if (Object.hasOwn(schema, "const") && !isSame(walk, schema.const, value))
    found.push(`${at}: must be ${JSON.stringify(schema.const)?.slice(0, 200)}`);
  if (typeof value === "string") found.push(...textProblems(walk, schema, value, at));
  if (typeof value === "number") found.push(...numberProblems(schema, value, at));
  return found;
}

function isOfType(type: unknown, value: unknown): boolean {
  switch (type) {
    case "array":
      return Array.isArray(value);
    case "object":
      return isRecord(value);
    case "null":
      return value === null;
    case "integer":
      return typeof value === "number" && Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function isSame(walk: Walk, one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return one === other;
  const text = canonicalText(other);
  walk.steps += Math.ceil(text.length / 10);
  if (walk.steps > STEPS_MAX) throw new TooMuch();
  return canonicalText(one) === text;
}

function textProblems(walk: Walk, schema: Record<string, unknown>, value: string, at: string): string[] {
  const { minLength, maxLength, pattern } = schema;
  const found: string[] = [];
  const length = typeof minLength === "number" || typeof maxLength === "number" ? [...value].length : 0;
  if (typeof minLength === "number" && length < minLength) found.push(`${at}: at least ${minLength} characters`);
  if (typeof maxLength === "number" && length > maxLength) found.push(`${at}: at most ${maxLength} characters`);
  if (typeof pattern === "string" && !fitsPattern(walk, pattern, value))
    found.push(`${at}: must match ${JSON.stringify(pattern)}`);
  return found;
}

/** A pattern that RE2 does not know, and a text too long for it, count as fitting: the server looks for itself. */
function fitsPattern(walk: Walk, pattern: string, text: string): boolean {
  walk.steps += 200;
  if (walk.steps > STEPS_MAX) throw new TooMuch();
  const regex = regexOf(pattern);
  return regex === null || text.length > Math.min(PATTERN_CHARS_MAX, regex.charsMax) || regex.test(text);
}

const REGEXES_MAX = 256;
const regexes = new Map<string, ReturnType<typeof compileRegex> | null>();

function regexOf(pattern: string): ReturnType<typeof compileRegex> | null {
  const known = regexes.get(pattern);
  if (known !== undefined) return known;
  let made: ReturnType<typeof compileRegex> | null = null;
  try {
    made = compileRegex(pattern, { ignoreCase: false, multiline: false, dotAll: false });
  } catch {} // not one of RE2's
  if (regexes.size >= REGEXES_MAX) regexes.clear();
  regexes.set(pattern, made);
  return made;
}

function numberProblems(schema: Record<string, unknown>, value: number, at: string): string[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const found: string[] = [];
  if (typeof minimum === "number" && value < minimum) found.push(`${at}: at least ${minimum}`);
  if (typeof maximum === "number" && value > maximum) found.push(`${at}: at most ${maximum}`);
  if (typeof exclusiveMinimum === "number" && value <= exclusiveMinimum) found.push(`${at}: above ${exclusiveMinimum}`);
  if (typeof exclusiveMaximum === "number" && value >= exclusiveMaximum) found.push(`${at}: below ${exclusiveMaximum}`);
  if (typeof multipleOf === "number" && multipleOf > 0) {
    const parts = value / multipleOf;
    if (Math.abs(parts - Math.round(parts)) > 1e-9 * Math.abs(parts)) found.push(`${at}: a multiple of ${multipleOf}`);
  }
  return found;
}

function itemProblems(
  walk: Walk,
  schema: Record<string, unknown>,
  value: readonly unknown[],
  path: string,
  within: Within,
): string[] {
  const { minItems, maxItems, uniqueItems, contains } = schema;
  const at = path || "it";
  const found: string[] = [];
  if (typeof minItems === "number" && value.length < minItems) found.push(`${at}: at least ${minItems} items`);
  if (typeof maxItems === "number" && value.length > maxItems) found.push(`${at}: at most ${maxItems} items`);
  if (uniqueItems === true) {
    walk.steps += value.length;
    if (new Set(value.map(canonicalText)).size < value.length) found.push(`${at}: has an item twice`);
  }
  // Before draft 2020-12 a list of `items` was what `prefixItems` is now.
  const first = Array.isArray(schema.prefixItems)
    ? schema.prefixItems
    : Array.isArray(schema.items)
      ? schema.items
      : [];
  const rest = Array.isArray(schema.items) ? schema.additionalItems : schema.items;
  for (const [index, item] of value.entries()) {
    const of = index < first.length ? first[index] : rest;
    if (of !== undefined) found.push(...within(of, item, `${path}[${index}]`));
    if (found.length >= PROBLEMS_MAX) return found;
  }
  if (contains !== undefined && !value.some((item) => within(contains, item, path).length === 0))
    found.push(`${at}: lacks an item that it must have`);
  return found;
}

function propertyProblems(
  schema: Record<string, unknown>,
  value: Record<string, unknown>,
  path: string,
  within: Within,
): string[] {
  const { properties, patternProperties, additionalProperties, propertyNames } = schema;
  const at = path || "it";
  const keys = Object.keys(value);
  const found = countProblems(schema, value, at);
  for (const key of keys) {
    const place = path === "" ? key : `${path}.${key}`;
    let known = false;
    if (propertyNames !== undefined) found.push(...within(propertyNames, key, `the name of ${place}`));
    if (isRecord(properties) && Object.hasOwn(properties, key)) {
      known = true;
      found.push(...within(properties[key], value[key], place));
    }
    for (const [pattern, one] of isRecord(patternProperties) ? Object.entries(patternProperties) : []) {
      const regex = regexOf(pattern);
      if (regex === null) known = true;
      else if (key.length <= regex.charsMax && regex.test(key)) {
        known = true;
        found.push(...within(one, value[key], place));
      }
    }
    if (!known && additionalProperties === false) found.push(`${place}: there is no such property`);
    else if (!known && additionalProperties !== undefined)
      found.push(...within(additionalProperties, value[key], place));
    if (found.length >= PROBLEMS_MAX) return found;
  }
  for (const [key, one] of isRecord(schema.dependentSchemas) ? Object.entries(schema.dependentSchemas) : []) {
    if (Object.hasOwn(value, key)) found.push(...within(one, value, path));
  }
  return found;
}

function countProblems(schema: Record<string, unknown>, value: Record<string, unknown>, at: string): string[] {
  const { required, minProperties, maxProperties, dependentRequired } = schema;
  const count = Object.keys(value).length;
  const lacks = (names: unknown): string[] =>
    (Array.isArray(names) ? names : [])
      .filter((name) => typeof name === "string" && !Object.hasOwn(value, name))
      .slice(0, PROBLEMS_MAX)
      .map((name) => `${at === "it" ? "" : `${at}.`}${name}: is missing`);
  const found = lacks(required);
  if (typeof minProperties === "number" && count < minProperties)
    found.push(`${at}: at least ${minProperties} properties`);
  if (typeof maxProperties === "number" && count > maxProperties)
    found.push(`${at}: at most ${maxProperties} properties`);
  for (const [name, names] of isRecord(dependentRequired) ? Object.entries(dependentRequired) : []) {
    if (Object.hasOwn(value, name)) found.push(...lacks(names));
  }
  return found;
}
