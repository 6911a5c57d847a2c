/** A table is data where a program reads it, and fits where a person does. */
import { describe, expect, it } from "vitest";
import { tableLines } from "../../../apps/cli/print.ts";
import { width } from "../../../apps/cli/progress/printable.ts";

const words = "a word that is followed by more words than a narrow terminal has columns for, all of them kept";
const rows = [
  ["Grep", "read-only", words],
  ["Ls", "-", ""],
];

describe("a table", () => {
  it("on a terminal is no wider than it, and loses nothing", () => {
    const lines = tableLines(["NAME", "RISK", "WHY"], rows, 60);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(60);
    const told = lines.slice(1).map((line) => line.slice(17).trim());
    expect(told.join(" ").trim()).toBe(words);
    expect(lines.slice(2, -1).every((line) => line.startsWith(" ".repeat(17)))).toBe(true);
    expect(lines.length).toBeGreaterThan(4);
  });

  it("stands in columns whatever is written in it", () => {
    const wide = [
      ["漢字の名前", "read-only", "one"],
      ["é", "-", "two"],
    ];
    const ends = tableLines(["NAME", "RISK", "WHY"], wide, 60).map((line) => width(line.replace(/\S+$/, "")));
    expect(ends).toEqual([23, 23, 23]);
  });

  it("for a program has one line a row, however long", () => {
    expect(tableLines(["NAME", "RISK", "WHY"], rows, null)).toEqual([
      "NAME  RISK       WHY",
      `Grep  read-only  ${words}`,
      "Ls    -",
    ]);
  });

  it("is not folded into a column of single words where there is no room", () => {
    expect(tableLines(["NAME", "RISK", "WHY"], rows, 30)).toHaveLength(3);
  });
});
