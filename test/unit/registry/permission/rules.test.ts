/** Laws of the rules' grammar: what is a rule, in which list, and what it speaks of. */
import { describe, expect, it } from "vitest";
import { contradictionsIn } from "../../../../registry/permission/contradictions.ts";
import { parseRule, type RuleList } from "../../../../registry/permission/rule.ts";
import { PermissionRuleError } from "../../../../registry/permission/rule-error.ts";
import { tools } from "../../../../registry/tools/index.ts";
import { bash, decided, pluginTool, read, verdict, write } from "../../../support/permission-question.ts";

const LISTS: readonly RuleList[] = ["allow", "ask", "deny"];

describe("a text", () => {
  it("of the grammar is a rule in every list, every tool's name among them", () => {
    const rules = [
      ...tools.map(({ name }) => name),
      "Bash(*)",
      "Bash(npm test)",
      "Bash(git diff:*)",
      "Bash(ls *)",
      "Bash(* --version)",
      "Bash((a) b)",
      "Read(./secrets/**)",
      "Read(//etc/**)",
      "Read(~/.ssh/**)",
      "Edit(/src/**/*.{ts,tsx})",
      "Write(out/**)",
      "WebFetch(domain:example.com)",
      "WebFetch(domain:*.example.com)",
      "mcp__puppeteer",
      "mcp__puppeteer__*",
      "mcp__puppeteer__puppeteer_navigate",
      "Agent(explore)",
    ];
    for (const rule of rules)
      for (const list of LISTS) expect(() => parseRule(rule, list), `${list} ${rule}`).not.toThrow();
  });

  it.each([
    ["", /no rule/],
    [" Bash", /no rule/],
    ["Bash ls", /no rule/],
    ["Bash(", /no rule/],
    ["Bash(npm", /no rule/],
    ["Bash(npm *)x", /no rule/],
    ["(ls)", /no rule/],
    ["bash", /did you mean Bash/],
    ["Reed(x)", /no tool Reed/],
    ["Bash()", /no command/],
    ["Bash( )", /no command/],
    ["Bash(:*)", /no command before/],
    ["Read()", /empty/],
    ["Write(!a)", /turn the rule round/],
    ["Write(../x)", /\.\./],
    ["Write(@(a|b))", /pattern/],
    ["WebFetch(example.com)", /domain:host/],
    ["WebFetch(domain:https://x)", /domain:host/],
    ["WebFetch(domain:a*.com)", /domain:host/],
    ["mcp__", /no tool/],
    ["Report(x)", /./],
  ])("that is none is an error that says why, in each list: %j", (rule, why) => {
    for (const list of LISTS) {
      expect(() => parseRule(rule, list), list).toThrow(PermissionRuleError);
      expect(() => parseRule(rule, list), list).toThrow(why);
    }
  });

  it("with parameter:value, or with stars in a tool's name, takes away and never allows", () => {
    for (const rule of ["Grep(path:secrets)", "mcp__a__b(url:http*)", "*", "mcp__*", "mcp__a*", "*Fetch"]) {
      expect(() => parseRule(rule, "deny"), rule).not.toThrow();
      expect(() => parseRule(rule, "ask"), rule).not.toThrow();
      expect(() => parseRule(rule, "allow"), rule).toThrow(PermissionRuleError);
    }
    expect(() => parseRule("mcp__server__get_*", "allow")).not.toThrow();
  });
});

