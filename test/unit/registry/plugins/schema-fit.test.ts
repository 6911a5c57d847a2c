/** Holding a value to a stranger's schema: right where it can be told, bounded where it cannot. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { schemaProblems } from "../../../../registry/plugins/schema-fit.ts";

/** As text: an object with a property `then` passes for a promise. */
const branching: unknown = JSON.parse('{"if":{"type":"number"},"then":{"minimum":3},"else":{"minLength":3}}');

describe("a value fits, or each problem has its place", () => {
  const person = {
    type: "object",
    properties: {
      name: { type: "string", minLength: 1, maxLength: 3, pattern: "^[a-z]+$" },
      age: { type: "integer", minimum: 0, exclusiveMaximum: 10, multipleOf: 2 },
      tags: { type: "array", items: { enum: ["a", "b", { c: 1 }] }, minItems: 1, maxItems: 2, uniqueItems: true },
      more: { anyOf: [{ type: "null" }, { $ref: "#" }] },
      kind: { const: { x: [1] } },
    },
    required: ["name"],
    additionalProperties: false,
  };
  it.each([
    [{ name: "abc", age: 4, tags: ["a", { c: 1 }], more: { name: "d", more: null }, kind: { x: [1] } }, []],
    [{}, ["name: is missing"]],
    [{ name: "ABCD" }, ["name: at most 3 characters", 'name: must match "^[a-z]+$"']],
    [{ name: "a", age: 11 }, ["age: below 10", "age: a multiple of 2"]],
    [{ name: "a", age: 1.5 }, ["age: must be integer"]],
    [{ name: "a", tags: [] }, ["tags: at least 1 items"]],
    [{ name: "a", tags: ["a", "a"] }, ["tags: has an item twice"]],
    [{ name: "a", tags: ["z"] }, [expect.stringMatching(/^tags\[0\]: must be one of/)]],
    [{ name: "a", more: { name: "" } }, ["more: fits none of what is allowed"]],
    [{ name: "a", other: 1 }, ["other: there is no such property"]],
    [{ name: "a", kind: { x: [2] } }, [expect.stringMatching(/^kind: must be/)]],
    ["no", ["it: must be object"]],
  ])("%j", (value, problems) => {
    expect(schemaProblems(person, value)).toEqual(problems);
  });

  it.each([
    [{ oneOf: [{ type: "number" }, { minimum: 1 }] }, 2, ["it: fits more than one of what is allowed"]],
    [{ not: { type: "number" } }, 2, ["it: is what it must not be"]],
    [branching, 2, ["it: at least 3"]],
    [branching, "ab", ["it: at least 3 characters"]],
    [{ prefixItems: [{ type: "string" }], items: { type: "number" } }, ["a", "b"], ["[1]: must be number"]],
    [{ items: [{ type: "string" }], additionalItems: false }, ["a", 1], ["[1]: nothing is allowed here"]],
    [{ contains: { const: 1 } }, [2], ["it: lacks an item that it must have"]],
    [
      { patternProperties: { "^x": { type: "number" } }, additionalProperties: { type: "string" } },
      { xa: "1", b: 2 },
      ["xa: must be number", "b: must be string"],
    ],
    [{ propertyNames: { maxLength: 1 } }, { ab: 1 }, ["the name of ab: at most 1 characters"]],
    [{ dependentRequired: { a: ["b"] } }, { a: 1 }, ["b: is missing"]],
    [{ minProperties: 1 }, {}, ["it: at least 1 properties"]],
    [false, 1, ["it: nothing is allowed here"]],
    [true, 1, []],
  ])("%j and %j", (schema, value, problems) => {
    expect(schemaProblems(schema, value)).toEqual(problems);
  });
});

describe("within its steps it ends, and says where it could not tell", () => {
  const bomb = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [
      `d${at}`,
      at === 39 ? { type: "number" } : { allOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] },
    ]),
  );
  it.each([
    ["a schema that refers to itself", { $ref: "#" }, 1],
    ["one that doubles forty times", { $defs: bomb, $ref: "#/$defs/d0" }, 1],
    [
      "many values against many alternatives",
      { items: { anyOf: Array.from({ length: 500 }, (_, at) => ({ const: at })) } },
      Array.from({ length: 5_000 }, () => -1),
    ],
    [
      "equal things compared over and over",
      { items: { enum: Array.from({ length: 50 }, () => ["x".repeat(1_000)]) } },
      Array.from({ length: 1_000 }, () => ["y".repeat(1_000)]),
    ],
  ])("%s", (_, schema, value) => {
    expect(schemaProblems(schema, value).join()).toMatch(/cannot be told within 50000 steps|\[0\]: /);
  });

  it("a pattern that would never end elsewhere is matched, or left to the server", () => {
    const text = `${"a".repeat(5_000)}!`;
    expect(schemaProblems({ pattern: "^(a+)+$" }, text)).toHaveLength(1);
    expect(schemaProblems({ pattern: "^(?=a)\\1$" }, text)).toEqual([]);
    expect(schemaProblems({ patternProperties: { "(?<x>a)\\k<x>": false } }, { aa: 1 })).toEqual([]);
  });

  it("never throws", () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 6 }),
        fc.jsonValue({ maxDepth: 6 }),
        (schema, value) => void schemaProblems(schema, value),
      ),
      { numRuns: 500 },
    );
  });
});
