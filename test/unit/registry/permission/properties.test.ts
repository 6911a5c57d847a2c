/** Laws that hold for any lists and any call: taking rights away never gives any, and nothing depends on chance. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Circumstances, neverBecause } from "../../../../registry/permission/available.ts";
import { decide } from "../../../../registry/permission/decide.ts";
import type { PermissionQuestion } from "../../../../registry/permission/question.ts";
import type { ToolDeclaration } from "../../../../registry/tool.ts";
import { question, toolCalled } from "../../../support/permission-question.ts";

const mayEverUse = (tool: ToolDeclaration, given: Circumstances): boolean => neverBecause(tool, given) === null;

const ALLOW = [
  "Bash",
  "Bash(make:*)",
  "Bash(git diff:*)",
  "Bash(rm -rf build)",
  "Bash(* a)",
  "Read",
  "Write",
  "Edit",
  "Edit(src/**)",
  "Write(*.md)",
  "Read(//etc/**)",
  "WebFetch(domain:*.example.com)",
];
const TIGHTEN = [...ALLOW, "Read(.env)", "Edit(/src/deep/**)", "Bash(rm:*)", "*", "mcp__*", "Grep(path:src)"];

const words = fc.constantFrom(
  "ls",
  "make a",
  "make b > out.md",
  "git diff",
  "rm -rf build",
  "rm -rf /",
  "cat .env",
  "cat /etc/hosts",
  "cat src/a",
  "find . -delete",
  "x a",
  "$(rm a)",
  "echo x > .git/config",
);
const command = fc
  .array(fc.tuple(words, fc.constantFrom(" && ", "; ", " | ", "\n", " & ")), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.map(([word, join], at) => (at === parts.length - 1 ? word : word + join)).join(""));
const path = fc.constantFrom(
  "src/a.ts",
  "src/deep/b.ts",
  "a.md",
  ".env",
  ".git/hooks/x",
  "../x",
  "/etc/hosts",
  "src",
  "SRC/a.ts",
  ".swarm/x",
);
const call = fc.oneof(
  command.map((text) => ["Bash", { command: text }] as const),
  path.map((file_path) => ["Read", { file_path }] as const),
  path.map((file_path) => ["Write", { file_path, content: "" }] as const),
  path.map((file_path) => ["Edit", { file_path, old_string: "a", new_string: "b" }] as const),
  path.map((one) => ["Grep", { pattern: "x", path: one }] as const),
  fc
    .constantFrom("https://a.example.com/", "https://evil.org/")
    .map((url) => ["WebFetch", { url, prompt: "x" }] as const),
);
const asked = fc
  .record({
    call,
    allow: fc.subarray(ALLOW),
    askRules: fc.subarray(TIGHTEN, { maxLength: 2 }),
    deny: fc.subarray(TIGHTEN, { maxLength: 2 }),
    tier: fc.constantFrom("built-in", "plugin", "skill"),
    mode: fc.constantFrom("edit", "plan", "read-only"),
    approve: fc.constantFrom("ask", "deny", "allow-safe"),
    sandbox: fc.constantFrom("full", "partial", "none"),
    isolated: fc.boolean(),
  })
  .map(({ call: [tool, input], ...given }) => question(tool, input, given));

const OPENNESS = { deny: 0, ask: 1, allow: 2 } as const;
const openness = (one: PermissionQuestion): number => OPENNESS[decide(one).decision];
const RUNS = { numRuns: 200 };

it("another rule that denies never opens anything", () => {
  fc.assert(
    fc.property(asked, fc.constantFrom(...TIGHTEN), (one, rule) => {
      const more = { ...one, rules: { ...one.rules, deny: [...one.rules.deny, rule] } };
      expect(openness(more)).toBeLessThanOrEqual(openness(one));
    }),
    RUNS,
  );
});

it("another rule that asks never opens anything", () => {
  fc.assert(
    fc.property(asked, fc.constantFrom(...TIGHTEN), (one, rule) => {
      const more = { ...one, rules: { ...one.rules, ask: [...one.rules.ask, rule] } };
      expect(openness(more)).toBeLessThanOrEqual(openness(one));
    }),
    RUNS,
  );
});

it("one rule fewer that allows never opens anything", () => {
  fc.assert(
    fc.property(asked, fc.nat(), (one, at) => {
      const allow = one.rules.allow.filter((_, index) => index !== at % Math.max(1, one.rules.allow.length));
      expect(openness({ ...one, rules: { ...one.rules, allow } })).toBeLessThanOrEqual(openness(one));
    }),
    RUNS,
  );
});

it("neither a stricter mode, nor a weaker sandbox, nor a lower tier opens anything", () => {
  fc.assert(
    fc.property(asked, (one) => {
      const stricter: readonly Partial<PermissionQuestion>[] = [
        { mode: "read-only" },
        { sandbox: "none" },
        { isolated: false },
        { approve: "deny" },
        { tool: { ...one.tool, tier: "skill" } },
        { deniedTools: [one.tool.name] },
      ];
      const before = openness(one.tool.tier === "plugin" ? { ...one, tool: { ...one.tool, tier: "built-in" } } : one);
      for (const change of stricter)
        expect(openness({ ...one, ...change }), JSON.stringify(change)).toBeLessThanOrEqual(before);
    }),
    RUNS,
  );
});

it("the order of rules in a list, and saying one twice, change nothing of what is decided", () => {
  fc.assert(
    fc.property(asked, (one) => {
      const { allow, ask, deny } = one.rules;
      const turned = { allow: [...allow].reverse(), ask: [...ask, ...ask], deny: [...deny].reverse() };
      expect(decide({ ...one, rules: turned }).decision).toBe(decide(one).decision);
    }),
    RUNS,
  );
});

it("what is allowed unasked is never destructive but where a rule says so, nor unknown but in a confined copy", () => {
  let allowed = 0;
  fc.assert(
    fc.property(asked, (one) => {
      const { decision, risk, rule } = decide(one);
      if (decision !== "allow" || rule.startsWith("config.allow")) return;
      allowed += 1;
      const confined = rule === "policy.isolated" && one.isolated && one.sandbox === "full";
      expect(confined ? ["mutating", "unknown"] : ["read-only", "mutating"]).toContain(risk);
    }),
    RUNS,
  );
  expect(allowed).toBeGreaterThan(0);
});

it("a tool that is kept from the model is one that no call of it could get through", () => {
  fc.assert(
    fc.property(asked, (one) => {
      const { rules, mode, approve, sandbox, isolated, grants, tool } = one;
      const given = { rules, mode, approve, sandbox, isolated, grants, unconfined: true };
      if (!mayEverUse(tool, given)) expect(decide(one).decision).toBe("deny");
    }),
    RUNS,
  );
});

it("without a sandbox the model is told of Bash only where the operator wants commands to run, whatever rules say", () => {
  const given = {
    mode: "edit",
    approve: "ask",
    sandbox: "none",
    isolated: false,
    grants: [],
    unconfined: false,
  } as const;
  const rules = (allow: readonly string[], deny: readonly string[] = []) => ({ allow, ask: [], deny });
  const bash = toolCalled("Bash");
  expect(mayEverUse(bash, { ...given, rules: rules([]) })).toBe(false);
  expect(mayEverUse(bash, { ...given, rules: rules(["Write"]) })).toBe(false);
  expect(mayEverUse(bash, { ...given, rules: rules(["Bash"]) })).toBe(false);
  expect(mayEverUse(bash, { ...given, rules: rules(["Bash(ls)"], ["Bash"]), sandbox: "full" })).toBe(false);
  expect(mayEverUse(bash, { ...given, rules: rules(["Bash"], ["Bash(ls)"]), sandbox: "full" })).toBe(true);
  expect(mayEverUse(bash, { ...given, rules: rules([]), unconfined: true })).toBe(true);
  expect(mayEverUse(bash, { ...given, rules: rules([]), sandbox: "full" })).toBe(true);
});

it("writing and fetching are offered where a rule, a person or the isolation could let them through, and else not", () => {
  const given = {
    mode: "edit",
    approve: "deny",
    sandbox: "full",
    isolated: false,
    grants: [],
    unconfined: false,
  } as const;
  const rules = { allow: [], ask: [], deny: [] };
  const offered = (tool: string, more: object) => mayEverUse(toolCalled(tool), { ...given, rules, ...more });
  for (const tool of ["Write", "Edit", "WebFetch"]) {
    expect(offered(tool, {}), tool).toBe(false);
    expect(offered(tool, { approve: "ask" }), tool).toBe(true);
    expect(offered(tool, { approve: "ask", mode: "plan" }), tool).toBe(false);
    expect(offered(tool, { rules: { ...rules, allow: [tool] } }), tool).toBe(true);
    expect(offered(tool, { isolated: true }), tool).toBe(tool !== "WebFetch");
    expect(offered(tool, { approve: "allow-safe" }), tool).toBe(tool !== "WebFetch");
  }
  expect(offered("Write", { rules: { ...rules, allow: ["Edit(src/**)"] } })).toBe(true);
  expect(offered("Write", { rules: { ...rules, allow: ["Edit"] } })).toBe(false);
  expect(offered("Read", { mode: "plan" })).toBe(true);
});
