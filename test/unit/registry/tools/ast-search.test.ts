// AstSearch finds structure, whatever the spacing, and says when a pattern is no code.

import { describe, expect, test } from "vitest";
import { callTool, workspaceOf } from "../../../support/workspace.ts";

const tree = () =>
  workspaceOf({
    "a.ts":
      "const é = '日本😀';\nawait client.messages.create({\n  model,\n}, second);\nclass T extends Base<X> { run() {} }\n",
    "b.tsx": "export const B = () => <div>{client.messages.create( one )}</div>;\n",
    "c.js": "client.messages.create(js)\n",
    "d.py": "def act(x):\n    return client.messages.create(x, model='m')\n",
    "e.d.cts": "declare function f(a: number): void;\n",
  });

const search = async (input: object) => callTool(await tree(), "AstSearch", input);
const pattern = "client.messages.create($$$ARGS)";

describe("AstSearch", () => {
  test("finds the structure in every grammar of its language, with what the metavariables stand for", async () => {
    expect((await search({ pattern, language: "typescript" })).text.split("\n")).toEqual([
      "a.ts:2: client.messages.create({ …",
      "    $$$ARGS = { model, }, second",
      "b.tsx:1: client.messages.create( one )",
      "    $$$ARGS = one",
      "[2 matches in 2 files; 3 typescript files searched.]",
    ]);
    expect((await search({ pattern, language: "tsx" })).text).toContain("[1 match in 1 file; 1 tsx file searched.]");
    expect((await search({ pattern, language: "javascript" })).text).toContain("c.js:1: client.messages.create(js)");
    expect((await search({ pattern, language: "python" })).text).toContain("    $$$ARGS = x, model='m'");
    expect((await search({ pattern: "class $N extends $B { $$$ }", language: "typescript" })).text).toContain(
      "    $N = T\n    $B = Base",
    );
  });

  test("both parsers of one process serve python and TypeScript side by side", async () => {
    const box = await tree();
    const answers = await Promise.all(
      ["python", "typescript", "python", "javascript"].map((language) =>
        callTool(box, "AstSearch", { pattern: "$F($$$A)", language }),
      ),
    );
    expect(answers.map(({ text }) => / in 1 file|in 2 files/.test(text))).toEqual([true, true, true, true]);
  });

  test("path, glob and head_limit narrow it, and what is not shown is counted", async () => {
    expect((await search({ pattern, language: "typescript", glob: "*.tsx" })).text).toContain(
      "1 typescript file searched",
    );
    const { text, truncated } = await search({ pattern, language: "typescript", head_limit: 1 });
    expect(text).toContain("[1 are shown: narrow the search, or raise head_limit.]");
    expect(truncated).toBe(true);
    expect(await search({ pattern, language: "python", path: "a.ts" })).toEqual({
      ok: false,
      text: "a.ts is not a python file by its name.",
    });
    expect((await search({ pattern, language: "python", path: "nope" })).ok).toBe(false);
  });

  test.each([
    ["foo(", 'trouble at "foo("'],
    ["a; b", "more than one piece of code"],
    [" ", "no code at all"],
  ])("the pattern %j is refused with a reason", async (bad, reason) => {
    const { ok, text } = await search({ pattern: bad, language: "typescript" });
    expect([ok, text]).toEqual([false, expect.stringContaining(reason)]);
  });

  test("nothing found is an answer", async () => {
    expect(await search({ pattern: "neverCalled($A)", language: "typescript" })).toEqual({
      ok: true,
      text: 'No match for "neverCalled($A)". [3 typescript files searched.]',
      truncated: false,
    });
  });
});
