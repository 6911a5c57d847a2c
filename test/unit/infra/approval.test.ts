/** Approvals and grants as they are stored: what is read back, and what is refused. */
import { describe, expect, it } from "vitest";
import {
  approvalId,
  approvalsFrom,
  type GrantedRule,
  grantsFor,
  grantsFrom,
  proposalHash,
} from "../../../infra/approval.ts";

const proposed = {
  ...{
    v: 1,
    run: "r",
    agent: "a",
    agentType: "general",
    call: "c",
    order: 0,
    tool: "Bash",
    input: { command: "make" },
  },
  ...{ inputHash: "i", hash: "h", risk: "unknown", rule: "x", reason: "y", touches: [], policy: "p" },
};
const grant = (id: string, changed: Partial<GrantedRule> = {}): GrantedRule => ({
  ...{ id, rule: "Bash(make)", actor: null, by: "ana", origin: "p_1", atMs: 1, expiresAtMs: null },
  ...changed,
});

describe("a stored approval", () => {
  const fields = { p_1: JSON.stringify(proposed), "p_1#s": "10 20 h a/general c", "p_1#u": "{", "#refused": "3" };

  it("is pending while its run runs and nobody has answered, and withdrawn when the run is over", () => {
    expect(approvalsFrom(fields, "running")).toMatchObject([
      { id: "p_1", status: "pending", askedAtMs: 10, expiresAtMs: 20, input: { command: "make" }, answer: null },
    ]);
    expect(approvalsFrom(fields, "failed")[0]?.status).toBe("withdrawn");
    const answered = {
      ...fields,
      "p_1#a": '{"status":"approved","by":"ana","reason":"","scope":"run","token":"t","at":15}',
    };
    expect(approvalsFrom(answered, "failed")[0]).toMatchObject({
      status: "approved",
      answer: { by: "ana", scope: "run" },
    });
  });

  it("that is none of ours is refused, never guessed at", () => {
    for (const broken of [{ p_1: "{}" }, { p_1: "x" }, { "p_1#a": '{"status":"maybe"}' }]) {
      expect(() => approvalsFrom({ ...fields, ...broken }, "running"), JSON.stringify(broken)).toThrow();
    }
  });

  it("has a hash that every part of the proposal changes, and the order of its fields does not", () => {
    const of = { run: "r", agent: "a", call: "c", tool: "Bash", input: { command: "make", timeout: 1 } };
    const hash = proposalHash(of);
    expect(proposalHash({ ...of, input: { timeout: 1, command: "make" } })).toBe(hash);
    const others = [{ run: "s" }, { agent: "b" }, { call: "d" }, { tool: "Write" }, { input: { command: "make " } }];
    for (const other of others) expect(proposalHash({ ...of, ...other }), JSON.stringify(other)).not.toBe(hash);
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it("has an id of its own for each answer that made the call, though models use one call id again", () => {
    const ids = [approvalId("r/a/0.1:0", "c1"), approvalId("r/a/0.3:0", "c1"), approvalId("r/a/0.1:0", "c2")];
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^p_[0-9a-f]{12}$/);
    expect(approvalId("r/a/0.1:0", "c1")).toBe(ids[0]);
  });
});

describe("a grant", () => {
  it("that the run began with stands beside those given since, each with what became of it", () => {
    const fields = {
      g_2: JSON.stringify(grant("g_2")),
      "g_1#r": '{"by":"bob","reason":"enough","at":5}',
    };
    expect(grantsFrom([grant("g_1", { by: "goal" })], fields)).toMatchObject([
      { id: "g_1", by: "goal", revoked: { by: "bob", reason: "enough", atMs: 5 } },
      { id: "g_2", by: "ana", revoked: null },
    ]);
  });

  it("taken back, ended or another's is not held", () => {
    const all = grantsFrom(
      [
        grant("g_all"),
        grant("g_mine", { actor: "a" }),
        grant("g_theirs", { actor: "b" }),
        grant("g_ends", { expiresAtMs: 100 }),
        grant("g_ended", { expiresAtMs: 50 }),
        grant("g_back"),
      ],
      { "g_back#r": '{"by":"bob","reason":"","at":5}' },
    );
    expect(grantsFor(all, "a", 50).map(({ id }) => id)).toEqual(["g_all", "g_mine", "g_ends"]);
  });
});
