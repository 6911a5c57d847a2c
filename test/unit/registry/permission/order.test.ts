/** Laws of the order in which a call is judged, and of who answers what the rules ask. */
import { describe, expect, it } from "vitest";
import {
  bash,
  decided,
  grant,
  question,
  read,
  toolCalled,
  verdict,
  write,
} from "../../../support/permission-question.ts";

describe("what comes first", () => {
  it("a tool that the agent's type lacks, or that the run took away, is denied whatever allows it", () => {
    const allow = ["Write", "Write(**)"];
    expect(verdict(write("a", { allow, typeTools: ["Read"] }))).toBe("deny type.tools");
    expect(verdict(write("a", { allow, deniedTools: ["Write"] }))).toBe("deny run.denied-tools");
    expect(verdict(write("a", { allow }))).toBe("allow config.allow Write");
  });

  it("the mode comes before every rule and grant; it stops what changes, and nothing else", () => {
    const grants = [grant("Write"), grant("Bash")];
    for (const mode of ["read-only", "plan"] as const) {
      const given = { mode, allow: ["Write", "Bash"], grants };
      expect(verdict(write("a", given))).toBe(`deny mode.${mode}`);
      expect(verdict(bash("touch a", given))).toBe(`deny mode.${mode}`);
      expect(verdict(bash("some-unknown-program", given))).toBe(`deny mode.${mode}`);
      expect(verdict(read("a", given))).toBe("allow built-in.read-only");
      expect(bash("ls -la", { mode }).decision).toBe("allow");
    }
  });

  it("deny wins over ask and allow, ask over allow, wherever the rule stands and however narrow the other is", () => {
    const all = { allow: ["Write(src/a.ts)"], askRules: ["Write(src/a.ts)"], deny: ["Write"] };
    expect(verdict(write("src/a.ts", all))).toBe("deny config.deny Write");
    expect(verdict(write("src/a.ts", { ...all, deny: [] }))).toBe("ask config.ask Write(src/a.ts)");
    expect(verdict(write("src/a.ts", { ...all, deny: [], askRules: [] }))).toBe("allow config.allow Write(src/a.ts)");
  });

  it("no rule that allows opens what is protected, and a rule that denies it still denies", () => {
    const allow = [
      "Write",
      "Write(**)",
      "Edit(**)",
      "Write(.git/hooks/pre-commit)",
      "Bash",
      "Bash(rm -rf /)",
      "Read(.env)",
    ];
    expect(verdict(write(".git/hooks/pre-commit", { allow }))).toBe("ask protected.write");
    expect(verdict(read(".env", { allow }))).toBe("ask protected.read");
    expect(verdict(bash("echo x > .git/hooks/pre-commit", { allow }))).toBe("ask protected.write");
    expect(verdict(bash("rm -rf /", { allow }))).toBe("ask protected.critical-removal");
    expect(verdict(write(".git/hooks/x", { allow, deny: ["Edit(.git/**)"] }))).toBe("deny config.deny Edit(.git/**)");
  });

  it("silence: reading inside the workspace is allowed, everything else is asked", () => {
    expect(verdict(read("src/a.ts"))).toBe("allow built-in.read-only");
    expect(verdict(decided("Grep", { pattern: "x" }))).toBe("allow built-in.read-only");
    expect(verdict(write("src/a.ts"))).toBe("ask silence");
    expect(bash("some-unknown-program").decision).toBe("ask");
    expect(bash("git log --oneline -5").decision).toBe("allow");
  });
});

