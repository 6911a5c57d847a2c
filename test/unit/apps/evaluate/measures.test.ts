// An evaluation beside a design and beside an earlier evaluation: breaches are named, not knowing is told apart.

import pc from "picocolors";
import { describe, expect, test as law } from "vitest";
import { decide } from "../../../../apps/cli/design/decide.ts";
import { harnessOf } from "../../../../apps/cli/design/harness-file.ts";
import { against } from "../../../../apps/cli/evaluate/against.ts";
import { assess } from "../../../../apps/cli/evaluate/assess.ts";
import { type Baseline, sinceBaseline } from "../../../../apps/cli/evaluate/baseline.ts";
import { documentOf, documentSchema } from "../../../../apps/cli/evaluate/document.ts";
import type { Level } from "../../../../apps/cli/evaluate/finding.ts";
import { measured } from "../../../../apps/cli/evaluate/measures.ts";
import { renderHtml } from "../../../../apps/cli/evaluate/render-html.ts";
import { renderText } from "../../../../apps/cli/evaluate/render-text.ts";
import { type PrimitiveId, primitiveIds } from "../../../../registry/probes/finding.ts";
import { anchor, claim, run, verdict } from "./claims.ts";

const at = (levels: Partial<Record<PrimitiveId, Level>>, rest: Level = "present") =>
  assess(
    run(
      ...primitiveIds.map((id) => {
        const level = levels[id] ?? rest;
        const maturity = { present: 2, partial: 1, absent: 0, unknown: 0 }[level];
        const more = level === "absent" ? { findings: [anchor(7)] } : {};
        const claimed = claim(id, { level, maturity, ...more });
        return [claimed, verdict(claimed)] as const;
      }),
    ),
  );
const harness = harnessOf(decide({ money: "metered", effects: "workspace", permissions: "rules" }), []);
const baselineOf = (evaluation: ReturnType<typeof at>): Baseline => ({
  v: 1,
  ...evaluation,
  primitives: [...evaluation.primitives],
  path: "/b.json",
});

describe("against a design", () => {
  law("what is built below its level is a breach, at it or above it none", () => {
    const found = against(
      at({ "token-budget": "partial", "permission-system": "absent", "tool-registry": "partial" }),
      "h",
      harness,
    );
    expect(found.breaches).toEqual([
      { id: "permission-system", wanted: "present", found: "absent" },
      { id: "token-budget", wanted: "present", found: "partial" },
    ]);
    expect(found.kept).toContain("tool-registry");
  });

  law("unknown is neither kept nor broken, and what was not looked at is said", () => {
    const all = at({ "token-budget": "unknown" });
    const some = { primitives: all.primitives.filter(({ id }) => id !== "permission-system") };
    const found = against(some, "h", harness);
    expect(found).toMatchObject({ breaches: [], unknown: ["token-budget"], unseen: ["permission-system"] });
    expect(found.kept).not.toContain("token-budget");
  });

  law("what the design skips is no breach where it is missing, and is mentioned where it is there", () => {
    expect(against(at({ "agent-type-system": "absent" }), "h", harness).breaches).toEqual([]);
    expect(against(at({}), "h", harness).beyond).toContain("agent-type-system");
  });
});

describe("since a baseline", () => {
  law("levels go before maturities, and not knowing is no change", () => {
    const before = at({ "token-budget": "partial", "tool-registry": "present", "workflow-state": "unknown" });
    const after = at({ "token-budget": "present", "tool-registry": "absent", "workflow-state": "absent" });
    const since = sinceBaseline(after, baselineOf(before));
    expect(since.better.map(({ id }) => id)).toEqual(["token-budget"]);
    expect(since.worse.map(({ id }) => id)).toEqual(["tool-registry"]);
    expect(since.unclear.map(({ id }) => id)).toEqual(["workflow-state"]);
    expect(since.same).toHaveLength(9);
  });

  law("the same level with more maturity is better", () => {
    const then = baselineOf(at({}));
    const [first, ...rest] = then.primitives;
    if (first === undefined) throw new Error("empty");
    const since = sinceBaseline(at({}), { ...then, primitives: [{ ...first, maturity: 4 }, ...rest] });
    expect(since.worse.map(({ id }) => id)).toEqual([first.id]);
    expect(since.better).toEqual([]);
  });

  law("another judge is named, and what one side only has is not compared", () => {
    const then = baselineOf(at({}));
    const since = sinceBaseline(at({}), { ...then, analyst: "claude-x", primitives: then.primitives.slice(1) });
    expect(since).toMatchObject({ otherAnalyst: "claude-x", uncompared: [primitiveIds[0]] });
  });
});

law("text, page and document say each breach and each change", () => {
  const before = at({ "tool-registry": "partial" });
  const now = at({ "token-budget": "absent" });
  const measures = measured(now, { harness: { path: "/h<b>.json", harness }, baseline: baselineOf(before) });
  const facts = {
    runId: "r_1",
    usage: {
      modelCalls: 0,
      inputTokens: 0,
      outputTokens: 0,
      cacheReadTokens: 0,
      cacheWriteTokens: 0,
      totalTokens: 0,
      costUsd: 0,
    },
  };
  const text = renderText(now, facts, { colors: pc.createColors(false), columns: 100, measured: measures });
  const page = renderHtml(now, facts, measures);
  for (const said of ["breach: wanted present, found absent", "worse: present → absent", "better: partial → present"]) {
    expect(text).toContain(said);
    expect(page).toContain(said);
  }
  expect(page).not.toContain("<b>.json");
  const document = documentOf(now, { runId: "r_1" }, measures);
  expect(documentSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
  expect(document.against?.breaches.map(({ id }) => id)).toEqual(["token-budget"]);
  expect(document.baseline?.better.map(({ id }) => id)).toEqual(["tool-registry"]);
  expect(renderText(now, facts, { colors: pc.createColors(false), columns: 100 })).not.toContain("Against the design");
});
