// What is asked of the audit: times, rows and numbers, or a refusal that names the flag.
import { describe, expect, it } from "vitest";
import { auditRowFrom } from "../../../../actors/runtime/audit/audit-row.ts";
import { wishOf } from "../../../../apps/cli/audit/filters.ts";
import { SwarmError } from "../../../../infra/errors.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");

const row = auditRowFrom("r", {
  id: "1-0",
  json: JSON.stringify({
    actor: "a_goal",
    call: "c",
    tool: "Bash",
    agentType: "general",
    handler: "worker",
    decision: "deny",
    risk: "unknown",
    rule: "config.deny Bash(rm *)",
    reason: "x",
  }),
});

describe("times", () => {
  it("are dates, or how long ago", () => {
    const since = (text: string): number | undefined => wishOf({ since: text }, NOW).sinceMs;
    expect(since("90s")).toBe(NOW - 90_000);
    expect(since("15m")).toBe(NOW - 900_000);
    expect(since("2h")).toBe(NOW - 7_200_000);
    expect(since("7d")).toBe(NOW - 604_800_000);
    expect(since("2026-11-20T00:00:00Z")).toBe(Date.parse("2026-11-20T00:00:00Z"));
    expect(wishOf({ until: "2026-11-20" }, NOW).untilMs).toBe(Date.parse("2026-11-20"));
    expect(since("999999999d")).toBe(0);
    expect(wishOf({}, NOW)).not.toHaveProperty("sinceMs");
  });

  it("that are none are refused by flag and value", () => {
    for (const text of ["", "yesterday", "2", "2w", "-1h", "2026-13-45", "1", "12:00"]) {
      expect(() => wishOf({ until: text }, NOW), text).toThrow(SwarmError);
      expect(() => wishOf({ until: text }, NOW), text).toThrow(`--until "${text}" is no time`);
    }
  });
});

describe("rows", () => {
  it("fit where every flag fits, and not where one does not", () => {
    const fitting = {
      agent: "a_go",
      type: "general",
      tool: "Bash",
      decision: "deny",
      handler: "worker",
      risk: "unknown",
      rule: "Bash(rm",
    };
    const wants = (flags: Record<string, unknown>): boolean | undefined => wishOf(flags, NOW).wants?.(row);
    expect(wants({})).toBe(true);
    expect(wants(fitting)).toBe(true);
    const others = {
      agent: "goal",
      type: "explore",
      tool: "bash",
      decision: "ask",
      handler: "interactive",
      risk: "mutating",
      rule: "Write",
    };
    for (const [flag, value] of Object.entries(others))
      expect([flag, wants({ ...fitting, [flag]: value })]).toEqual([flag, false]);
  });

  it("are a hundred for people, all for a program, and as many as were asked for", () => {
    expect(wishOf({}, NOW).limit).toBe(100);
    expect(wishOf({ json: true }, NOW).limit).toBe(Number.POSITIVE_INFINITY);
    expect(wishOf({ json: true, limit: "3" }, NOW).limit).toBe(3);
    expect(() => wishOf({ limit: "0" }, NOW)).toThrow("--limit");
  });
});
