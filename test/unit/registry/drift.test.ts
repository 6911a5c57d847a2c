// What a person is shown of a definition: nothing in it hides, and what changed stands out.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { definitionOf, definitionProblems } from "../../../registry/drift/definition.ts";
import { diffOf } from "../../../registry/drift/diff.ts";
import { schemaProblems } from "../../../registry/drift/schema-checks.ts";
import { hiddenIn, visible } from "../../../registry/drift/visible.ts";
import type { ToolDeclaration } from "../../../registry/tool.ts";
import { definitionHash, tools } from "../../../registry/tools/index.ts";

const tool = (change: Partial<ToolDeclaration>): ToolDeclaration => ({
  ...(tools[0] as ToolDeclaration),
  name: "Echo",
  description: "Gives back what it is given. Nothing more.",
  input: z.strictObject({ text: z.string(), times: z.int().optional() }),
  ...change,
});

describe("what hides", () => {
  const hidden: readonly (readonly [string, string])[] = [
    ["a tag that spells words", "\u{e0041}"],
    ["a space of no width", "\u200b"],
    ["a turn of direction", "\u202e"],
    ["a control", "\u001b"],
    ["a variation selector", "\ufe01"],
    ["one of the supplement", "\u{e0101}"],
    ["a filler", "\u3164"],
    ["an empty Braille cell", "\u2800"],
    ["a line separator", "\u2028"],
    ["a space that breaks nowhere", "\u00a0"],
    ["a private character", "\ue000"],
    ["a lone half", "\ud800"],
    ["a carriage return", "\r"],
  ];
  for (const [what, character] of hidden) {
    it(`${what} is named by its number`, () => {
      const name = `U+${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0")}`;
      expect(visible(`a${character}b`)).toBe(`a{${name}}b`);
      expect(hiddenIn(`a${character}b${character}`)).toBe(`${name} ×2`);
    });
  }

  it("letters of every script, signs, line ends and tabs hide nothing", () => {
    const text = "Größe 名前 שם नमस्ते 👍 «a» — ½\n\tx";
    expect(hiddenIn(text)).toBe("");
    expect(visible(text)).toBe(text.replace("\t", "  "));
  });
});

describe("a difference", () => {
  it("is empty where there is none, and never where there is one", () => {
    expect(diffOf("a\nb", "a\nb")).toEqual([]);
    expect(diffOf("a", "a\u200b")).toEqual(["- a", "+ a{U+200B}"]);
    expect(diffOf("a{U+200B}", "a\u200b")).not.toEqual([]);
  });

  it("shows what went, what came and what is around it, in order", () => {
    const before = ["1", "2", "3", "4", "5", "6", "7"];
    const after = ["1", "2", "3", "x", "5", "6", "7", "8"];
    expect(diffOf(before.join("\n"), after.join("\n"))).toEqual([
      "  2",
      "  3",
      "- 4",
      "+ x",
      "  5",
      "  6",
      "  7",
      "+ 8",
    ]);
  });

  it("is bounded, and says how much more there is", () => {
    const before = Array.from({ length: 3_000 }, (_, at) => `a${at}`).join("\n");
    const shown = diffOf(before, before.replaceAll("a", "b"));
    expect(shown).toHaveLength(401);
    expect(shown.at(-1)).toBe("  … and 5600 more lines");
  });
});

describe("a definition", () => {
  it("reads another way whenever its hash is another", () => {
    const was = definitionOf(tool({}));
    const changes: Partial<ToolDeclaration>[] = [
      { description: "Gives back what it is given. Nothing more!" },
      { name: "Echo2" },
      { risk: "destructive" },
      { repeat: "unsafe" },
      { input: z.strictObject({ text: z.string().max(3) }) },
    ];
    for (const change of changes) {
      const is = definitionOf(tool(change));
      expect(is.hash).toBe(definitionHash(tool(change)));
      expect(is.hash).not.toBe(was.hash);
      expect(diffOf(was.text, is.text)).not.toEqual([]);
    }
  });

  it("with a character that nobody sees has something wrong with it", () => {
    expect(definitionProblems(tool({}))).toEqual([]);
    expect(definitionProblems(tool({ description: "Echoes.\u200b\u{e0041}" }))).toEqual([
      "its definition has characters that nobody sees: U+200B, U+E0041",
    ]);
  });
});

describe("schema and door", () => {
  const inputs = [{ text: "x", times: 2 }];

  it("that agree have no problem, an input refused by both included", () => {
    expect(schemaProblems(tool({}), [...inputs, { times: 1 }])).toEqual([]);
  });

  it("a schema that wants less than the door is found", () => {
    const schema = { type: "object", properties: { text: {}, times: {} } };
    expect(schemaProblems(tool({ schema }), inputs)).toEqual(['its door refuses what its schema allows: {"times":2}']);
  });

  it("a schema that forbids what the door lets in is found", () => {
    const schema = { type: "object", properties: { text: { type: "number" } }, required: ["text"] };
    expect(schemaProblems(tool({ schema }), inputs)[0]).toBe(
      'its schema forbids what its door lets in: {"text":"x","times":2}',
    );
  });

  it("a door that does not look at what its schema demands is found", () => {
    const schema = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };
    const found = schemaProblems(tool({ schema, input: z.object({}).loose() }), inputs);
    expect(found).toContain('its door lets in what its schema forbids: {"times":2}');
  });
});
