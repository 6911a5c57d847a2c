// The rules of `.gitignore` mean what they mean to git, and no rule can make matching slow.

import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseIgnoreRules } from "../../../../infra/sandbox/ignore-rules.ts";
import { openBox } from "../../../../infra/sandbox/workspace-box.ts";
import { pathsOf, temporaryFolder, workspaceOf, writeFiles } from "../../../support/workspace.ts";

/** Whoever runs the tests may ignore more than the workspace does. */
const gitEnv = { PATH: process.env.PATH, GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };

const cases: readonly (readonly [rules: string, files: readonly string[]])[] = [
  ["*.log\n!keep.log\n", ["a.log", "keep.log", "d/b.log", "d/keep.log", "a.logs"]],
  ["/top\n", ["top", "d/top"]],
  ["out/\n", ["out/x", "d/out/x", "e/out"]],
  ["a/b\n", ["a/b/c", "d/a/b/c", "a/bb"]],
  ["a/**/z\n", ["a/z", "a/b/z", "a/b/c/z", "az", "d/a/z"]],
  ["**/deep\n", ["deep/x", "a/deep/x", "a/b/deep"]],
  ["a/**\n", ["a/x", "a/b/c", "b/a/x"]],
  ["**\n!*.ts\n!*/\n", ["x.ts", "a/x.ts", "a/x.js", "x.js"]],
  ["foo*bar?.t[xy]t\n", ["foobar1.txt", "foo-x-bar2.tyt", "foobar.txt", "foobar1.tzt"]],
  ["[!a]x\n[a-c]y\n[]-]z\n[[:digit:]]w\n", ["bx", "ax", "by", "dy", "]z", "-z", "7w", "vw"]],
  ["\\#hash\n\\!bang\n# comment\nspace\\ \ntrail   \n", ["#hash", "!bang", "# comment", "space ", "space", "trail"]],
  ["a[\nb\\\ngone\n", ["a[", "b", "b\\", "gone"]],
  ["a**b\n", ["ab", "axxb", "x/ab"]],
  ["\uFEFFbom\r\ncr\r\n", ["bom", "cr"]],
  ["/*\n!/src\n", ["src/x", "other", "other2/x"]],
  ["src/*.gen.ts\n", ["src/a.gen.ts", "src/d/a.gen.ts", "lib/src/a.gen.ts"]],
  ["é?\n日*\n", ["éx", "日本", "e日"]],
  ["a/**/**/b/**/c\n", ["a/b/c", "a/x/b/y/z/c", "a/b/d"]],
];

describe("what git ignores, the walk leaves out", () => {
  test.each(cases)("%j", async (rules, files) => {
    const root = temporaryFolder();
    writeFiles(root, Object.fromEntries(files.map((file) => [file, "x"])));
    writeFiles(root, { ".gitignore": rules });
    execFileSync("git", ["init", "-q", root], { env: gitEnv });
    const list = ["-C", root, "-c", "core.quotePath=false", "ls-files", "-z", "--others", "--exclude-standard"];
    const git = execFileSync("git", list, { encoding: "utf8", env: gitEnv }).split("\0").filter(Boolean);
    const walked = await pathsOf((await openBox(root)).walk());
    expect(walked.sort()).toEqual(git.sort());
    expect(git.length).toBeLessThan(files.length + 1);
  });

  test("a deeper file of rules overrules those above it", async () => {
    const files = {
      ".gitignore": "*.log\nd/gen/\n",
      "d/.gitignore": "!keep.log\n!gen/\n",
      "d/keep.log": "",
      "keep.log": "",
    };
    const box = await workspaceOf({ ...files, "d/gen/x": "", "gen/x": "", "d/other.log": "" });
    const expected = [".gitignore", "d/.gitignore", "d/gen/x", "d/keep.log", "gen/x"];
    expect(await pathsOf(box.walk())).toEqual(expected);
    expect(await pathsOf(box.walk({ under: "d" }))).toEqual(expected.filter((path) => path.startsWith("d/")));
  });

  test("what is never source is left out without rules, unless the walk begins inside it or is told not to care", async () => {
    const box = await workspaceOf({
      "a/node_modules/m/x.js": "",
      ".git/config": "",
      ".swarm/x": "",
      "a/__pycache__/x": "",
      "dist/x": "",
    });
    expect(await pathsOf(box.walk())).toEqual(["dist/x"]);
    expect(await pathsOf(box.walk({ under: "a/node_modules/m" }))).toEqual(["a/node_modules/m/x.js"]);
    expect(await pathsOf(box.walk({ respectIgnore: false }))).toHaveLength(5);
  });

  test("rules behind a link are not read, as in git", async () => {
    const box = await workspaceOf({ rules: "*\n", "a.txt": "" });
    execFileSync("ln", ["-s", "rules", join(box.root, ".gitignore")]);
    expect(await pathsOf(box.walk())).toEqual([".gitignore", "a.txt", "rules"]);
  });
});

describe("hostile rules", () => {
  // Each of these keeps a backtracking matcher busy for longer than any test may last.
  test.each([
    [`${"**/a/".repeat(30)}b`, Array.from({ length: 2_000 }, () => "a")],
    [`${"*a".repeat(60)}*b`, ["a".repeat(255)]],
    [`${"*[!b]".repeat(60)}c`, ["a".repeat(255)]],
    [`${"a*?".repeat(60)}b`, ["a".repeat(255)]],
  ])("%j is judged at once", (rule, parts) => {
    expect(parseIgnoreRules(rule)(parts, false)).toBeUndefined();
  });

  test("of too many rules the first count, of too long ones none", () => {
    const rules = parseIgnoreRules(`first\n${"x".repeat(2_000)}\n${"n\n".repeat(6_000)}last\n`);
    expect([rules(["first"], false), rules(["x".repeat(2_000)], false), rules(["last"], false)]).toEqual([
      "ignored",
      undefined,
      undefined,
    ]);
  });
});
