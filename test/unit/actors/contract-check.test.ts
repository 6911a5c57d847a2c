// What a contract asks for is asked for, however its author wrote it down.
import { describe, expect, test } from "vitest";
import { contractProblems, contractTrouble } from "../../../actors/runtime/contract-check.ts";

describe("a value", () => {
  test.each<[string, Record<string, unknown>, unknown, RegExp]>([
    ["lacks a field that is required and described", { properties: { a: {} }, required: ["a"] }, {}, /^value\.a/],
    ["lacks a field that is required and described nowhere", { required: ["a"] }, {}, /^value\.a: is missing$/],
    ["has a text that is too short, of no type", { properties: { a: { minLength: 5 } } }, { a: "x" }, /^value\.a: /],
    ["has a number that is too small, of no type", { properties: { a: { minimum: 5 } } }, { a: 1 }, /^value\.a: /],
    ["has too few items of no kind", { properties: { a: { type: "array", minItems: 2 } } }, { a: [1] }, /^value\.a: /],
    [
      "lacks a field inside of a part of no type",
      { properties: { a: { properties: { b: { type: "string" } }, required: ["b"] } } },
      { a: {} },
      /^value\.a\.b: is missing$/,
    ],
    [
      "is too short for one of a list, and for its limit",
      { properties: { a: { type: "string", enum: ["x", "long"], minLength: 3 } } },
      { a: "x" },
      /^value\.a: /,
    ],
    ["has too few fields", { minProperties: 2 }, { a: 1 }, /^value/],
  ])("that %s does not fit", (_, contract, value, problem) => {
    const problems = contractProblems({ type: "object", ...contract }, value);
    expect(problems.join("\n")).toMatch(problem);
  });

  test("that has all of it fits", () => {
    const contract = { type: "object", properties: { a: { minLength: 2 } }, required: ["a", "b"], minProperties: 2 };
    expect(contractProblems(contract, { a: "xx", b: null })).toEqual([]);
  });
});

describe("a contract", () => {
  test("that nothing could be held to is known as such before anybody works for it", () => {
    expect(contractTrouble({ type: "objekt" })).toContain("objekt");
    expect(contractTrouble({ type: "object", properties: { a: { $ref: "#/nope" } } })).toContain("#/nope");
    expect(contractTrouble({ type: "object" })).toBeNull();
  });
});

describe("a pattern", () => {
  const slow = "^(a+)+$";

  test("that would hold a worker up for ever is tried in a moment", () => {
    const contract = { type: "object", properties: { a: { type: "string", pattern: slow } } };
    expect(contractProblems(contract, { a: "aaa" })).toEqual([]);
    expect(contractProblems(contract, { a: `${"a".repeat(60)}!` })).toEqual([
      expect.stringMatching(/^value\.a: must match/),
    ]);
  });

  test("counts wherever it stands, and a field may be called so", () => {
    const contract = {
      type: "object",
      properties: { pattern: { type: "array", items: { pattern: "^x" } } },
      patternProperties: { "^n_": { type: "number" } },
      additionalProperties: false,
    };
    expect(contractProblems(contract, { pattern: ["x1"], n_a: 1 })).toEqual([]);
    expect(contractProblems(contract, { pattern: ["y1"] })).toHaveLength(1);
    expect(contractProblems(contract, { n_a: "one" })).toHaveLength(1);
    expect(contractProblems(contract, { other: 1 })).toHaveLength(1);
  });

  test("that nobody can try in bounded time is known before anybody works for it", () => {
    const text = contractTrouble({ type: "object", properties: { a: { type: "string", pattern: "(?=a)a" } } });
    expect(text).toContain("(?=a)a");
  });
});
