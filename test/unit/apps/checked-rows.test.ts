/** What a person is shown before they approve, and what a name approves. */
import { describe, expect, it } from "vitest";
import type { CheckedRow } from "../../../actors/runtime/drift/check.ts";
import { chosenOf, namedIn, rowLines } from "../../../apps/cli/tools/checked-rows.ts";
import { diffOf } from "../../../registry/drift/diff.ts";

const long = Array.from({ length: 900 }, (_, at) => `line ${at}`).join("\n");
const row = (more: Partial<CheckedRow> = {}): CheckedRow => ({
  kind: "skill",
  scope: "/work",
  name: "reviewer",
  state: "new",
  hash: "h",
  pinned: null,
  reasons: [],
  diff: [],
  notLookedAt: [],
  unapprovable: [],
  definition: { hash: "h", text: `${long}\nthe very last words` },
  ...more,
});

describe("a row of a check", () => {
  it("is shortened where it is only looked at, and says so; whole where it is approved, new or changed", () => {
    expect(rowLines(row(), false).join("\n")).not.toContain("the very last words");
    expect(rowLines(row(), false).at(-1)).toContain("… and 701 more lines");
    expect(rowLines(row(), true).join("\n")).toContain("the very last words");
    const changed = row({ state: "drifted", diff: diffOf("", row().definition.text) });
    expect(changed.diff.join("\n")).not.toContain("the very last words");
    expect(rowLines(changed, true).join("\n")).toContain("the very last words");
  });

  it("that was approved along with everything else is shown as it was approved", () => {
    const lines = rowLines(row({ state: "active", approvedNow: true }), true);
    expect(lines[0]).toBe("skill reviewer of /work: approved now, as it stands here");
    expect(lines.join("\n")).toContain("the very last words");
    expect(rowLines(row({ state: "active" }), true)).toEqual([]);
  });

  it("drives no terminal and hides nothing, whatever its name, folder and text are", () => {
    const bad = "\u001b[2Jx\u009b1A\u202e\r\u200b";
    const lines = rowLines(row({ name: bad, scope: bad, definition: { hash: "h", text: bad } }), true).join("");
    expect(lines).toContain("{U+001B}[2Jx{U+009B}1A{U+202E}{U+000D}{U+200B}");
    expect(lines).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

it("no name, folder or reason begins a line of its own: every line but the first is indented", () => {
  const forged = "x\nskill good: active";
  const lines = rowLines(
    row({ name: forged, scope: forged, reasons: [forged], definition: { hash: "h", text: forged } }),
    true,
  );
  const printed = lines.join("\n").split("\n");
  expect(printed.filter((line) => line.startsWith("skill good"))).toEqual([]);
  expect(printed.slice(1).every((line) => line.startsWith("  "))).toBe(true);
  expect(printed).toHaveLength(4);
});

describe("a name", () => {
  const server = row({ kind: "server", scope: "" });
  it("that means two things approves neither; with its kind it means one", () => {
    expect(() => chosenOf([row(), server], [namedIn("reviewer")])).toThrow("names 2 things; nothing was approved");
    expect([...chosenOf([row(), server], [namedIn("server:reviewer")])]).toEqual([server]);
    expect(namedIn("mcp__a__b")).toEqual({ kind: null, name: "mcp__a__b" });
  });

  it("means only what needs approval", () => {
    const active = row({ kind: "profile", state: "active" });
    const [skill] = [row()];
    expect([...chosenOf([active, skill], [namedIn("reviewer")])]).toEqual([skill]);
    expect([...chosenOf([active], [namedIn("reviewer")])]).toEqual([]);
  });
});
