// Grep finds every line that matches and no other, in linear time, and says what it did not look at.

import { describe, expect, test } from "vitest";
import { createLineSearch } from "../../../../registry/line-search.ts";
import { compileRegex } from "../../../../registry/regex.ts";
import { OUTPUT_CHARS_MAX } from "../../../../registry/tool.ts";
import { callTool, workspaceOf } from "../../../support/workspace.ts";

const tree = () =>
  workspaceOf({
    "a.ts": "import x\nconst one = 1;\nconst two = 2;\n\nexport { one };\n",
    "b.py": "ONE = 1\r\ndef one():\r\n    pass\r\n",
    "src/c.ts": "one\n".repeat(3),
  });

const lines = async (input: object) => (await callTool(await tree(), "Grep", input)).text.split("\n");

describe("Grep", () => {
  test("shows lines, files or counts", async () => {
    expect(await lines({ pattern: "\\bone\\b", output_mode: "content" })).toEqual([
      "a.ts:2:const one = 1;",
      "a.ts:5:export { one };",
      "b.py:2:def one():",
      "src/c.ts:1:one",
      "src/c.ts:2:one",
      "src/c.ts:3:one",
      "[6 matching lines in 3 files; 3 files searched.]",
    ]);
    expect(await lines({ pattern: "const" })).toEqual(["a.ts", "[2 matching lines in 1 file; 3 files searched.]"]);
    expect(await lines({ pattern: "one", output_mode: "count" })).toEqual([
      "a.ts:2",
      "b.py:1",
      "src/c.ts:3",
      "[6 matching lines in 3 files; 3 files searched.]",
    ]);
  });

  test("-i, -n, glob and path narrow and shape it", async () => {
    expect(
      await lines({
        pattern: "^ONE",
        "-i": true,
        output_mode: "content",
        "-n": false,
        glob: "*.{py,ts}",
        path: "b.py",
      }),
    ).toEqual(["b.py:ONE = 1", "[1 matching line in 1 file; 1 file searched.]"]);
    expect(await lines({ pattern: "one", glob: "*.ts" })).toEqual([
      "a.ts",
      "src/c.ts",
      "[5 matching lines in 2 files; 2 files searched.]",
    ]);
    expect(await lines({ pattern: "one", glob: "!*.ts" })).toEqual([
      "b.py",
      "[1 matching line in 1 file; 1 file searched.]",
    ]);
    expect(await lines({ pattern: "one", path: "src" })).toEqual([
      "src/c.ts",
      "[3 matching lines in 1 file; 1 file searched.]",
    ]);
  });

  test("context is shown once, with a rule between stretches that do not touch", async () => {
    expect(await lines({ pattern: "import|export|def", "-A": 1, output_mode: "content" })).toEqual([
      "a.ts:1:import x",
      "a.ts-2-const one = 1;",
      "--",
      "a.ts:5:export { one };",
      "--",
      "b.py:2:def one():",
      "b.py-3-    pass",
      "[3 matching lines in 2 files; 3 files searched.]",
    ]);
    const around = await lines({ pattern: "const", "-C": 1, output_mode: "content" });
    expect(around.slice(0, 4)).toEqual([
      "a.ts-1-import x",
      "a.ts:2:const one = 1;",
      "a.ts:3:const two = 2;",
      "a.ts-4-",
    ]);
  });

  test("a line is judged alone: anchors, CR LF and line ends", async () => {
    expect(await lines({ pattern: "1$", output_mode: "content" })).toContain("b.py:1:ONE = 1");
    expect(await lines({ pattern: "^\\s*$", output_mode: "content", glob: "*.ts" })).toEqual([
      "a.ts:4:",
      "[1 matching line in 1 file; 2 files searched.]",
    ]);
    expect(await lines({ pattern: "\\Aimport\\s\\S\\z", output_mode: "content" })).toEqual([
      "a.ts:1:import x",
      "[1 matching line in 1 file; 3 files searched.]",
    ]);
    expect(await lines({ pattern: "2;\\s+export", output_mode: "content" })).toEqual([
      'No match for "2;\\\\s+export". [3 files searched.]',
    ]);
  });

  test("across lines only when told to", async () => {
    const box = await tree();
    const refused = await callTool(box, "Grep", { pattern: "2;\\n" });
    expect([refused.ok, refused.text]).toEqual([false, expect.stringContaining("multiline")]);
    expect(await lines({ pattern: "2;\\n+export", multiline: true, output_mode: "content" })).toEqual([
      "a.ts:3:const two = 2;",
      "a.ts:4:",
      "a.ts:5:export { one };",
      "[3 matching lines in 1 file; 3 files searched.]",
    ]);
    expect((await callTool(box, "Grep", { pattern: "a\\\\n" })).ok).toBe(true);
  });

  test("more than fits is counted to the end and said", async () => {
    const box = await workspaceOf({
      "a.txt": "match\n".repeat(900),
      "b.txt": "match\n",
      "long.txt": `match${"x".repeat(3_000)}\n`,
    });
    const { text, truncated } = await callTool(box, "Grep", {
      pattern: "match",
      output_mode: "content",
      head_limit: 5,
    });
    expect(text.split("\n").slice(4)).toEqual([
      "a.txt:5:match",
      "[902 matching lines in 3 files; 3 files searched.]",
      "[Not everything is shown: narrow the search, or raise head_limit.]",
    ]);
    expect(truncated).toBe(true);
    const { text: long } = await callTool(box, "Grep", { pattern: "x{10}", output_mode: "content" });
    expect(long.split("\n")[0]).toBe(`long.txt:1:match${"x".repeat(495)}… [cut: 2505 more characters]`);
  });

  test("an answer never grows beyond what an answer may hold", async () => {
    const box = await workspaceOf({ "a.txt": `match${"x".repeat(400)}\n`.repeat(2_000) });
    const { text, truncated } = await callTool(box, "Grep", {
      pattern: "match",
      output_mode: "content",
      head_limit: 2_000,
    });
    expect(text.length).toBeLessThanOrEqual(OUTPUT_CHARS_MAX);
    expect(text.length).toBeGreaterThan(OUTPUT_CHARS_MAX - 3_000);
    expect(truncated).toBe(true);
    expect(text).toContain("[2,000 matching lines in 1 file; 1 file searched.]");
  });

  test("binary and huge files are counted, not searched", async () => {
    const box = await workspaceOf({
      "a.bin": Buffer.from("match\0"),
      "big.txt": Buffer.alloc(5_000_001, "match\n"),
      "c.txt": "match",
    });
    expect((await callTool(box, "Grep", { pattern: "match" })).text.split("\n")).toEqual([
      "c.txt",
      "[1 matching line in 1 file; 1 file searched.]",
      "[Files not searched: 1 binary, 1 too large.]",
    ]);
  });

  test.each([
    ["a(b", 'The pattern "a(b" is not a regular expression: missing closing ) at character 2.'],
    ["[z-a]", "at character 2"],
    ["x(?=y)", "(look-around and back-references are not available)"],
    ["(a)\\1", "(look-around and back-references are not available)"],
    ["*a", "at character 1"],
    ["(?:[ab]{1,100}){9}(?:[cd]{1,100}){9}", "too complicated"],
    ["x".repeat(1_001), "at most 1000"],
  ])("the pattern %j is refused with its place and reason", async (pattern, reason) => {
    const { ok, text } = await callTool(await tree(), "Grep", { pattern });
    expect([ok, text]).toEqual([false, expect.stringContaining(reason)]);
  });
});