describe("what a rule speaks of", () => {
  it("a tool's bare name and Tool(*) are every call of it", () => {
    for (const rule of ["Write", "Write(*)"])
      expect(verdict(write("a/b", { allow: [rule] }))).toBe(`allow config.allow ${rule}`);
    for (const rule of ["Bash", "Bash(*)"])
      expect(verdict(bash("any-thing at all", { allow: [rule] }))).toBe(`allow config.allow ${rule}`);
    expect(verdict(write("a", { allow: ["Edit"] }))).toBe("ask silence");
  });

  it("what Edit allows by its path may be written, what Write allows is not for Edit; what Edit denies is not written", () => {
    expect(write("src/a", { allow: ["Edit(src/**)"] }).decision).toBe("allow");
    expect(decided("Edit", { file_path: "src/a" }, { allow: ["Write(src/**)"] }).decision).toBe("ask");
    expect(write("src/a", { allow: ["Write"], deny: ["Edit(src/**)"] }).decision).toBe("deny");
    expect(decided("Edit", { file_path: "src/a" }, { allow: ["Edit"], deny: ["Write(src/**)"] }).decision).toBe(
      "allow",
    );
  });

  it("Read speaks of every tool that looks into files, and of what commands read", () => {
    const deny = ["Read(./secrets/**)"];
    for (const [tool, input] of [
      ["Read", { file_path: "secrets/a" }],
      ["Grep", { pattern: "x", path: "secrets" }],
      ["Grep", { pattern: "x", path: "secrets/deep" }],
      ["Glob", { pattern: "*", path: "secrets" }],
      ["AstSearch", { pattern: "x", language: "typescript", path: "secrets/a.ts" }],
      ["Bash", { command: "cat secrets/a" }],
      ["Bash", { command: "ls && cat ./x/../secrets/a" }],
      ["Bash", { command: "cd secrets && cat a" }],
      ["Bash", { command: "cat < secrets/a" }],
    ] as const) {
      expect(verdict(decided(tool, input, { deny })), JSON.stringify(input)).toBe(
        "deny config.deny Read(./secrets/**)",
      );
    }
    expect(read("src/a", { deny }).decision).toBe("allow");
    expect(read("a/secrets/b", { deny }).decision).toBe("allow");
  });

  it("a host is the host and no other; *.host is what lies below it", () => {
    const fetched = (url: string, allow: string) =>
      decided("WebFetch", { url, prompt: "x" }, { allow: [allow] }).decision;
    expect(fetched("https://example.com/a", "WebFetch(domain:example.com)")).toBe("allow");
    expect(fetched("https://EXAMPLE.com:8443/a", "WebFetch(domain:example.com)")).toBe("allow");
    expect(fetched("https://a.example.com/", "WebFetch(domain:*.example.com)")).toBe("allow");
    for (const url of [
      "https://a.example.com/",
      "https://example.com.evil.org/",
      "https://evil.org/example.com",
      "https://example.com@evil.org/",
      "https://xexample.com/",
    ]) {
      expect(fetched(url, "WebFetch(domain:example.com)"), url).toBe("ask");
    }
    expect(fetched("https://example.com/", "WebFetch(domain:*.example.com)")).toBe("ask");
    expect(fetched("https://evilexample.com/", "WebFetch(domain:*.example.com)")).toBe("ask");
    expect(verdict(bash("curl https://evil.org/x", { allow: ["Bash"], deny: ["WebFetch(domain:evil.org)"] }))).toBe(
      "deny config.deny WebFetch(domain:evil.org)",
    );
  });

  it("mcp__server is every tool of that server and of no other; its tools are called by their whole name", () => {
    const called = (tool: string, allow: string) => decided(pluginTool(tool), {}, { allow: [allow] }).decision;
    expect(called("mcp__git__status", "mcp__git")).toBe("allow");
    expect(called("mcp__git__status", "mcp__git__*")).toBe("allow");
    expect(called("mcp__git__status", "mcp__git__status")).toBe("allow");
    expect(called("mcp__git__status", "mcp__git__st*")).toBe("allow");
    for (const rule of ["mcp__gi", "mcp__github", "mcp__git__push", "mcp__git__stat"]) {
      expect(called("mcp__git__status", rule), rule).toBe("ask");
    }
    expect(decided(pluginTool("mcp__git__status"), {}, { allow: ["mcp__git"], deny: ["mcp__*"] }).decision).toBe(
      "deny",
    );
  });

  it("an agent is meant by its name", () => {
    const agent = { ...pluginTool("Agent"), tier: "built-in", risk: "mutating" } as const;
    const started = (name: string) => decided(agent, { subagent_type: name }, { allow: ["Agent(explore)"] }).decision;
    expect(started("explore")).toBe("allow");
    expect(started("explorer")).toBe("ask");
    expect(decided(agent, { subagent_type: "explore" }, { allow: ["Agent"], deny: ["Agent(explore)"] }).decision).toBe(
      "deny",
    );
  });

  it("a parameter is meant by name and value, stars included", () => {
    const deny = ["Grep(output_mode:cont*)"];
    expect(decided("Grep", { pattern: "x", output_mode: "content" }, { deny }).decision).toBe("deny");
    expect(decided("Grep", { pattern: "x", output_mode: "count" }, { deny }).decision).toBe("allow");
    expect(decided("Grep", { pattern: "x" }, { deny }).decision).toBe("allow");
    expect(decided("Bash", { command: "ls", timeout: 600000 }, { deny: ["Bash(timeout:600000)"] }).decision).toBe(
      "deny",
    );
  });
});

