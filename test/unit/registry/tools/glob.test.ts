// Glob finds what the pattern says, in an order that never changes, in time that no pattern can stretch.

import picomatch from "picomatch";
import { describe, expect, test } from "vitest";
import { parseGlob } from "../../../../registry/glob-pattern.ts";
import { callTool, workspaceOf } from "../../../support/workspace.ts";

const files = [
  "a.ts",
  "b.tsx",
  "src/a.ts",
  "src/deep/er/c.ts",
  "src/deep/d.test.ts",
  "src/[id]/page.tsx",
  "docs/x.md",
  ".github/ci.yml",
  "src/a.b.c.js",
];
const tree = () => workspaceOf(Object.fromEntries(files.map((file) => [file, "x"])));

describe("patterns mean what they mean elsewhere", () => {
  test.each([
    "**/*.ts",
    "*.ts",
    "**/*",
    "src/*",
    "src/**",
    "src/**/*.ts",
    "**/deep/**",
    "src/?.ts",
    "**/[a-c].ts",
    "**/[^a].ts",
    "**/*.{ts,tsx}",
    "{src,docs}/**/*.{md,ts}",
    "src/{a,deep/**/c}.ts",
    "**/*.*.*",
    "src/**/er/**/*.ts",
    "**/d.{test,spec}.ts",
    "**/\\[id\\]/*",
    "!**/*.ts",
    "src/**/**/c.ts",
    "**",
  ])("%s", (pattern) => {
    const matches = picomatch(pattern, { dot: true });
    const expected = files.filter((file) => matches(file));
    expect(files.filter(parseGlob(pattern).matches)).toEqual(expected);
    expect(expected.length).toBeGreaterThan(0);
  });

  test("a class is negated by ! as well, and never matches a slash", () => {
    expect(files.filter(parseGlob("**/[!a].ts").matches)).toEqual(["src/deep/er/c.ts"]);
    expect(files.filter(parseGlob("src[!x]a.ts").matches)).toEqual([]);
  });

  test("a pattern without a slash can be told to hold at every depth", () => {
    expect(files.filter(parseGlob("a*.ts", { anyDepth: true }).matches)).toEqual(["a.ts", "src/a.ts"]);
    expect(files.filter(parseGlob("!*.ts", { anyDepth: true }).matches)).not.toContain("src/a.ts");
  });

  test.each(["", "!", "../x", "a/../b", "@(a|b)", "a\\", "x".repeat(1_001)])(
    "%j is refused with a reason",
    (pattern) => {
      expect(() => parseGlob(pattern)).toThrow(/\w/);
    },
  );

  test("no number of stars makes it slow", () => {
    // Three stars cost a backtracking matcher a second here, four nearly a minute.
    expect(parseGlob(`${"*a".repeat(100)}*b`).matches("a".repeat(4_000))).toBe(false);
    expect(parseGlob(`${"**/a/".repeat(50)}b`).matches("a/".repeat(2_000))).toBe(false);
  });
});

describe("Glob", () => {
  test("lists by path, relative to the workspace, wherever it started", async () => {
    const box = await tree();
    expect((await callTool(box, "Glob", { pattern: "**/*.ts" })).text.split("\n")).toEqual([
      "a.ts",
      "src/a.ts",
      "src/deep/d.test.ts",
      "src/deep/er/c.ts",
    ]);
    expect((await callTool(box, "Glob", { pattern: "*.ts", path: "src" })).text).toBe("src/a.ts");
    expect((await callTool(box, "Glob", { pattern: `${box.root}/src/*.ts` })).text).toBe("src/a.ts");
    expect((await callTool(box, "Glob", { pattern: "./*.ts", path: `${box.root}/src/deep/` })).text).toBe(
      "src/deep/d.test.ts",
    );
  });

  test("a thousand paths are listed, and how many there are is said", async () => {
    const many = Object.fromEntries(
      Array.from({ length: 1_005 }, (_, index) => [`f${String(index).padStart(4, "0")}`, ""]),
    );
    const box = await workspaceOf(many);
    const { text, truncated } = await callTool(box, "Glob", { pattern: "*" });
    expect(text.split("\n").slice(-2)).toEqual([
      "f0999",
      "[1,005 files match; the first 1,000 are listed. Narrow the pattern or the path.]",
    ]);
    expect(truncated).toBe(true);
  });

  test("nothing found, a file for a folder, a bad pattern: each is said", async () => {
    const box = await tree();
    expect(await callTool(box, "Glob", { pattern: "*.py" })).toEqual({
      ok: true,
      text: 'No file matches "*.py". A pattern without "**/" speaks of the starting folder alone.',
      truncated: false,
    });
    expect(await callTool(box, "Glob", { pattern: "*", path: "a.ts" })).toEqual({
      ok: false,
      text: "a.ts is a file; path names the folder to start from.",
    });
    expect((await callTool(box, "Glob", { pattern: "+(a)" })).ok).toBe(false);
    expect(await callTool(box, "Glob", { pattern: "*", path: "nope" })).toEqual({
      ok: false,
      text: '"nope" does not exist in the workspace.',
    });
  });

  test("a name with a line break cannot pass for two files", async () => {
    const box = await workspaceOf({ "a\nforged.ts": "x" });
    expect((await callTool(box, "Glob", { pattern: "*" })).text).toBe("a\\u000aforged.ts");
  });
});
