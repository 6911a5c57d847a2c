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
