/** An approval in words: to the letter, with nothing that could lie, and with what an answer would cover. */
import { describe, expect, it } from "vitest";
import {
  answerCommands,
  approvalLines,
  inOneLine,
  type ShownWith,
} from "../../../../apps/cli/approvals/show-approval.ts";
import type { StoredApproval } from "../../../../infra/approval.ts";

const approval = (changed: Partial<StoredApproval> = {}): StoredApproval => ({
  ...{ v: 1, id: "p_1", run: "r_1", agent: "a_goal", agentType: "general", call: "c1", order: 0, tool: "Bash" },
  ...{ input: { command: "npm publish" }, inputHash: "i", hash: "h".repeat(64), risk: "destructive" },
  ...{ rule: "shell.npm.publish", reason: "it publishes", touches: ["npm"], policy: "engine-1" },
  ...{ askedAtMs: 0, expiresAtMs: 86_400_000, status: "pending", answer: null },
  ...changed,
});
const shown = (changed: Partial<ShownWith> = {}): ShownWith => ({
  ...{ nowMs: 60_000, workspace: "/w", rule: null, covered: { agent: 0, run: 0 }, similar: [], linesMax: 30 },
  ...changed,
});
const wordsOf = (one: StoredApproval, beside: Partial<ShownWith> = {}): string =>
  approvalLines(one, shown(beside)).join("\n");

describe("an approval that is shown", () => {
  it("says who asks for what, at which risk, by which rule, what is at stake, and until when", () => {
    const words = wordsOf(approval());
    for (const part of [
      "p_1",
      "Bash",
      "destructive",
      "a_goal (general) of run r_1",
      "it publishes (shell.npm.publish)",
      "at stake: npm",
      "│ npm publish",
      "waits 1:00",
      "expires in 23:59:00",
    ]) {
      expect(words).toContain(part);
    }
    expect(words).toContain("only this one call can be answered");
  });

  it("spells out every character that could hide, move or turn something, line by line", () => {
    const command = "echo a\u001b[1A\u202Eb\u200b\tc\r\nrm -rf /\u0000";
    const lines = approvalLines(approval({ input: { command, description: "x\ny" } }), shown());
    const text = lines.join("\n");
    expect(/[^\P{Cc}\n]|\p{Cf}/u.test(text)).toBe(false);
    expect(lines).toContain("    │ echo a\\x1b[1A\\u{202e}b\\u{200b}\\x09c\\x0d");
    expect(lines).toContain("    │ rm -rf /\\x00");
    expect(text).toContain("description:");
  });

  it("says how much it leaves out, and shows all where it may", () => {
    const content = Array.from({ length: 50 }, (_, index) => `line ${index}`).join("\n");
    const one = approval({ tool: "Write", input: { file_path: "a.txt", content } });
    expect(wordsOf(one, { linesMax: 10 })).toContain("… 40 more lines");
    expect(wordsOf(one, { linesMax: 10 })).not.toContain("line 10");
    expect(wordsOf(one, { linesMax: Number.POSITIVE_INFINITY })).toContain("│ line 49");
    expect(wordsOf(approval({ input: '{"command":"x', cut: true }))).toContain("cut at 64 KB");
  });

  it("names the rule that a wider answer would give, with the calls it would have covered, and those that are the same", () => {
    const words = wordsOf(approval({ risk: "mutating" }), {
      rule: "Bash(npm publish)",
      covered: { agent: 1, run: 3 },
      similar: ["p_2"],
    });
    expect(words).toContain(
      "Bash(npm publish) would have covered 1 earlier call of this agent (--scope agent), 3 earlier calls of the run",
    );
    expect(words).toContain("asked 1 more times: p_2");
  });

  it("that was answered says by whom, when and why", () => {
    const answer = { by: "ana\u001b", atMs: 0, reason: "no", scope: null, grant: null };
    expect(wordsOf(approval({ status: "denied", answer }))).toContain(
      "denied by ana\\x1b at 1970-01-01T00:00:00.000Z: no",
    );
  });
});

describe("the commands that answer", () => {
  it("bring the name at stake where it has to be named, quoted for a shell", () => {
    expect(answerCommands(approval())[0]).toBe("swarm approve p_1 --touch npm");
    expect(answerCommands(approval({ touches: ["it's all"] }))[0]).toBe("swarm approve p_1 --touch 'it'\\''s all'");
    expect(answerCommands(approval({ risk: "mutating" }))[0]).toBe("swarm approve p_1");
  });

  it("stand beside one line of what would be done", () => {
    expect(inOneLine(approval({ input: { command: "a\nb" } }))).toBe("Bash a\\x0ab");
    expect(inOneLine(approval({ tool: "Merge", input: { commit: "c" } }))).toBe('Merge {"commit":"c"}');
  });
});

describe("a plan that is asked about", () => {
  const task = (id: string, over: object = {}) => ({
    ...{ id, agent: "general", needs: [] as string[], goal: `Do ${id}.\nAll of it.`, why: "It is asked for." },
    ...over,
  });
  const plan = (over: object = {}) =>
    approval({
      ...{ tool: "Plan", risk: "read-only", touches: [], rule: "plan.adopt" },
      input: {
        goal: "A house",
        why: "So.",
        tasks: [task("look", { agent: "explore", minutes: 5 }), task("build", { needs: ["look"] })],
        notes: ["look: explore instead of general"],
        risks: ["It rains."],
        ...over,
      },
    });

  it("is shown as the table of its tasks, with every word that their agents are told", () => {
    const lines = approvalLines(plan(), shown());
    expect(lines).toEqual(expect.arrayContaining(["  TASK   AGENT    NEEDS  CHECKS", "  build  general  look"]));
    const words = lines.join("\n");
    for (const part of [
      "│ Do look.\n    │ All of it.",
      "│ Do build.",
      "minutes: 5",
      "│ It rains.",
      "why: It is asked for.",
    ])
      expect(words).toContain(part);
    expect(words).toContain("look: explore instead of general");
    expect(inOneLine(plan())).toBe("Plan of 2 tasks: look, build");
    expect(inOneLine(plan({ instead: "old" }))).toContain("in place of old");
  });

  it("hides nothing and turns nothing, whatever a model wrote", () => {
    const evil = "x\u001b[2J\u202e\u200b\r";
    const one = plan({
      why: evil,
      tasks: [task("a", { goal: evil, why: evil, needs: [evil] })],
      notes: [evil],
      risks: [evil],
    });
    expect(/[^\P{Cc}\n]|\p{Cf}/u.test(wordsOf(one))).toBe(false);
    expect(/\p{Cc}|\p{Cf}/u.test(inOneLine(one))).toBe(false);
  });

  it("that is not of its form is shown like any other input", () => {
    expect(wordsOf(plan({ tasks: "none" }))).toContain("tasks: none");
  });
});

describe("a question of an agent", () => {
  const question = approval({
    ...{ tool: "AskParent", risk: "read-only", touches: [], rule: "question.ask" },
    input: { question: "Which roof?\n  1. flat", agent: "a_build", task: "build" },
  });
  it("is shown as it was put, and answered in words", () => {
    expect(wordsOf(question)).toContain("  asks:\n    │ Which roof?\n    │   1. flat");
    expect(inOneLine(question)).toContain("a_build asks: Which roof? 1. flat");
    expect(answerCommands(question)).toEqual([
      'swarm approve p_1 --reason "<your answer>"',
      'swarm deny p_1 --reason "…"',
    ]);
  });
});
