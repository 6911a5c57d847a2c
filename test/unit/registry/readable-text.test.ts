/** A definition laid out for people says the same, line by line. */
import { expect, it } from "vitest";
import { diffOf } from "../../../registry/drift/diff.ts";
import { readableText } from "../../../registry/drift/readable-text.ts";
import { canonicalText } from "../../../registry/plugins/canonical-text.ts";

const definition = (description: string) =>
  canonicalText({ name: "look", description, inputSchema: { type: "object", properties: { a: { type: "string" } } } });

it("one line of JSON is laid out and loses nothing; everything else stays as it is", () => {
  const text = definition('says "hi"\nand more');
  expect(JSON.parse(readableText(text))).toEqual(JSON.parse(text));
  expect(readableText(text).split("\n").length).toBeGreaterThan(5);
  for (const other of ["# A skill\n{}", "{ no JSON", "", "plain"]) expect(readableText(other)).toBe(other);
});

it("a change of one field is one line of the comparison", () => {
  const changed = diffOf(readableText(definition("Looks.")), readableText(definition("Looks, and mails.")));
  expect(changed.filter((line) => /^[-+]/.test(line))).toEqual([
    '-   "description": "Looks.",',
    '+   "description": "Looks, and mails.",',
  ]);
});