describe("paths in rules", () => {
  const fits = (rule: string, path: string): boolean => read(path, { deny: [rule] }).decision === "deny";

  it.each([
    [
      "Read(src/**)",
      ["src/a", "src/a/b", "./src/a", "/work/project/src/a", "x/../src/a"],
      ["src", "lib/src/a", "asrc/a"],
    ],
    ["Read(src)", ["src", "src/a", "lib/src/a"], ["asrc/a", "srcs/a"]],
    ["Read(./src)", ["src", "src/a"], ["lib/src/a"]],
    ["Read(src/)", ["src/a", "lib/src/a"], ["srcs/a"]],
    ["Read(*.lock)", ["a.lock", "b/c/a.lock"], ["a.lockx", "lock"]],
    ["Read(/src/*.ts)", ["src/a.ts"], ["src/b/a.ts", "lib/src/a.ts"]],
    ["Read(docs/**/draft.md)", ["docs/draft.md", "docs/a/b/draft.md"], ["draft.md", "docs/a/draft.mdx"]],
    ["Read(//work/project/src/**)", ["src/a", "/work/project/src/a"], ["lib/a"]],
    ["Read(a?c)", ["abc"], ["ac", "a/c"]],
  ] as const)("%s, as in a .gitignore", (rule, inside, outside) => {
    for (const path of inside) expect(fits(rule, path), path).toBe(true);
    for (const path of outside) expect(fits(rule, path), path).toBe(false);
  });

  it("~ is the home of whoever made the run, for rules and for commands alike; unknown, it leads nowhere", () => {
    const deny = ["Read(~/notes/**)"];
    for (const command of ["cat ~/notes/a", "cat $HOME/notes/a", "cat /home/someone/notes/a", "cat ~/x/../notes/a"]) {
      expect(bash(command, { deny }).decision, command).toBe("deny");
    }
    expect(bash("cat ~/other", { deny }).decision).toBe("ask");
    expect(bash("cat ~/notes/a", { allow: ["Read(~/notes/**)"] }).decision).toBe("ask");
  });

  it("taking away, case does not matter and a wildcard of the command counts; allowing, both do", () => {
    expect(fits("Read(secrets/**)", "SECRETS/a")).toBe(true);
    expect(write("SRC/a", { allow: ["Write(src/**)"] }).decision).toBe("ask");
    for (const command of ["cat secre?s/a", "cat s*/a", "cat */a", "cat secrets/*"]) {
      expect(bash(command, { deny: ["Read(secrets/**)"] }).decision, command).toBe("deny");
    }
    expect(bash("cat docs/*", { deny: ["Read(secrets/**)"] }).decision).toBe("allow");
  });
});

describe("rules against each other", () => {
  it("the same rule in two lists is found, however it is spelled", () => {
    const found = contradictionsIn({
      allow: ["Bash(git diff:*)", "Write", "Read"],
      ask: ["Edit(a)"],
      deny: ["Write(*)", "Bash(git diff *)", "Edit(a)"],
    });
    expect(found).toEqual([
      { text: "Bash(git diff:*)", wins: "deny", loses: "allow" },
      { text: "Write", wins: "deny", loses: "allow" },
      { text: "Edit(a)", wins: "deny", loses: "ask" },
    ]);
    expect(contradictionsIn({ allow: ["Write(a)"], ask: [], deny: ["Write(b)"] })).toEqual([]);
  });
});
