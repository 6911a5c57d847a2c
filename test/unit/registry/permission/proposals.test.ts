// Rules out of habits: the narrowest that covers what was approved, and never one that covers what was denied or destroys.
import { describe, expect, it } from "vitest";
import { candidateRules, preview, type RecordedCall } from "../../../../registry/permission/proposals.ts";
import type { PermissionQuestion } from "../../../../registry/permission/question.ts";
import { toolNamed, tools } from "../../../../registry/tools/index.ts";

const question = (tool: string, input: Record<string, unknown>): PermissionQuestion => {
  const found = toolNamed(tool);
  if (found === undefined) throw new Error(tool);
  return {
    agentType: "general",
    actor: "a",
    typeTools: tools.map(({ name }) => name),
    deniedTools: [],
    tool: found,
    input,
    workspace: "/work/project",
    addDirs: [],
    mode: "edit",
    approve: "ask",
    sandbox: "full",
    isolated: false,
    rules: { allow: [], ask: [], deny: [] },
    grants: [],
    nowMs: 0,
  };
};
const bash = (command: string): PermissionQuestion => question("Bash", { command });
const edit = (file_path: string): PermissionQuestion =>
  question("Edit", { file_path, old_string: "a", new_string: "b" });
const fetch = (url: string): PermissionQuestion => question("WebFetch", { url });
const rules = (...approved: readonly PermissionQuestion[]): string[] =>
  candidateRules(approved).map(({ rule }) => rule);

const recorded = (asked: PermissionQuestion, over: Partial<RecordedCall> = {}): RecordedCall => ({
  question: asked,
  decision: "ask",
  risk: "mutating",
  answer: null,
  ...over,
});
const held = (approved: readonly PermissionQuestion[], calls: readonly RecordedCall[]) => {
  const one = preview(candidateRules(approved));
  for (const call of [...approved.map((each) => recorded(each, { answer: "allow" })), ...calls]) one.take(call);
  return one.read();
};

describe("a habit", () => {
  it("is three approvals of one shape, and two are none", () => {
    expect(rules(fetch("https://a.example/1"), fetch("https://a.example/2"))).toEqual([]);
    expect(rules(...["1", "2", "3"].map((page) => fetch(`https://a.example/${page}`)))).toEqual([
      "WebFetch(domain:a.example)",
    ]);
    expect(rules(fetch("https://a.example/"), fetch("https://b.example/"), fetch("https://c.example/"))).toEqual([]);
  });

  it("of one command is that command, to the letter; of several, the words they begin with", () => {
    expect(rules(bash("mkdir build"), bash("mkdir build"), bash("mkdir build"))).toEqual(["Bash(mkdir build)"]);
    const adds = ["git add a.txt", "git add b.txt", "git add src/c.txt"];
    expect(rules(...adds.map(bash))).toEqual(["Bash(git add:*)"]);
    expect(rules(bash("mkdir one"), bash("mkdir two"), bash("touch three"))).toEqual([]);
  });

  it("of one file is that file; of several in one folder, the folder, and never the whole workspace", () => {
    expect(rules(edit("src/a.ts"), edit("./src/a.ts"), edit("/work/project/src/a.ts"))[0]).toBe("Edit(/src/a.ts)");
    expect(rules(edit("src/a.ts"), edit("src/b.ts"), edit("src/c.ts"))).toEqual(["Edit(/src/**)"]);
    expect(rules(edit("a.ts"), edit("b.ts"), edit("c.ts"))).toEqual([]);
    expect(rules(edit("../a.ts"), edit("../b.ts"), edit("../c.ts"))).toEqual([]);
  });

  it("of what destroys, or of what nobody understands, is none", () => {
    expect(rules(bash("rm -rf build"), bash("rm -rf build"), bash("rm -rf build"))).toEqual([]);
    expect(rules(bash("frobnicate x"), bash("frobnicate x"), bash("frobnicate x"))).toEqual([]);
  });

  it("is never a rule behind whose words something destructive could follow", () => {
    const branches = ["one", "two", "three"].map((name) => bash(`git branch ${name}`));
    expect(rules(...branches)).toEqual([]);
    const pushes = ["one", "two", "three"].map((name) => bash(`git push origin ${name}`));
    expect(rules(...pushes)).toEqual([]);
  });

  it("with stars or line ends in it makes no rule: they would mean something else there", () => {
    const starred = edit("src/*.ts");
    expect(rules(starred, starred, starred).filter((rule) => rule.includes("*.ts"))).toEqual([]);
    const lines = bash("mkdir a\nmkdir b");
    expect(rules(lines, lines, lines)).toEqual([]);
  });
});

describe("a proposal", () => {
  const pages = ["1", "2", "3"].map((page) => fetch(`https://a.example/${page}`));

  it("says how many recorded calls it covers, and how many of them were asked about", () => {
    const { proposals, withheld } = held(pages, [
      recorded(fetch("https://a.example/4"), { decision: "allow" }),
      recorded(fetch("https://b.example/4")),
      recorded(question("Read", { file_path: "a" }), { risk: "read-only", decision: "allow" }),
    ]);
    expect(proposals).toEqual([{ rule: "WebFetch(domain:a.example)", approvals: 3, covers: 4, asked: 3 }]);
    expect(withheld).toEqual([]);
  });

  it("is withheld where it covers one denied call, whoever denied it, and says why", () => {
    for (const over of [{ decision: "deny" }, { answer: "deny" }] as const) {
      const { proposals, withheld } = held(pages, [recorded(fetch("https://a.example/secret"), over)]);
      expect(proposals).toEqual([]);
      expect(withheld).toEqual([{ rule: "WebFetch(domain:a.example)", denied: 1, destructive: 0 }]);
    }
  });

  it("is withheld where it covers one destructive call, as it was judged then", () => {
    const then = held(pages, [recorded(fetch("https://a.example/x"), { risk: "destructive" })]);
    expect([then.proposals, then.withheld.map(({ destructive }) => destructive)]).toEqual([[], [1]]);
  });

  it("that covers the same calls as a narrower one is left out", () => {
    const same = edit("src/a.ts");
    expect(held([same, same, same], []).proposals.map(({ rule }) => rule)).toEqual(["Edit(/src/a.ts)"]);
  });
});