describe("linear time", () => {
  test("patterns that take others for ever are answered", async () => {
    const box = await workspaceOf({ "a.txt": `${"a".repeat(50_000)}!\n` });
    for (const pattern of ["(a+)+$", "(a|aa)+$", "(.*a){20}b", "^(([a-z])+.)+[A-Z]([a-z])+$"]) {
      expect((await callTool(box, "Grep", { pattern })).text).toContain("1 file searched");
    }
  });

  test("one search is stopped from outside between two stretches", async () => {
    const search = createLineSearch("(?i)(?:[ab]{1,50}a){20}c", { ignoreCase: false, multiline: false });
    const text = `${"ab".repeat(500)}\n`.repeat(200);
    expect(await search.search(text, () => true)).toEqual({ matches: [], isCut: true });
  });

  test("the longer the pattern, the shorter the text that is searched at once", () => {
    const options = { ignoreCase: false, multiline: false, dotAll: false };
    const [short, long] = [compileRegex("a", options), compileRegex("(?:[ab]{1,50}a){20}c", options)];
    expect(short.charsMax).toBeGreaterThan(long.charsMax);
    expect(long.charsMax).toBeLessThan(20_000);
  });

  test("blocks never lose, double or misplace a line", async () => {
    // Lines of all lengths around the block's, with a pattern heavy enough that blocks are short.
    const pattern = "HIT(?:[ab]{0,50}){20}";
    const lengths = Array.from({ length: 300 }, (_, index) => (index * 7_919) % 12_000);
    const text = lengths.map((length, index) => `${index % 3 === 0 ? "HIT" : ""}${"-".repeat(length)}`).join("\n");
    const { matches } = await createLineSearch(pattern, { ignoreCase: false, multiline: false }).search(
      text,
      () => false,
    );
    expect(matches).toEqual(lengths.flatMap((_, index) => (index % 3 === 0 ? [index] : [])));
  });
});
