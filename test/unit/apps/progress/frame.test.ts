import pc from "picocolors";
import { describe, expect, test as law } from "vitest";
import { frameOf, lastFrameOf } from "../../../../apps/cli/progress/frame.ts";
import { width } from "../../../../apps/cli/progress/printable.ts";
import { openLog, START_MS, treeOf } from "./log.ts";

const options = (columns: number, rows: number) => ({
  colors: pc.createColors(false),
  columns,
  rows,
  nowMs: START_MS + 65_000,
  tick: 3,
});

/** Forty tasks: one ended badly, the next nine work, ten are done, the rest wait. */
function busy() {
  const log = openLog(40);
  for (let task = 0; task < 20; task += 1) log.route(`explore-${task}`);
  log.reject("explore-0", ["rejected", "the quote is not there"]);
  for (let task = 10; task < 20; task += 1) log.verify(`explore-${task}`);
  log.use("a_explore-3", "c1", "Probe");
  return log;
}

describe("a picture of the run", () => {
  law.each([
    [80, 24],
    [80, 10],
    [40, 8],
    [20, 4],
    [80, 3],
    [80, 2],
    [80, 1],
    [200, 80],
  ])("fits a terminal of %i by %i: no line wraps and none scrolls away", (columns, rows) => {
    const lines = frameOf(treeOf(busy().events), options(columns, rows));
    expect(lines.length).toBeGreaterThanOrEqual(1);
    expect(lines.length).toBeLessThanOrEqual(Math.max(1, rows - 1));
    for (const line of lines) expect(width(line)).toBeLessThan(columns);
  });

  law("where room is short, bad ends and work are shown and what is done collapses into a count", () => {
    const text = frameOf(treeOf(busy().events), options(80, 13)).join("\n");
    expect(text).toContain("✗ explore-0");
    expect(text).toContain("the quote is not there");
    for (let task = 1; task < 10; task += 1) expect(text).toContain(`explore-${task} `);
    expect(text).not.toContain("✓");
    expect(text).toContain("… 10 more verified");
  });

  law("with room for all of them every task has its line, in the order of the plan", () => {
    const lines = frameOf(treeOf(busy().events), options(80, 40));
    expect(lines.slice(1).map((line) => /explore-(\d+)/.exec(line)?.[1])).toEqual(
      Array.from({ length: 20 }, (_, task) => `${task}`),
    );
  });

  law("the first line counts and tells the time; an agent's line tells its tool", () => {
    const lines = frameOf(treeOf(busy().events), options(100, 40));
    expect(lines[0]).toContain("10/40 verified · 1 ended badly · 9 working · 20 waiting  1:05");
    expect(lines.find((line) => line.includes("explore-3 "))).toContain("Probe · 0 turns, 1 tool");
  });

  law("says what the run came to so far, in a width that stays", () => {
    const log = busy();
    const head = (): string => frameOf(treeOf(log.events), options(120, 24))[0] ?? "";
    expect(head()).not.toContain("tokens");
    log.say("a_explore-3", { type: "budget.settled", effect: "e", tokens: 9_999, nanoUsd: null });
    expect(head()).toMatch(/9999 tokens \(\d+\/min\)$/);
    log.say("a_explore-3", { type: "budget.settled", effect: "e", tokens: 1_200_000, nanoUsd: 31_200_000 });
    expect(head()).toMatch(/1\.2M tokens, 0\.0312 USD \(/);
  });

  law(
    "a run with a limit says when that ends as it goes now; a raised limit, and a run that is over, say otherwise",
    () => {
      const log = busy();
      const head = (): string => frameOf(treeOf(log.events), options(160, 24))[0] ?? "";
      log.say("a_explore-3", { type: "budget.settled", effect: "e", tokens: 60_000, nanoUsd: null });
      expect(head()).not.toContain("budget ends");
      const limited = { type: "budget.changed", by: "me", nanoUsdMax: null } as const;
      log.say("-", { ...limited, tokensMax: 500_000 });
      expect(head()).toMatch(/\(\d+k\/min, budget ends in 8 min\)$/);
      log.say("-", { ...limited, tokensMax: 1_000_000 });
      expect(head()).toMatch(/budget ends in 1\d min\)$/);
      log.say("coordinator", { type: "run.completed", reasons: [] });
      expect(head()).not.toMatch(/min/);
    },
  );

  law("why the run stands still, and an open breaker, are told beneath it", () => {
    const log = busy();
    log.say("a_explore-3", { type: "breaker.changed", breaker: "model", from: "closed", to: "open" });
    log.say("coordinator", { type: "run.parked", reason: "asked by SIGINT" });
    expect(frameOf(treeOf(log.events), options(80, 24)).slice(-2)).toEqual([
      "  parked: asked by SIGINT",
      "  breaker model is open",
    ]);
  });

  law("a task that nobody was sent to is shown with what it waits for, or with what it is lost by", () => {
    const log = openLog(5);
    log.route("list");
    log.route("left");
    log.verify("list");
    const graph = [
      { id: "list", needs: [] },
      { id: "left", needs: ["list"] },
      { id: "right", needs: ["list"] },
      { id: "join", needs: ["left", "right"] },
      { id: "last", needs: ["list", "join"] },
    ];
    const shown = (rows: number) => frameOf({ ...treeOf(log.events), graph }, options(80, rows)).slice(1);
    expect(shown(24).slice(2)).toEqual([
      "  · right         waits for its turn",
      "  · join          waits for left, right",
      "  · last          waits for join",
    ]);
    expect(shown(6).slice(2)).toEqual(["  · right         waits for its turn", "  … 2 more waiting"]);
    log.reject("left", ["failed", "no"]);
    expect(shown(24).slice(3)).toEqual([
      "  · join          will not start: stands on left, right",
      "  · last          will not start: stands on join",
    ]);
    for (const rows of [1, 2, 3, 4, 5, 6, 7]) expect(shown(rows).length).toBeLessThan(rows);
  });

  law("a short name leaves its room to what is said of the task, and a long one is cut", () => {
    const log = openLog(2);
    log.route("goal");
    log.use("a_goal", "c1", "Probe");
    const line = () => frameOf(treeOf(log.events), options(80, 24))[1];
    expect(line()).toBe("  ⠸ goal          Probe · 0 turns, 1 tool, 1:05");
    log.route(`${"漢字".repeat(20)}-end`);
    expect(line()).toBe(`  ⠸ ${"goal".padEnd(33)}  Probe · 0 turns, 1 tool, 1:05`);
    const [, , long = ""] = frameOf(treeOf(log.events), options(80, 24));
    expect(long).toMatch(/^ {2}⠸ (漢字){8}… {2}waiting for a worker, 1:05$/);
  });

  law("hostile names cannot draw", () => {
    const log = openLog(1);
    log.route("explore-a");
    log.reject("explore-a", ["failed", "\u001b[2J\u202egone\nnew line"]);
    const lines = frameOf(treeOf(log.events), options(80, 24));
    expect(lines.join("")).toContain("gone");
    expect(lines.join("")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  law("what stays on the screen is the count and the bad ends", () => {
    const log = busy();
    log.say("coordinator", { type: "run.completed", reasons: [] });
    const lines = lastFrameOf(treeOf(log.events), options(80, 24));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain("20 never started");
    expect(lines[1]).toContain("✗ explore-0");
  });
});
