/** What a definition must be before anybody is asked about it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkedDefinition, checkedList, definitionFrom, isDefined } from "../../../../registry/plugins/definition.ts";

const plain = {
  name: "add",
  description: "Adds.",
  inputSchema: { type: "object", properties: { a: { type: "number" } } },
};

const problemOf = (raw: unknown): string => {
  const made = checkedDefinition("srv", raw);
  return isDefined(made) ? "" : made.problem;
};

it("a plain definition is taken, and its text gives it back", () => {
  const made = checkedDefinition("srv", plain);
  if (!isDefined(made)) throw new Error(made.problem);
  expect(definitionFrom("srv", made.text)).toEqual(made);
  expect(made.hash).toMatch(/^[0-9a-f]{64}$/);
});

it("the order of keys changes no hash; every part that counts changes it", () => {
  const hashOf = (raw: unknown): string => {
    const made = checkedDefinition("srv", raw);
    if (!isDefined(made)) throw new Error(made.problem);
    return made.hash;
  };
  const turned = {
    inputSchema: { properties: { a: { type: "number" } }, type: "object" },
    description: "Adds.",
    name: "add",
  };
  expect(hashOf(turned)).toBe(hashOf(plain));
  const others = [
    { ...plain, name: "ad" },
    { ...plain, title: "Add" },
    { ...plain, description: "Adds " },
    { ...plain, inputSchema: { type: "object" } },
    { ...plain, outputSchema: { type: "object" } },
    { ...plain, annotations: { readOnlyHint: true } },
    { ...plain, _meta: { x: 1 } },
  ];
  const hashes = [plain, ...others].map(hashOf);
  expect(new Set(hashes).size).toBe(hashes.length);
});

describe("a definition is refused, with the reason,", () => {
  const nested = (depth: number): unknown =>
    depth === 0 ? { type: "string" } : { type: "object", properties: { x: nested(depth - 1) } };
  it.each([
    ["that is none", 7, "is no object"],
    ["without a name", { ...plain, name: "" }, "has no name"],
    ["whose name is no name", { ...plain, name: "a b" }, "not made of"],
    ["whose name has a dot", { ...plain, name: "a.b" }, "a dot"],
    ["whose whole name is too long", { ...plain, name: "a".repeat(125) }, "at most 128"],
    ["without a schema", { name: "x" }, "its input schema is no object"],
    ["whose schema is not of an object", { ...plain, inputSchema: { type: "string" } }, "not the schema of an object"],
    [
      "whose schema names a strange type",
      { ...plain, inputSchema: { type: "object", properties: { a: { type: "int" } } } },
      'the type "int"',
    ],
    [
      "whose schema holds no schema",
      { ...plain, inputSchema: { type: "object", properties: { a: 7 } } },
      "no schema, at properties.a",
    ],
    [
      "whose schema refers to elsewhere",
      { ...plain, inputSchema: { type: "object", $ref: "https://x/y.json" } },
      "outside of itself",
    ],
    [
      "whose schema refers to nothing",
      { ...plain, inputSchema: { type: "object", properties: { a: { $ref: "#/$defs/no" } } } },
      "does not hold",
    ],
    ["whose schema is too deep", { ...plain, inputSchema: nested(20) }, "levels deep"],
    [
      "whose schema is too large",
      { ...plain, inputSchema: { type: "object", enum: Array.from({ length: 5_001 }, () => 1) } },
      "more than 5000 parts",
    ],
    ["of ten million bytes", { ...plain, description: "x".repeat(10_000_000) }, "at most 65536"],
    ["with a broken character", { ...plain, description: "a\ud800" }, "a broken character"],
    ["whose description is no text", { ...plain, description: 7 }, "description is no text"],
  ])("%s", (_, raw, why) => {
    expect(problemOf(raw)).toContain(why);
  });

  it.each([
    ["\u202e", "U+202E"],
    ["\u200b", "U+200B"],
    ["\u{e0041}", "U+E0041"],
    ["\u001b", "U+001B"],
    ["\u2066", "U+2066"],
    ["\ufeff", "U+FEFF"],
  ])("with %j anywhere in it, named as %s", (sign, name) => {
    const places = [
      { ...plain, description: `a${sign}b` },
      { ...plain, title: `a${sign}` },
      { ...plain, inputSchema: { type: "object", properties: { a: { description: `x${sign}y` } } } },
      { ...plain, inputSchema: { type: "object", properties: { [`a${sign}b`]: {} } } },
      { ...plain, outputSchema: { type: "object", description: `x${sign}y` } },
      { ...plain, annotations: { title: `x${sign}y` } },
      { ...plain, _meta: { note: `x${sign}y` } },
    ];
    for (const raw of places) expect(problemOf(raw)).toContain(name);
  });
});

it("never throws, whatever comes", () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), (raw, schema) => {
      checkedDefinition("srv", raw);
      checkedDefinition("srv", { ...plain, inputSchema: schema });
      checkedList("srv", [raw, { ...plain, inputSchema: schema }]);
    }),
    { numRuns: 300 },
  );
});

it("a key like __proto__ is a key like any other", () => {
  const raw = JSON.parse(
    '{"name":"a","description":"","inputSchema":{"type":"object","properties":{"__proto__":{"type":"string"}}}}',
  );
  const made = checkedDefinition("srv", raw);
  if (!isDefined(made)) throw new Error(made.problem);
  expect(made.text).toContain('"__proto__":{"type":"string"}');
});

it("two of one name are taken by nobody, and the rest is", () => {
  const list = checkedList("srv", [plain, { ...plain, name: "b" }, plain]);
  expect(list.tools.map(({ definition }) => definition.name)).toEqual(["b"]);
  expect(list.problems).toEqual([{ tool: '"add"', problem: "it is defined 2 times" }]);
});

it("more than a server may bring is no tool at all", () => {
  const fat = Array.from({ length: 40 }, (_, at) => ({ ...plain, name: `t${at}`, description: "x".repeat(60_000) }));
  expect(checkedList("srv", fat)).toEqual({
    tools: [],
    problems: [{ tool: "all of its tools", problem: expect.stringContaining("at most 2097152") }],
  });
});
