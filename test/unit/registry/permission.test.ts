/** Laws of the configured permissions: what is not said is denied, deny wins, a command is its exact text. */
import { describe, expect, it } from "vitest";
import { decide, mayChange } from "../../../registry/permission.ts";
import { mayEverUse, PermissionRuleError, parseRule } from "../../../registry/permission-rules.ts";
import { toolNamed } from "../../../registry/tools/index.ts";

const TOOLS = ["Bash", "Edit", "Read", "Write"];

function decided(tool: string, input: unknown, allow: readonly string[], deny: readonly string[] = []): string {
  const declared = toolNamed(tool);
  if (declared === undefined) throw new Error(`no tool ${tool}`);
  const question = {
    agentType: "general",
    typeTools: TOOLS,
    deniedTools: [],
    tool: declared,
    input,
    workspace: "/work",
  };
  const { decision, rule } = decide({ ...question, permissions: { allow, deny } });
  return `${decision} ${rule}`;
}

describe("a command", () => {
  it("is allowed by its exact text, trimmed, and by no text that it begins, ends or continues", () => {
    const allow = ["Bash(npm test)"];
    expect(decided("Bash", { command: "npm test" }, allow)).toBe("allow config.allow Bash(npm test)");
    expect(decided("Bash", { command: " npm test\n" }, allow)).toBe("allow config.allow Bash(npm test)");
    for (const command of [
      "npm test -- --x",
      "npm test; rm x",
      "npm tes",
      "npm  test",
      "NPM TEST",
      "x npm test",
      "npm test\nrm x",
      "",
    ]) {
      expect(decided("Bash", { command }, allow), command).toBe("deny silence");
    }
  });

  it("is not a pattern: stars and brackets in a rule stand for themselves", () => {
    expect(decided("Bash", { command: "ls anything" }, ["Bash(ls *)"])).toBe("deny silence");
    expect(decided("Bash", { command: "ls *" }, ["Bash(ls *)"])).toBe("allow config.allow Bash(ls *)");
    expect(decided("Bash", { command: "(a) b" }, ["Bash((a) b)"])).toBe("allow config.allow Bash((a) b)");
  });

  it("is allowed whatever it is by the bare name; deny wins over both", () => {
    expect(decided("Bash", { command: "rm -rf x" }, ["Bash"])).toBe("allow config.allow Bash");
    expect(decided("Bash", { command: "rm -rf x" }, ["Bash"], ["Bash(rm -rf x)"])).toBe(
      "deny config.deny Bash(rm -rf x)",
    );
    expect(decided("Bash", { command: "ls" }, ["Bash", "Bash(ls)"], ["Bash"])).toBe("deny config.deny Bash");
  });
});

describe("a file", () => {
  it("is judged by where its text leads, relative to the workspace, and outside of it nothing is allowed", () => {
    const allow = ["Write(out/**)"];
    for (const path of ["out/a", "./out/a/b", "/work/out/a", "x/../out/a"]) {
      expect(decided("Write", { file_path: path }, allow), path).toBe("allow config.allow Write(out/**)");
    }
    for (const path of ["a", "out/../a", "/etc/passwd", "../work/a", "..", ".", "/work", "/workout/a", "outer/a"]) {
      expect(decided("Write", { file_path: path }, allow), path).toBe("deny silence");
    }
    expect(decided("Write", { file_path: "../x" }, ["Write"])).toBe("deny silence");
    expect(decided("Edit", { file_path: "out/a" }, allow)).toBe("deny silence");
  });

  it("is judged again by where its links lead, and deny wins", () => {
    const permissions = { allow: ["Write(out/**)"], deny: ["Write(out/secret/*)"] };
    expect(mayChange(permissions, "Write", "out/a")).toBe(true);
    expect(mayChange(permissions, "Write", "secret.txt")).toBe(false);
    expect(mayChange(permissions, "Write", "out/secret/a")).toBe(false);
    expect(mayChange(permissions, "Edit", "out/a")).toBe(false);
  });
});

describe("silence", () => {
  it("denies what changes the world and allows built-in reading", () => {
    for (const [tool, input] of [
      ["Bash", { command: "true" }],
      ["Write", { file_path: "a" }],
      ["Edit", { file_path: "a" }],
    ] as const) {
      expect(decided(tool, input, []), tool).toBe("deny silence");
      expect(decided(tool, null, [tool]), tool).toBe("deny silence");
    }
    expect(decided("Read", { file_path: "a" }, [])).toBe("allow built-in.read-only");
  });

  it("keeps a tool out of sight; a rule that could ever allow it brings it in, a denied name takes it out again", () => {
    expect(mayEverUse({ allow: [], deny: [] }, "Bash")).toBe(false);
    expect(mayEverUse({ allow: ["Write"], deny: [] }, "Bash")).toBe(false);
    expect(mayEverUse({ allow: ["Bash(ls)"], deny: [] }, "Bash")).toBe(true);
    expect(mayEverUse({ allow: ["Bash(ls)"], deny: ["Bash"] }, "Bash")).toBe(false);
    expect(mayEverUse({ allow: ["Bash"], deny: ["Bash(ls)"] }, "Bash")).toBe(true);
  });
});

describe("a rule", () => {
  it("that is not of the grammar is an error, and never one that allows nothing or everything in silence", () => {
    for (const rule of [
      "",
      "bash",
      "Bash(",
      "Bash()",
      "Bash( )",
      "Read",
      "Bash(npm",
      "Write(!a)",
      "Write()",
      "Write(../x)",
      "*",
      " Bash",
      "Bash ls",
    ]) {
      expect(() => parseRule(rule), rule).toThrow(PermissionRuleError);
    }
  });
});
