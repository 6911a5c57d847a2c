import { expect, test } from "vitest";
import { agentTypeNamed } from "../../../../actors/types/index.ts";
import { reportHtml } from "../../../../apps/cli/report/write-report.ts";
import { statesOn, wiresOf } from "../../../../apps/visualizer/page/chart-data.ts";
import { DIFFERENCES_MAX, differences } from "../../../../apps/visualizer/page/context-diff.ts";
import { pickedOf } from "../../../../apps/visualizer/page/inbox-pick.ts";
import { lineDiff, unifiedLines } from "../../../../apps/visualizer/page/line-diff.ts";
import { plain, plainLines, short, shortModel, usd } from "../../../../apps/visualizer/page/words.ts";
import { embedded, fitting, type ReportData, shortened, TEXT_MAX } from "../../../../apps/visualizer/report-data.ts";
import { chartOf } from "../../../../machines/chart.ts";
import { coordinatorMachine } from "../../../../machines/coordinator-machine.ts";
import { manyEvents } from "../../../support/page-events.ts";

test("every state that a path names is lit, with those around it, and no other", () => {
  const chart = chartOf(coordinatorMachine);
  expect([...statesOn("supervising.watching", chart)]).toEqual([
    "coordinator.supervising",
    "coordinator.supervising.watching",
  ]);
  expect([...statesOn("", chart)]).toEqual([]);
  expect([...statesOn("nowhere", chart)]).toEqual([]);
  const general = chartOf(
    (agentTypeNamed("general") as NonNullable<ReturnType<typeof agentTypeNamed>>).machine.machine,
  );
  expect(statesOn("thinking.calling", general).size).toBe(2);
  const edge = general.edges.find(({ to }) => to.length === 1);
  expect(wiresOf(edge as NonNullable<typeof edge>)).toEqual([`${edge?.from} ${edge?.to[0]} ${edge?.cause}`]);
});

test("memory is compared place by place: what came, what went, what changed, and no more than can be read", () => {
  const { told, more } = differences(
    { turn: 1, calls: [{ id: "a", state: "out" }], note: "x" },
    { turn: 2, calls: [{ id: "a", state: "in" }, { id: "b" }], old: null },
  );
  expect(told.map(({ path, kind }) => `${kind} ${path}`).sort()).toEqual([
    "added calls[1]",
    "added old",
    "changed calls[0].state",
    "changed turn",
    "removed note",
  ]);
  expect(more).toBe(0);
  const wide = Object.fromEntries(Array.from({ length: DIFFERENCES_MAX + 7 }, (_, index) => [`k${index}`, index]));
  expect(differences({}, wide)).toMatchObject({ more: 7 });
  expect(differences(wide, { ...wide }).told).toEqual([]);
});

test("the proposal that somebody looks at stays open, whatever else comes or goes, and is marked when it waits no more", () => {
  expect(pickedOf(null, ["p_1", "p_2"], false)).toEqual({ id: "p_1", gone: false });
  expect(pickedOf("p_2", ["p_0", "p_1", "p_2"], false)).toEqual({ id: "p_2", gone: false });
  expect(pickedOf("p_1", ["p_0", "p_2"], false)).toEqual({ id: "p_1", gone: true });
  expect(pickedOf("p_1", [], false)).toEqual({ id: "p_1", gone: true });
  expect(pickedOf("p_9", ["p_1"], true)).toEqual({ id: "p_9", gone: false });
  expect(pickedOf(null, [], false)).toEqual({ id: null, gone: false });
});

test("an edit is shown line by line, whichever lines stay", () => {
  const shown = lineDiff("a\nb\nc", "a\nB\nc\nd").map(({ kind, text }) => `${kind} ${text}`);
  expect(shown).toEqual(["same a", "gone b", "new B", "same c", "new d"]);
  const patch = unifiedLines("diff --git a/x b/x\n@@ -1 +1 @@\n-old\n+new\n same");
  expect(patch.map(({ kind }) => kind)).toEqual(["head", "head", "gone", "new", "same"]);
});

test("text of others can neither hide nor turn around, and keeps its lines where it has some", () => {
  expect(plain("rm \u202e-rf\n/")).toBe("rm \\u{202e}-rf /");
  expect(plainLines("a\u200bb\n\tc")).toBe("a\\u{200b}b\n  c");
});

test("figures stay short, and money that nobody knows all of says so", () => {
  expect([shortModel("claude-sonnet-4-5-20250929"), shortModel("gpt-x")]).toEqual(["sonnet-4-5", "gpt-x"]);
  expect([short(812), short(12_440), short(3_140_000)]).toEqual(["812", "12.4k", "3.1M"]);
  expect([usd(0), usd(1_230_000_000), usd(4_200_000), usd(1e9, true)]).toEqual([
    "$0.00",
    "$1.23",
    "$0.00420",
    "≥ $1.00",
  ]);
});

const hostile = `</script><script>alert(1)</script><!--\u2028`;

test("nothing in a report's data ends the element that holds them, and all of it comes back", () => {
  const data = { v: 1, run: { runId: hostile, goal: hostile }, events: [] } as unknown as ReportData;
  const text = embedded(data);
  expect(text).not.toMatch(/[<\u2028]/);
  expect(JSON.parse(text)).toEqual(data);
  const html = reportHtml(data, { script: "let x = 1;", style: "b{}" });
  expect(html.match(/<script/g)).toHaveLength(2);
  expect(html.match(/<\/script/g)).toHaveLength(2);
  expect(html).toContain("default-src 'none'");
  expect(html).not.toMatch(/<!--/);
});

test("a report is bounded: long texts say what is missing, and events end where no more fit", () => {
  expect(shortened({ a: ["x".repeat(TEXT_MAX + 5)] })).toEqual({
    a: [`${"x".repeat(TEXT_MAX)}… (5 characters are not in this file)`],
  });
  const events = manyEvents(5, 100);
  const kept = fitting(events, 5_000);
  expect(kept.length).toBeGreaterThan(10);
  expect(JSON.stringify(kept).length).toBeLessThanOrEqual(5_001);
  expect(kept).toEqual(events.slice(0, kept.length));
  expect(fitting(events)).toEqual(events);
});
