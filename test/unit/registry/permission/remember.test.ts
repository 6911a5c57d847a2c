// Keeping something for later runs: free where nobody else's words are in play, asked of a person where they are.
import { describe, expect, it } from "vitest";
import type { TaintMark } from "../../../../machines/taint.ts";
import { decide } from "../../../../registry/permission/decide.ts";
import type { PermissionQuestion } from "../../../../registry/permission/question.ts";
import { toolNamed } from "../../../../registry/tools/index.ts";

const source = { path: "a.txt", line: 1, quote: "it is so" };
const page: TaintMark = { source: "web", label: "https://stranger.example/" };
const secret: TaintMark = { source: "secret", label: ".env" };

function asked(over: Partial<PermissionQuestion> = {}, name = "Remember", input: unknown = undefined) {
  const tool = toolNamed(name);
  if (tool === undefined) throw new Error(`no tool ${name}`);
  return decide({
    ...{ agentType: "general", actor: "a", typeTools: [name], deniedTools: [], tool },
    input: input ?? { topic: "build", fact: "It is so.", source },
    ...{ workspace: "/workspace", addDirs: [], mode: "edit", approve: "deny", sandbox: "full", isolated: false },
    ...{ rules: { allow: [], ask: [], deny: [] }, grants: [], nowMs: 0 },
    ...over,
  } as PermissionQuestion);
}

const grant = { id: "g_1", rule: "Remember", actor: null, by: "ann", atMs: 0, expiresAtMs: null };

describe("Remember", () => {
  it("is allowed to who has read nobody's words, also where nobody can be asked", () => {
    expect(asked()).toMatchObject({ decision: "allow", rule: "memory.kept", risk: "mutating" });
  });

  it.each([
    ["a page", [page]],
    ["a secret", [secret]],
    ["both", [page, secret]],
  ] as const)("is asked of a person after %s, in every kind of run, whatever a rule or the goal allows", (_, taint) => {
    for (const isolated of [true, false]) {
      expect(asked({ taint, isolated, approve: "ask" })).toMatchObject({ decision: "ask" });
      expect(asked({ taint, isolated, approve: "allow-safe" })).toMatchObject({ decision: "deny" });
      expect(asked({ taint, isolated })).toMatchObject({ decision: "deny" });
      expect(asked({ taint, isolated, grants: [{ ...grant, by: "goal" }] })).toMatchObject({ decision: "deny" });
    }
  });

  it("is asked of a person after a stranger's words although a rule allows it by name", () => {
    const rules = { allow: ["Remember"], ask: [], deny: [] };
    expect(asked({ taint: [page], rules, approve: "allow-safe" })).toMatchObject({ decision: "deny" });
    expect(asked({ taint: [page], rules, approve: "ask" })).toMatchObject({ decision: "ask", rule: "taint.outlives" });
  });

  it("as a person's word is asked each time, and no right answers for it", () => {
    const input = { topic: "release", fact: "On Tuesdays.", source: { person: true } };
    expect(asked({ approve: "ask" }, "Remember", input)).toMatchObject({ decision: "ask", rule: "memory.person" });
    expect(asked({ grants: [grant] }, "Remember", input)).toMatchObject({ decision: "deny" });
    expect(asked({ approve: "allow-safe" }, "Remember", input)).toMatchObject({ decision: "deny" });
  });

  it("changes something: not in a run that is to change nothing, nor where a rule denies it", () => {
    for (const mode of ["read-only", "plan"] as const) expect(asked({ mode })).toMatchObject({ decision: "deny" });
    const rules = { allow: ["Remember"], ask: [], deny: ["Remember"] };
    expect(asked({ rules })).toMatchObject({ decision: "deny", rule: "config.deny Remember" });
  });
});

describe("Note and Recall", () => {
  it("change nothing, and are free to every agent that has them, whatever it has read", () => {
    for (const name of ["Note", "Recall"]) {
      const input = name === "Note" ? { topic: "a", fact: "It is so." } : {};
      for (const mode of ["edit", "plan", "read-only"] as const) {
        expect(asked({ mode, taint: [page, secret] }, name, input)).toMatchObject({
          decision: "allow",
          risk: "read-only",
        });
      }
    }
  });
});
