/**
 * Whether a contract is a JSON Schema of an object as somebody means it who writes one by hand: every keyword is known
 * and of its own form. A keyword that is misspelt would ask for nothing, and nobody would notice.
 */
import { contractTrouble } from "../../../actors/runtime/contract-check.ts";
import { nearestNames } from "../nearest-names.ts";
import type { Path } from "./yaml-tree.ts";

export interface FormProblem {
  /** Within the contract. */
  readonly path: Path;
  /** True: it is about the field's name. */
  readonly ofKey: boolean;
  readonly reason: string;
}

type Form = "text" | "count" | "number" | "flag" | "list" | "names" | "any" | "schema" | "schemas" | "fields" | "type";

const KEYWORDS: Readonly<Record<string, Form>> = {
  $schema: "text",
  $id: "text",
  $comment: "text",
  title: "text",
  description: "text",
  format: "text",
  $ref: "text",
  type: "type",
  enum: "list",
  const: "any",
  default: "any",
  examples: "list",
  properties: "fields",
  $defs: "fields",
  definitions: "fields",
  required: "names",
  additionalProperties: "schema",
  propertyNames: "schema",
  items: "schema",
  contains: "schema",
  prefixItems: "schemas",
  anyOf: "schemas",
  oneOf: "schemas",
  allOf: "schemas",
  minProperties: "count",
  maxProperties: "count",
  minItems: "count",
  maxItems: "count",
  minLength: "count",
  maxLength: "count",
  uniqueItems: "flag",
  minimum: "number",
  maximum: "number",
  exclusiveMinimum: "number",
  exclusiveMaximum: "number",
  multipleOf: "number",
};

const TYPES = ["object", "array", "string", "number", "integer", "boolean", "null"];

/** What people know from elsewhere and is not taken here, with the reason. */
const NOT_TAKEN: Readonly<Record<string, string>> = {
  pattern:
    "a pattern of unknown cost would be tried on what a model wrote; use enum or maxLength, or say it in the goal",
  patternProperties: "a pattern of unknown cost would be tried on what a model wrote; use propertyNames with an enum",
};

const PROBLEMS_MAX = 20;

/** Pure. Empty where results can be held to it. */
export function contractFormProblems(contract: unknown): readonly FormProblem[] {
  if (!isRecord(contract)) return [{ path: [], ofKey: false, reason: "is no JSON Schema; begin with type: object" }];
  const problems: FormProblem[] = [];
  if (contract.type !== "object") {
    const given = contract.type === undefined ? "has no type" : `is of type ${shown(contract.type)}`;
    problems.push({ path: [], ofKey: false, reason: `${given}; a result is an object, so write type: object` });
  }
  schemaForm(contract, [], problems);
  const trouble = problems.length > 0 ? null : contractTrouble(contract);
  if (trouble !== null) problems.push({ path: [], ofKey: false, reason: `is not understood: ${trouble}` });
  return problems.slice(0, PROBLEMS_MAX);
}

function schemaForm(schema: unknown, path: Path, problems: FormProblem[]): void {
  if (typeof schema === "boolean") return;
  if (!isRecord(schema)) {
    problems.push({ path, ofKey: false, reason: `is ${shown(schema)}, and no schema` });
    return;
  }
  for (const [name, value] of Object.entries(schema)) {
    const form = Object.hasOwn(KEYWORDS, name) ? KEYWORDS[name] : undefined;
    const at = [...path, name];
    if (form === undefined) problems.push({ path: at, ofKey: true, reason: unknownKeyword(name) });
    else keywordForm(form, value, at, problems);
  }
}

function unknownKeyword(name: string): string {
  if (Object.hasOwn(NOT_TAKEN, name)) return `is not taken in a contract: ${NOT_TAKEN[name]}`;
  const near = nearestNames(name, Object.keys(KEYWORDS));
  const way = near.length > 0 ? `did you mean ${near.join(" or ")}?` : "results could not be held to it: leave it away";
  return `is no keyword of JSON Schema that works here; ${way}`;
}

function keywordForm(form: Form, value: unknown, path: Path, problems: FormProblem[]): void {
  const wants = (what: string): void => {
    problems.push({ path, ofKey: false, reason: `is ${shown(value)}; it takes ${what}` });
  };
  switch (form) {
    case "any":
      return;
    case "text":
      if (typeof value !== "string") wants("a text");
      return;
    case "count":
      if (typeof value !== "number" || !Number.isInteger(value) || value < 0) wants("a whole number from 0");
      return;
    case "number":
      if (typeof value !== "number") wants("a number");
      return;
    case "flag":
      if (typeof value !== "boolean") wants("true or false");
      return;
    case "list":
      if (!Array.isArray(value) || value.length === 0) wants("a list with something in it");
      return;
    case "names":
      if (!Array.isArray(value) || !value.every((one) => typeof one === "string")) wants("a list of names of fields");
      return;
    case "type": {
      const all = Array.isArray(value) ? value : [value];
      if (all.length === 0 || !all.every((one) => TYPES.includes(one as string))) wants(`one of ${TYPES.join(", ")}`);
      return;
    }
    case "schema":
      schemaForm(value, path, problems);
      return;
    case "schemas":
      if (!Array.isArray(value) || value.length === 0) wants("a list of schemas");
      else for (const [index, one] of value.entries()) schemaForm(one, [...path, index], problems);
      return;
    case "fields":
      if (!isRecord(value)) wants("fields, each with a schema");
      else for (const [name, one] of Object.entries(value)) schemaForm(one, [...path, name], problems);
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** A value, short enough for a line. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
