import { stripVTControlCharacters } from "node:util";
import pc from "picocolors";
import { describe, expect, test as law } from "vitest";
import { assess, type Evaluation } from "../../../../apps/cli/evaluate/assess.ts";
import type { ReportFacts } from "../../../../apps/cli/evaluate/facts.ts";
import { primitives } from "../../../../apps/cli/evaluate/primitives.ts";
import { renderText } from "../../../../apps/cli/evaluate/render-text.ts";
import { width } from "../../../../apps/cli/progress/printable.ts";
import { primitiveIds } from "../../../../registry/probes/finding.ts";
import { anchor, claim, ended, finding, run, verdict } from "./claims.ts";

const facts: ReportFacts = {
  runId: "r_7f3k2m9q",
  usage: {
    modelCalls: 74,
    inputTokens: 402_113,
    outputTokens: 31_020,
    cacheReadTokens: 0,
    cacheWriteTokens: 0,
    totalTokens: 433_133,
    costUsd: 0,
  },
  tookMs: 8_420,
  skipped: [
    { why: "too large", count: 2, paths: ["data/a.js", "data/b.js"] },
    { why: "vendored", count: 0, paths: [] },
  ],
};
const plain = (evaluation: Evaluation, columns = 80, more: Partial<ReportFacts> = {}): string =>
  renderText(evaluation, { ...facts, ...more }, { colors: pc.createColors(false), columns });

const long = finding(12, { path: `src/${"deep/".repeat(40)}loop.ts`, quote: "x".repeat(900) });
const mixed = ended(
  run(
    ...primitiveIds.map((id, index) => {
      const claimed =
        index % 3 === 0
          ? claim(id, { findings: [finding(10), finding(10), long, finding(30), finding(40), finding(50)] })
          : index % 3 === 1
            ? claim(id, { level: "absent", maturity: 0, findings: [anchor(7), anchor(8)], next: `Build the ${id}.` })
            : claim(id, { level: "partial", maturity: 1, next: `Finish the ${id}.` });
      return [claimed, verdict(claimed, id === "session-persistence" ? { fallen: [0] } : {})] as const;
    }),
  ),
  "verify-token-budget",
  { status: "failed", reasons: ["the model could not be reached"] },
);
const report = plain(assess(mixed));

describe("the report on a terminal", () => {
  law.each([48, 60, 80, 100])("no line is wider than %i columns, whatever the code holds", (columns) => {
    const lines = plain(assess(mixed), columns).split("\n");
    expect(lines.length).toBeGreaterThan(60);
    for (const line of lines) expect(width(line)).toBeLessThanOrEqual(columns);
  });

  law("every primitive has its line, with level and maturity", () => {
    for (const { title } of primitives) {
      expect(report).toMatch(new RegExp(`^[●◐○?] ${title} +(present|partial|absent|unknown) +[■□]{4}`, "m"));
    }
  });

  law("evidence stands as path:line with its quote, each place once", () => {
    const [, registry = ""] = report.split("● Tool registry");
    const [own = ""] = registry.split("○ Permission system");
    expect(own).toContain("src/loop.ts:10");
    expect(own).toContain("const line10 = true;");
    expect(own.match(/src\/loop\.ts:10/g)).toHaveLength(1);
    expect(own).toContain("and 2 more lines");
  });

  law("what was rejected says where and why", () => {
    expect(report).toContain("✗ rejected src/loop.ts:10: line 0 reads otherwise");
    expect(report).toContain("1 rejected");
  });

  law("where an absence was looked for is said once, not twelve times", () => {
    expect(report.match(/src\/loop\.ts:7 /g)).toHaveLength(1);
    expect(report).toContain("Where the harness runs");
  });

  law("three next steps at most, leanest first, and the unknown are named apart", () => {
    const [, steps = ""] = report.split("Next steps");
    expect(steps.match(/^\d\. .+$/gm)).toEqual([
      "1. Permission system",
      "2. Two-level verification",
      "3. Session persistence",
    ]);
    expect(steps).toContain("Not judged: token budget.");
    expect(report).toContain("the model could not be reached");
  });

  law("few skipped files by name, usage and the way to more stand at its end", () => {
    expect(report).toContain("Files left out: data/a.js, data/b.js (too large)");
    expect(report).not.toContain("vendored");
    expect(report).toContain("433,133 tokens");
    expect(report).toContain("swarm show r_7f3k2m9q");
    expect(report).toContain("swarm logs r_7f3k2m9q");
    expect(report.endsWith("\n")).toBe(true);
  });

  law("without colours there is no escape code; with them only colours are added", () => {
    const coloured = renderText(assess(mixed), facts, { colors: pc.createColors(true), columns: 80 });
    expect(report).not.toContain("\u001b");
    expect(coloured).toContain("\u001b[32m");
    expect(stripVTControlCharacters(coloured)).toBe(report);
  });
});

describe("whose judgement it is", () => {
  law("a local analysis says on its face that no model was asked and that its figures are estimates", () => {
    const top = report.slice(0, report.indexOf("Day one")).replaceAll("\n", " ");
    expect(top).toContain("local structural analyst");
    expect(top).toContain("No model was asked");
    expect(report).toContain("estimated");
    expect(report).not.toContain("$");
  });

  law("a model's analysis names it, its cost, and any other that answered in its place", () => {
    const asked = assess({ ...mixed, analyst: "claude-opus-5" });
    const text = plain(asked, 80, { usage: { ...facts.usage, costUsd: 1.25, cacheReadTokens: 1_000 } });
    expect(text).toContain("claude-opus-5");
    expect(text).toContain("Answered by: local-analyst");
    expect(text).toContain("$1.2500");
    expect(text).not.toContain("No model was asked");
    const unpriced = plain(asked, 80, { usage: { ...facts.usage, costUsd: null } });
    expect(unpriced).toContain("cost unknown");
    expect(unpriced).not.toContain("$0");
  });

  law("when nothing is missing it says so, and recommends nothing", () => {
    const one = claim("token-budget");
    const text = plain(assess(run([one, verdict(one)])));
    expect(text).toContain("Nothing is missing");
    expect(text).not.toMatch(/^\d\. /m);
    expect(text).not.toContain("Operational maturity");
  });
});

describe("hostile source", () => {
  const attacks = [
    "\u001b[2J\u001b[Hgone",
    "\u009b31mred",
    "a\u202eb\u2066c",
    "one\ntwo\r\nthree",
    "zero\u200bwidth\ufeff",
    "\u0007bell\u0000nul\u007f",
    "\ud800half",
    `z${"\u0301".repeat(50)}algo`,
    "\u{e0041}tag",
  ];
  law.each(attacks)("cannot draw on the screen: %j", (text) => {
    const bad = finding(1, { path: `src/${text}.ts`, quote: `x ${text} y`, probe: "p" });
    const claimed = claim("token-budget", {
      level: "partial",
      findings: [bad, bad],
      why: `why ${text}`,
      next: `next ${text}`,
    });
    const checked = {
      ...verdict(claimed),
      verdicts: [
        { index: 0, holds: true, why: "yes" },
        { index: 1, holds: false, why: text },
      ],
    };
    const out = plain({ ...assess(run([claimed, checked])), target: `/tmp/${text}` }, 100, {
      skipped: [{ why: text, count: 1, paths: [text] }],
    });
    expect(out).toContain("src/");
    expect(out.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]|\p{M}{5}/u);
    for (const line of out.split("\n")) expect(width(line)).toBeLessThanOrEqual(100);
  });
});