describe("who answers", () => {
  it("approve=ask asks a person; deny denies and says that nobody can be asked; rules alone are the worker's", () => {
    expect(write("a")).toMatchObject({ decision: "ask", handler: "interactive", risk: "mutating" });
    expect(write("a", { approve: "deny" })).toMatchObject({ decision: "deny", handler: "worker", rule: "silence" });
    expect(write("a", { approve: "deny" }).reason).toContain("nobody can be asked");
    expect(write("a", { allow: ["Write"] }).handler).toBe("worker");
    expect(read("a").handler).toBe("worker");
  });

  it("allow-safe allows what the sandbox confines to the workspace and what destroys nothing, and denies the rest", () => {
    const safe = { approve: "allow-safe", sandbox: "full" } as const;
    expect(verdict(write("a", safe))).toBe("allow approve.allow-safe");
    expect(bash("touch a", safe).decision).toBe("allow");
    for (const sandbox of ["partial", "none"] as const) {
      expect(write("a", { ...safe, sandbox }).decision, sandbox).toBe("deny");
      expect(bash("touch a", { ...safe, sandbox }).decision, sandbox).toBe("deny");
    }
    for (const command of [
      "rm -rf src",
      "some-unknown-program",
      "touch /tmp/a",
      "cat /etc/hosts",
      "curl https://a.example",
    ]) {
      expect(bash(command, safe).decision, command).toBe("deny");
    }
    expect(write(".git/config", safe).decision).toBe("deny");
    expect(decided("WebFetch", { url: "https://a.example/", prompt: "x" }, safe).decision).toBe("deny");
  });

  it("a grant that covers the call answers as coordinator and is named; one of another agent, or expired, does not", () => {
    const grants = [grant("Write(src/**)", { id: "g_src" })];
    expect(write("src/a", { grants })).toMatchObject({ decision: "allow", handler: "coordinator", grant: "g_src" });
    expect(write("src/a", { grants, approve: "deny" })).toMatchObject({ decision: "allow", grant: "g_src" });
    expect(write("lib/a", { grants }).decision).toBe("ask");
    expect(write("src/a", { grants: [grant("Write(src/**)", { actor: "a_other" })] }).decision).toBe("ask");
    expect(write("src/a", { grants: [grant("Write(src/**)", { expiresAtMs: 1_000 })] }).decision).toBe("ask");
    expect(write("src/a", { grants: [grant("Write(src/**)", { expiresAtMs: 1_001 })] }).decision).toBe("allow");
  });

  it("no grant opens what a rule denies, and none a removal that ends badly", () => {
    expect(verdict(write("a", { grants: [grant("Write")], deny: ["Write"] }))).toBe("deny config.deny Write");
    const grants = [grant("Bash"), grant("Bash(rm -rf /)"), grant("Bash(rm -rf ..)")];
    for (const command of ["rm -rf /", "rm -rf .."]) expect(bash(command, { grants }).decision, command).toBe("ask");
  });

  it("what is protected opens to a person's grant for exactly this path, and to no wider one", () => {
    const path = ".github/workflows/ci.yml";
    const open = (rule: string, by = "ada") => write(path, { grants: [grant(rule, { by })] }).decision;
    expect(open(`Edit(${path})`)).toBe("allow");
    for (const rule of ["Write", "Edit(**)", "Edit(.github/**)", "Edit(ci.yml)"]) expect(open(rule), rule).toBe("ask");
    for (const by of ["goal", "plan"]) expect(open(`Edit(${path})`, by), by).toBe("ask");
  });

  it("where the configuration wants a person to be asked, the words of a goal or plan do not answer", () => {
    const given = { askRules: ["Bash(git push:*)"] };
    const by = (who: string) =>
      bash("git push origin x", { ...given, grants: [grant("Bash(git push:*)", { by: who })] });
    expect(by("goal").decision).toBe("ask");
    expect(by("plan").decision).toBe("ask");
    expect(by("ada").decision).toBe("allow");
  });
});

describe("isolated work", () => {
  it("changes in the run's own tree need no asking, commands among them only where a sandbox confines them", () => {
    const isolated = { isolated: true, approve: "deny" } as const;
    expect(verdict(write("src/a", isolated))).toBe("allow policy.isolated");
    expect(bash("mkdir -p a/b", { ...isolated, sandbox: "full" }).decision).toBe("allow");
    expect(bash("mkdir -p a/b", isolated).decision).toBe("deny");
    expect(bash("python3 tools/make.py", { ...isolated, sandbox: "full" }).rule).toBe("policy.isolated");
    expect(bash("python3 tools/make.py", { ...isolated, sandbox: "partial" }).decision).toBe("deny");
    expect(bash("node ../make.js", { ...isolated, sandbox: "full" }).decision).toBe("deny");
    expect(bash("curl https://example.com", { ...isolated, sandbox: "full" }).decision).toBe("deny");
    expect(bash("swarm approve p_1", { ...isolated, sandbox: "full" }).decision).toBe("deny");
    expect(write(".git/hooks/x", isolated).decision).toBe("deny");
    expect(write("/etc/x", isolated).decision).toBe("deny");
    expect(bash("touch /etc/x", { ...isolated, sandbox: "full" }).decision).toBe("deny");
    expect(bash("rm -rf src", { ...isolated, sandbox: "full" }).decision).toBe("deny");
  });
});

describe("a decision", () => {
  it("names its rule and reason, and what would be touched where it asks", () => {
    const asked = write(".env");
    expect(asked).toMatchObject({ decision: "ask", risk: "destructive", rule: "protected.write", touches: [".env"] });
    expect(asked.reason).toContain(".env");
    expect(bash("rm -rf build").touches?.join(" ")).toContain("build");
  });

  it("is the same for the same question, and leaves the question as it was", () => {
    const one = Object.freeze(
      question("Bash", Object.freeze({ command: "git log | head" }), { allow: ["Bash(git:*)"] }),
    );
    expect(decided(toolCalled("Bash"), one.input, { allow: ["Bash(git:*)"] })).toEqual(
      decided(toolCalled("Bash"), one.input, { allow: ["Bash(git:*)"] }),
    );
  });

  it("of an input that is none is never better than asked, for a tool that acts", () => {
    for (const tool of ["Bash", "Write", "Edit"]) {
      for (const input of [null, 7, "x", [], {}, { command: 7 }, { file_path: {} }]) {
        expect(decided(tool, input).decision, `${tool} ${JSON.stringify(input)}`).toBe("ask");
      }
    }
  });
});
