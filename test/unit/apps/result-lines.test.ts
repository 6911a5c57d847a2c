// Results as people read them: the forms that agent types give back each as what they are, everything else as it is, and
// nothing in them moves a cursor.
import { expect, it } from "vitest";
import { resultLines } from "../../../apps/cli/result-lines.ts";

const task = (id: string, needs: string[] = []) => ({
  id,
  goal: `Do ${id}.\nWell.`,
  agentType: "general",
  needs,
  why: "So.",
});

it("a plan is shown as its graph, in waves of what can be done at the same time", () => {
  const value = {
    tasks: [task("d", ["b", "c"]), task("a"), task("b", ["a"]), task("c", ["a"])],
    why: "All of it.",
    risks: ["It rains."],
  };
  const lines = resultLines(value);
  expect(lines[0]).toBe("4 tasks in 3 waves: All of it.");
  expect(lines.filter((line) => /^(wave| {2}\w+ \()/.test(line))).toEqual([
    ...["wave 1", "  a (general)", "wave 2", "  b (general) <- a", "  c (general) <- a"],
    ...["wave 3", "  d (general) <- b, c"],
  ]);
  expect(lines).toContain("      Well.");
  expect(lines.at(-1)).toBe("  - It rains.");
});

it("an answer is shown with its pages, a verdict point by point, a status line with what is left to add", () => {
  const page = { page: "operating.md", section: "Limits", quote: "nothing is without end" };
  expect(resultLines({ answer: "Yes.\nAlways.", pages: [page] })).toEqual([
    ...["Yes.", "Always.", "", '  operating.md, Limits: "nothing is without end"'],
  ]);
  expect(resultLines({ verdict: "fails", points: [{ point: "it runs", holds: "no", why: "it does not" }] })).toEqual([
    ...["the claim fails", "  no      it runs", "          it does not"],
  ]);
  const toAdd = [{ file: "~/.tmux.conf", lines: "set -g status on\nset -g x" }];
  expect(resultLines({ summary: "Done.", wrote: ["a", "b"], toAdd })).toEqual([
    ...["Done.", "", "wrote a, b", "", "to add to ~/.tmux.conf:", "  set -g status on", "  set -g x"],
  ]);
  expect(resultLines({ summary: "One\ntwo" })).toEqual(["One", "two"]);
});

it("results of several tasks stand there by name, each with its status, its value, why it failed and what it left", () => {
  const task = { result: null, value: null, reasons: [], notDone: [] };
  const tasks = {
    list: { ...task, status: "verified", value: { summary: "One\ntwo" }, notDone: ["three"] },
    left: { ...task, status: "failed", value: { summary: "made up" }, reasons: ["it was blocked"] },
    join: { ...task, status: "skipped", reasons: ["stands on left"] },
    wide: {
      ...task,
      status: "verified",
      value: { summary: Array.from({ length: 20 }, (_, at) => `l${at}`).join("\n") },
    },
  };
  const lines = resultLines({ tasks });
  expect(lines.slice(0, 8)).toEqual([
    ...["✓ list: verified", "    One", "    two", "    not done: three"],
    ...["✗ left: failed", "    it was blocked", "- join: skipped", "    stands on left"],
  ]);
  expect(lines.slice(8)).toHaveLength(14);
  expect(lines.at(-1)).toBe("    … and 8 more lines");
});

it("what is of no known form is shown as it is, and nothing as nothing", () => {
  expect(resultLines({ n: 1 })).toEqual(['{"n":1}']);
  expect(resultLines(null)).toEqual([]);
  expect(resultLines(undefined)).toEqual([]);
});

it("no value moves the cursor", () => {
  const evil = "\u001b[2Jgone\u202e";
  const values = [
    { summary: evil },
    { ...{ answer: evil, pages: [{ page: evil, section: evil, quote: evil }] } },
    evil,
  ];
  for (const value of values) {
    const shown = resultLines(value).join("\n");
    expect([shown.includes("gone"), shown.includes("\u001b"), shown.includes("\u202e")]).toEqual([true, false, false]);
  }
});
