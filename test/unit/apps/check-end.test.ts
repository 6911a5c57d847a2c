/** How a check ends: no approval that would not hold, and the command for what is left to do. */
import { describe, expect, it } from "vitest";
import type { CheckedRow } from "../../../actors/runtime/drift/check.ts";
import { endLines, hintsAbout, refuseUnapprovable } from "../../../apps/cli/tools/check-end.ts";

const row = (more: Partial<CheckedRow> = {}): CheckedRow => ({
  kind: "tool",
  scope: "",
  name: "mcp__a__look",
  state: "new",
  hash: "0123456789abcdef",
  pinned: null,
  reasons: [],
  diff: [],
  notLookedAt: [],
  unapprovable: [],
  definition: { hash: "0123456789abcdef", text: "{}" },
  ...more,
});

describe("what cannot be approved", () => {
  it("is refused with its first reason, whatever else was named beside it", () => {
    const broken = row({ name: "Read", state: "drifted", unapprovable: ["it only looks, and changed a.txt", "more"] });
    expect(() => refuseUnapprovable(new Set([row(), broken]))).toThrow(
      "Read cannot be approved as it is: it only looks, and changed a.txt (and 1 more)",
    );
  });

  it("hinders nobody where an approval would hold, or where nothing is to be approved", () => {
    expect(() => refuseUnapprovable(new Set([row({ reasons: ["it speaks of secrets"] })]))).not.toThrow();
    expect(() => refuseUnapprovable(new Set([row({ state: "active", unapprovable: ["x"] })]))).not.toThrow();
  });
});

describe("the last lines", () => {
  it("say what was approved just now", () => {
    const before = [row({ state: "quarantined" })];
    expect(endLines(before, [row({ state: "active" })])).toEqual(["approved: tool mcp__a__look (0123456789ab)"]);
    expect(endLines(before, before)).toEqual([
      "1 drifted, and in no pool. If that is what you want: swarm tools check --approve mcp__a__look",
    ]);
  });

  it("name the command for what is new, and never --yes for what is marked", () => {
    const marked = row({ name: "mcp__a__odd", reasons: ["it speaks of secrets"] });
    const refused = row({ reasons: ["no schema"], unapprovable: ["no schema"] });
    const rows = [row(), marked, refused];
    expect(endLines(rows, rows)).toEqual([
      "1 new. Once you have read what is above: swarm tools check --yes",
      '1 new and marked with "!", each to be named: swarm tools check --approve mcp__a__odd',
    ]);
    expect(endLines([refused], [refused])).toEqual([]);
  });

  it("promise no command where none would help", () => {
    const broken = row({ state: "drifted", unapprovable: ["it broke"] });
    expect(endLines([broken], [broken])).toEqual(["1 drifted, and in no pool. No approval would hold: mend them."]);
  });
});

describe("hints of a check of names", () => {
  it("are about those names and their servers, and about nobody else", () => {
    const hints = ["server a: it did not start", "server ab did not start", 'server b, "x": no', "skill mine is gone"];
    expect(hintsAbout(["mcp__a__look"], hints)).toEqual(["server a: it did not start"]);
    expect(hintsAbout(["mine", "b"], hints)).toEqual(['server b, "x": no', "skill mine is gone"]);
  });
});
