/** What a person's own words give as rights, and, above all, what they do not. */
import { describe, expect, it } from "vitest";
import { grantsFromGoal } from "../../../../registry/permission/goal-grants.ts";
import { commandRule, exactRule, pathRule } from "../../../../registry/permission/grant-rule.ts";
import { parseRule } from "../../../../registry/permission/rule.ts";

const WORKSPACE = "/home/ana/work";
const rulesOf = (goal: string): readonly string[] => grantsFromGoal(goal, WORKSPACE).map(({ rule }) => rule);

describe("the words of a goal", () => {
  it.each([
    ["Run `npm test` until it passes.", ["Bash(npm test)"]],
    ["run npm test and report", ["Bash(npm test)"]],
    ["Execute `mkdir -p docs`, `touch docs/a` and look at it", ["Bash(mkdir -p docs)", "Bash(touch docs/a)"]],
    ["edit src/a.ts", ["Edit(./src/a.ts)"]],
    [
      "Create docs/x.md, then update `README.md` and CHANGELOG.md.",
      ["Edit(./docs/x.md)", "Edit(./README.md)", "Edit(./CHANGELOG.md)"],
    ],
    ["create a new file called notes.txt", ["Edit(./notes.txt)"]],
    ["Edit ./src/../src/a.ts", []],
  ])("%j give %j", (goal, rules) => {
    expect(rulesOf(goal)).toEqual(rules);
  });

  it("give each right once, in the order of the text, with the words it was read from", () => {
    expect(grantsFromGoal("edit b.md, run `npm test`, edit b.md", WORKSPACE)).toEqual([
      { rule: "Edit(./b.md)", words: "edit b.md" },
      { rule: "Bash(npm test)", words: "run npm test" },
    ]);
  });

  it.each([
    "Do not run `npm test`.",
    "Never edit src/a.ts",
    "Fix it without touching anything; don't update README.md",
    "Look at src/a.ts and `npm test`",
    "run the tests",
    "Run `rm -rf build`",
    "Run `git push --force`",
    "Run `curl https://example.com -o x`",
    "run `npm test; rm -rf /`",
    "run `$(cat script)`",
    "run `./build.sh`",
    "run `cp a /etc/passwd`",
    "run `cp a ../other`",
    "edit /etc/passwd",
    "edit ../other/a.ts",
    "edit ~/.bashrc.txt",
    "edit src/*.ts",
    "edit src/",
    "Fix the bug in the parser",
    "",
    "run",
    "edit",
    "run ``",
  ])("%j give nothing", (goal) => {
    expect(rulesOf(goal)).toEqual([]);
  });

  it("give nothing behind a sentence so long that nobody can say what it denies", () => {
    expect(rulesOf(`do not ${"look ".repeat(200)}edit a.ts`)).toEqual([]);
    expect(rulesOf(`${"Look. ".repeat(200)}edit a.ts`)).toEqual(["Edit(./a.ts)"]);
  });

  it("are read to their end, whatever they are, and give so many rights at most", () => {
    for (const part of ["run ", "edit ", "edit a.b ", "run `", "not ", "edit a.b, and ", "run x "]) {
      expect(grantsFromGoal(part.repeat(Math.floor(32_000 / part.length)), WORKSPACE).length).toBeLessThanOrEqual(20);
    }
  });
});

describe("the rule of one call", () => {
  it.each(["npm test", "ls *", "echo a:*", "git diff:*", "echo 'a b' | wc", "make (x)", "printf '%s\\n' x"])(
    "for the command %j fits it, and nothing that only begins like it",
    (command) => {
      const rule = commandRule(command);
      expect(rule).not.toBeNull();
      const { spec } = parseRule(rule ?? "", "allow");
      if (spec.kind !== "command") throw new Error("not a rule for commands");
      expect(spec.bash.exact).toBe(true);
      expect(spec.bash.fitsWhole(command)).toBe(true);
      for (const other of [`${command}x`, `${command} x`, `${command}; rm x`, command.replace("*", "secret/x")]) {
        if (other !== command) expect(spec.bash.fitsWhole(other), other).toBe(false);
      }
    },
  );

  it("for a file is one path in the workspace, or there is none", () => {
    expect(pathRule("src/a.ts", WORKSPACE)).toBe("Edit(./src/a.ts)");
    expect(pathRule(`${WORKSPACE}/src/a.ts`, WORKSPACE)).toBe("Edit(./src/a.ts)");
    for (const path of [".", "..", "../x", "/etc/passwd", "src/*.ts", "src/[a].ts", "a\nb", "!a"]) {
      expect(pathRule(path, WORKSPACE), path).toBeNull();
    }
  });

  it("is there for commands, files and hosts, and for nothing else", () => {
    expect(exactRule("Bash", { command: "make" }, WORKSPACE)).toBe("Bash(make)");
    expect(exactRule("Write", { file_path: "a.ts" }, WORKSPACE)).toBe("Edit(./a.ts)");
    expect(exactRule("WebFetch", { url: "https://Example.com/x?y" }, WORKSPACE)).toBe("WebFetch(domain:example.com)");
    for (const [tool, input] of [
      ["Read", { file_path: "/etc/passwd" }],
      ["mcp__a__b", {}],
      ["Merge", { commit: "c" }],
      ["Bash", {}],
      ["Bash", null],
      ["WebFetch", { url: "no url" }],
      ["WebFetch", { url: "http://[::1]/" }],
    ] as const) {
      expect(exactRule(tool, input, WORKSPACE), tool).toBeNull();
    }
  });
});
