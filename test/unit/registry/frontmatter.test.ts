/** The head of a Markdown file: plain data with its lines, and nothing that is more than it shows. */
import { describe, expect, it } from "vitest";
import { type HeadedFile, headedFile } from "../../../registry/frontmatter.ts";
import { hiddenCharacter } from "../../../registry/hidden-characters.ts";

const head = (yaml: string, body = "Text.\n"): ReturnType<typeof headedFile> =>
  headedFile(`---\n${yaml}\n---\n${body}`);
const fields = (yaml: string): Record<string, unknown> => {
  const found = head(yaml);
  if (found === null || "reason" in found) throw new Error(JSON.stringify(found));
  return Object.fromEntries([...found.fields].map(([name, { value }]) => [name, value]));
};

describe("a head", () => {
  it("gives every field with the line that it stands on, and where the text begins", () => {
    const found = head("name: a\nlist:\n  - x\n  - y\nlast: 3") as HeadedFile;
    expect([...found.fields].map(([name, { line }]) => [name, line])).toEqual([
      ["name", 2],
      ["list", 3],
      ["last", 6],
    ]);
    expect(found).toMatchObject({ body: "Text.\n", bodyLine: 8 });
  });

  it("is read with line ends of Windows and a byte order mark, and folds long texts", () => {
    const found = headedFile("\ufeff---\r\nname: a\r\ndescription: >-\r\n  one\r\n  two\r\n---\r\nBody") as HeadedFile;
    expect(found.fields.get("description")?.value).toBe("one two");
    expect(found.body).toBe("Body");
  });

  it("takes words that look like switches and dates for what they are in YAML's core: texts but for true, false, null and numbers", () => {
    expect(fields("a: yes\nb: 2026-01-02\nc: true\nd: 12\ne: ~")).toEqual({
      a: "yes",
      b: "2026-01-02",
      c: true,
      d: 12,
      e: null,
    });
  });

  it("keeps a key that is called like a prototype as a field of its own", () => {
    expect(head("__proto__: {x: 1}\nname: a")).toMatchObject({
      fields: new Map([
        ["__proto__", expect.anything()],
        ["name", expect.anything()],
      ]),
    });
    expect(({} as { x?: unknown }).x).toBeUndefined();
  });

  it("is missing where a file does not begin with it, and broken where nothing closes it", () => {
    expect(headedFile("# Title\n\n---\nname: a\n---\n")).toBeNull();
    expect(headedFile("---\nname: a\n")).toMatchObject({ line: 1, reason: expect.stringContaining("never closed") });
  });

  it.each([
    ["a tag that builds something", "name: !!js/function 'function () {}'", "tag"],
    ["a tag of its own", "name: !thing x", "tag"],
    ["a text that doubles itself", "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "refers to itself"],
    ["one alias alone", "a: &a x\nb: *a", "refers to itself"],
    ["a field twice", "name: a\nname: b", "twice"],
    ["a colon in a text without quotes", "description: Use it when: always", "quotes"],
    ["a list in place of fields", "- a\n- b", "no list of fields"],
    ["a name that is no text", "? [a, b]\n: c", "no plain text"],
    ["brackets without end", `a: ${"[".repeat(5_000)}`, "brackets"],
    [
      "more fields than anybody needs",
      Array.from({ length: 100 }, (_, index) => `f${index}: 1`).join("\n"),
      "64 fields",
    ],
    ["more characters than anybody reads", `a: ${"x".repeat(20_000)}`, "16384"],
    ["a character that nobody sees", "name: a\u202eb", "U+202E"],
  ])("is refused with its reason for %s", (_what, yaml, reason) => {
    expect(head(yaml)).toMatchObject({ reason: expect.stringContaining(reason) });
  });
});

describe("characters that nobody sees", () => {
  const hidden = [
    ["an override of direction", "a\u202eb", "U+202E"],
    ["a mark of direction", "a\u200fb", "U+200F"],
    ["an isolate", "a\u2066b", "U+2066"],
    ["a space without width", "a\u200bb", "U+200B"],
    ["a joiner between plain letters", "a\u200db", "U+200D"],
    ["tags that spell words", "a\u{e0041}b", "U+E0041"],
    ["selectors that carry bytes", "a\u{e0101}b", "U+E0101"],
    ["a filler", "a\u3164b", "U+3164"],
    ["an escape of a terminal", "a\u001b[31mb", "U+001B"],
    ["a byte order mark inside", "a\ufeffb", "U+FEFF"],
  ] as const;
  it.each(hidden)("are found: %s", (_what, text, name) => {
    expect(hiddenCharacter(`one\n${text}`)).toMatchObject({ name, line: 2 });
  });

  it.each([
    "plain text\twith tab\r\nand lines",
    "family 👨‍👩‍👧 and heart ❤️",
    "می‌خواهم",
    "क्‍ष",
    "naïve café – “quotes” … 中文 한국어 עברית العربية",
    "\ufeffbeginning",
  ])("are not found in what people write: %s", (text) => {
    expect(hiddenCharacter(text)).toBeNull();
  });
});
