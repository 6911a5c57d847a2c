// The meter counts what people were asked and how they answered, in whatever order the rows come by.
import { describe, expect, it } from "vitest";
import { type AuditRow, auditRowFrom } from "../../../../actors/runtime/audit/audit-row.ts";
import { type MeterReading, meter } from "../../../../actors/runtime/audit/meter.ts";

let at = 0;
const row = (call: string, over: Partial<AuditRow> = {}): AuditRow => {
  at += 1;
  const base = {
    actor: "a",
    call,
    tool: "Bash",
    agentType: "general",
    handler: "worker",
    inputHash: "h",
    decision: "allow",
  };
  return auditRowFrom("r", {
    id: `${at}-0`,
    json: JSON.stringify({ ...base, policy: "p", risk: "mutating", rule: "silence", reason: "x", ...over }),
  });
};
const asks = (call: string, rule = "silence", agentType = "general"): AuditRow =>
  row(call, { decision: "ask", handler: "interactive", rule, agentType });
const says = (call: string, decision: "allow" | "deny", latencyMs: number, over: Partial<AuditRow> = {}): AuditRow =>
  row(call, { decision, handler: "interactive", rule: "approval", answeredBy: "me", latencyMs, ...over });

const read = (rows: readonly AuditRow[]): MeterReading => {
  const one = meter();
  for (const each of rows) one.take(each);
  return one.read();
};

const history = (): AuditRow[] => [
  ...Array.from({ length: 36 }, (_, index) => row(`free${index}`)),
  asks("1", "network.fetch"),
  says("1", "allow", 1_999),
  asks("2", "network.fetch"),
  says("2", "allow", 2_000),
  asks("3", "shell.git.push", "fixer"),
  says("3", "deny", 10, { agentType: "fixer" }),
  asks("4"),
  row("4", { decision: "deny", rule: "approval", answeredBy: "expiry", latencyMs: 86_400_000 }),
  row("4", { decision: "deny", rule: "approval.late", handler: "interactive", answeredBy: "me" }),
];

describe("the meter", () => {
  it("counts prompts per hundred calls, answers, their median, and what was waved through", () => {
    expect(read(history())).toMatchObject({
      calls: 40,
      prompts: 4,
      promptsPer100: 10,
      allowed: 2,
      denied: 1,
      expired: 1,
      medianMs: 1_999,
      wavedThrough: 1,
    });
  });

  it("gives the same figures whichever way it goes through history", () => {
    const rows = history();
    expect(read([...rows].reverse())).toEqual(read(rows));
  });

  it("counts an answer for the rule that had asked, and for the agent's type", () => {
    const { byRule, byAgentType } = read(history());
    expect(byRule["network.fetch"]).toMatchObject({
      calls: 2,
      prompts: 2,
      allowed: 2,
      medianMs: 1_999.5,
      wavedThrough: 1,
    });
    expect(byRule["shell.git.push"]).toMatchObject({ prompts: 1, allowed: 0, denied: 1, wavedThrough: 0 });
    expect(byRule.silence).toMatchObject({ calls: 37, prompts: 1, expired: 1, medianMs: null });
    expect(byAgentType.fixer).toMatchObject({ calls: 1, denied: 1 });
    expect(byRule.approval).toBeUndefined();
  });

  it("keeps apart calls of one id in two runs, agents, or with two inputs", () => {
    const { byRule } = read([
      asks("1", "one"),
      { ...asks("1", "two"), actor: "b" },
      { ...says("1", "allow", 5_000), actor: "b" },
    ]);
    expect([byRule.one?.allowed, byRule.two?.allowed]).toEqual([0, 1]);
  });

  it("of nothing is nothing, and divides by nothing", () => {
    expect(read([])).toMatchObject({ calls: 0, prompts: 0, promptsPer100: null, medianMs: null });
  });
});
