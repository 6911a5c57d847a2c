// A report is parsed by shape and size before anybody looks at what it says.

import { describe, expect, test } from "vitest";
import { report } from "../../../../registry/tools/report.ts";

const good = {
  outcome: "done",
  value: { summary: "ok" },
  evidence: [
    { kind: "file", path: "a.ts", line: 1, quote: "const a = 1;" },
    { kind: "command", command: "npm test", exitCode: 0 },
    { kind: "artifact", path: "out.bin", sha256: "0".repeat(64) },
    { kind: "result", id: "r_1" },
  ],
  notDone: ["the rest"],
};

const nested = (depth: number): unknown => JSON.parse("[".repeat(depth) + "]".repeat(depth));
const file = (more: object) => ({ ...good, evidence: [{ kind: "file", path: "a", line: 1, quote: "q", ...more }] });

describe("Report", () => {
  test("takes each kind of evidence, and a blocked task without a value", () => {
    expect(report.input.parse(good)).toEqual(good);
    expect(report.input.safeParse({ outcome: "blocked", value: null, evidence: [], notDone: ["all"] }).success).toBe(
      true,
    );
  });

  test("is answered by the runtime: there is nothing to load", () => {
    expect(report.load).toBeUndefined();
  });

  test.each([
    ["an unknown key", { ...good, extra: 1 }],
    ["an unknown outcome", { ...good, outcome: "probably" }],
    ["no value", { outcome: "done", evidence: [], notDone: [] }],
    ["a value over 64 KB", { ...good, value: "x".repeat(64 * 1024) }],
    ["a value over 64 KB in bytes, not in characters", { ...good, value: "€".repeat(22_000) }],
    ["a value nested to break its readers", { ...good, value: nested(5_000) }],
    [
      "over 200 pieces of evidence",
      { ...good, evidence: Array.from({ length: 201 }, () => ({ kind: "result", id: "r" })) },
    ],
    ["a quote over 2,000 characters", file({ quote: "x".repeat(2_001) })],
    ["line 0", file({ line: 0 })],
    ["an unknown key in evidence", file({ note: "trust me" })],
    ["an unknown kind of evidence", { ...good, evidence: [{ kind: "feeling", text: "sure" }] }],
    ["a hash that is none", { ...good, evidence: [{ kind: "artifact", path: "a", sha256: "abc" }] }],
  ])("refuses %s", (_what, input) => {
    expect(report.input.safeParse(input).success).toBe(false);
  });

  test("what lies just within the limits passes", () => {
    const full = { ...file({ quote: "x".repeat(2_000) }), value: "x".repeat(64 * 1024 - 2) };
    expect(report.input.safeParse(full).success).toBe(true);
    expect(report.input.safeParse({ ...good, value: nested(60) }).success).toBe(true);
    const many = { ...good, evidence: Array.from({ length: 200 }, () => ({ kind: "result", id: "r" })) };
    expect(report.input.safeParse(many).success).toBe(true);
  });
});
