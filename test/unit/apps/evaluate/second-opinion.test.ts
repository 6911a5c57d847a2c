// A model's evaluation beside the local analyst's: both levels are shown with the lines of each, nothing is averaged, and a
// gate does not pass on a claim that somebody else contradicts.

import pc from "picocolors";
import { describe, expect, test as law } from "vitest";
import { decide } from "../../../../apps/cli/design/decide.ts";
import { harnessOf } from "../../../../apps/cli/design/harness-file.ts";
import { against } from "../../../../apps/cli/evaluate/against.ts";
import { assess, type Evaluation } from "../../../../apps/cli/evaluate/assess.ts";
import { sinceBaseline } from "../../../../apps/cli/evaluate/baseline.ts";
import { documentOf, documentSchema } from "../../../../apps/cli/evaluate/document.ts";
import { failOn, failOnOf, gateFailures, refuseLoneGate } from "../../../../apps/cli/evaluate/fail-on.ts";
import type { Level } from "../../../../apps/cli/evaluate/finding.ts";
import { UNMEASURED } from "../../../../apps/cli/evaluate/measures.ts";
import { renderHtml } from "../../../../apps/cli/evaluate/render-html.ts";
import { renderText } from "../../../../apps/cli/evaluate/render-text.ts";
import { besideLocal, withoutLocal } from "../../../../apps/cli/evaluate/second-opinion.ts";
import type { SwarmError } from "../../../../infra/errors.ts";
import type { PrimitiveId } from "../../../../registry/probes/finding.ts";
import { anchor, claim, finding, run, verdict } from "./claims.ts";

const maturity = { present: 2, partial: 1, absent: 0, unknown: 0 } as const;
function judged(analyst: string, path: string, levels: Readonly<Partial<Record<PrimitiveId, Level>>>): Evaluation {
  const pairs = Object.entries(levels).map(([id, level]) => {
    const found = level === "absent" ? [anchor(7)] : level === "unknown" ? [] : [finding(10, { path })];
    const more = { level, maturity: maturity[level], findings: found, why: `${analyst} looked.` };
    const claimed = claim(id as PrimitiveId, more);
    return [claimed, verdict(claimed)] as const;
  });
  return assess({ ...run(...pairs), analyst });
}

const model = judged("claude-x", "src/by-model.ts", {
  "tool-registry": "present",
  "permission-system": "present",
  "token-budget": "partial",
  "workflow-state": "unknown",
  "streaming-events": "partial",
});
const local = judged("local", "src/by-probe.ts", {
  "tool-registry": "present",
  "permission-system": "absent",
  "token-budget": "present",
  "workflow-state": "partial",
  "streaming-events": "unknown",
});
const both = besideLocal(model, local, "r_second");
const named = (id: PrimitiveId) => both.primitives.find((primitive) => primitive.id === id);
const facts = {
  runId: "r_1",
  usage: {
    ...{ modelCalls: 2, inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, totalTokens: 2 },
    costUsd: 0.1,
  },
};

describe("what stands", () => {
  law("is the level of the model that was asked, and the findings that were verified for it", () => {
    for (const { id, level, maturity: own, findings } of model.primitives)
      expect(named(id)).toMatchObject({ level, maturity: own, findings });
    expect(both.summary).toEqual(model.summary);
  });

  law("beside it stands the local analyst's, with its own lines; a contested level has low confidence", () => {
    expect(named("permission-system")).toMatchObject({
      level: "present",
      confidence: "low",
      local: { level: "absent", agrees: false, findings: [anchor(7)] },
    });
    expect(named("token-budget")?.local).toMatchObject({ level: "present", agrees: false });
    expect(named("tool-registry")).toMatchObject({ confidence: "high", local: { agrees: true } });
    expect(both.comparison).toEqual({
      runId: "r_second",
      agrees: ["tool-registry"],
      differs: ["permission-system", "token-budget"],
      oneSided: ["workflow-state", "streaming-events"],
    });
  });

  law("not knowing is no disagreement, and is not filled by what the other knows", () => {
    expect(named("workflow-state")).toMatchObject({
      level: "unknown",
      findings: [],
      local: { level: "partial", agrees: null },
    });
    expect(named("streaming-events")).toMatchObject({ level: "partial", confidence: "high", local: { agrees: null } });
  });
});

describe("a gate", () => {
  const only = (id: PrimitiveId) => ({ primitives: both.primitives.filter((primitive) => primitive.id === id) });

  law("goes by the lower of two levels that contradict each other, whoever said it", () => {
    expect(failOn(only("permission-system"), "absent")).toBe(true);
    expect(failOn(only("token-budget"), "partial")).toBe(true);
    expect(failOn(only("token-budget"), "absent")).toBe(false);
    expect(failOn(only("tool-registry"), "partial")).toBe(false);
    expect(failOn(only("streaming-events"), "unknown")).toBe(false);
    expect(failOn(only("workflow-state"), "unknown")).toBe(true);
    const harness = harnessOf(decide({ money: "metered", effects: "workspace", permissions: "rules" }), []);
    expect(against(only("permission-system"), "h", harness).breaches).toEqual([
      { id: "permission-system", wanted: "present", found: "absent" },
    ]);
  });

  law("on disagreement names both levels, and does not pass where there is no second opinion", () => {
    expect(gateFailures(both, UNMEASURED, ["disagreement"])).toEqual([
      "permission-system is present by claude-x, absent by the local analyst (--fail-on disagreement)",
      "token-budget is partial by claude-x, present by the local analyst (--fail-on disagreement)",
    ]);
    expect(gateFailures(besideLocal(model, model, "r_2"), UNMEASURED, ["disagreement"])).toEqual([]);
    expect(gateFailures(withoutLocal(model, "r_2", "its run is gone"), UNMEASURED, ["disagreement"])).toEqual([
      "there is no second opinion: its run is gone",
    ]);
    expect(gateFailures(local, UNMEASURED, ["disagreement"])).toEqual([
      "there is no second opinion: the local analyst judged alone",
    ]);
  });

  law("on worse falls at a lower level, a lower maturity, and at what is not known any more; at nothing else", () => {
    const now = judged("claude-x", "a.ts", {
      "tool-registry": "partial",
      "permission-system": "present",
      "token-budget": "unknown",
      "workflow-state": "partial",
    });
    const then = {
      ...{ v: 1 as const, target: "t", analyst: "claude-x", path: "/b.json" },
      primitives: [
        { id: "tool-registry" as const, level: "present" as const, maturity: 2 },
        { id: "permission-system" as const, level: "present" as const, maturity: 3 },
        { id: "token-budget" as const, level: "partial" as const, maturity: 1 },
        { id: "workflow-state" as const, level: "unknown" as const, maturity: 0 },
      ],
    };
    const baseline = sinceBaseline(now, then);
    expect(gateFailures(now, { against: null, baseline }, ["worse"])).toEqual([
      "tool-registry was present and is partial (--fail-on worse)",
      "permission-system was present and is present (maturity 3 → 2) (--fail-on worse)",
      "token-budget was partial and is unknown (--fail-on worse)",
    ]);
    const same = {
      ...then,
      primitives: now.primitives.map(({ id, level, maturity: own }) => ({ id, level, maturity: own })),
    };
    expect(gateFailures(now, { against: null, baseline: sinceBaseline(now, same) }, ["worse"])).toEqual([]);
  });

  law("may be several, with commas between; what is none, or cannot be measured, is refused with the way out", () => {
    expect(failOnOf({ failOn: "absent, worse,disagreement", baseline: "b.json" })).toEqual([
      "absent",
      "worse",
      "disagreement",
    ]);
    expect(failOnOf({})).toEqual([]);
    const refusal = (act: () => unknown): Partial<SwarmError> => {
      try {
        act();
      } catch (error) {
        return error as SwarmError;
      }
      throw new Error("it was not refused");
    };
    for (const bad of ["present", "", "absent,,worse", "Absent"])
      expect(refusal(() => failOnOf({ failOn: bad, baseline: "b" }))).toMatchObject({
        exit: 2,
        message: expect.stringContaining("--fail-on"),
        hint: expect.stringContaining("disagreement"),
      });
    expect(refusal(() => failOnOf({ failOn: "worse" }))).toMatchObject({
      exit: 2,
      hint: expect.stringContaining("--baseline FILE"),
    });
    expect(refusal(() => refuseLoneGate(["disagreement"], false))).toMatchObject({
      exit: 2,
      hint: expect.stringContaining("ANTHROPIC_API_KEY"),
    });
    expect(() => refuseLoneGate(["disagreement"], true)).not.toThrow();
    expect(() => refuseLoneGate(["absent"], false)).not.toThrow();
  });
});

describe("every form of the report", () => {
  const text = renderText(both, facts, { colors: pc.createColors(false), columns: 100 });
  const page = renderHtml(both, facts);

  law("says on its face how often the two agree, where they do not, and whose level it is", () => {
    for (const form of [text.replace(/\s+/g, " "), page]) {
      expect(form).toContain("agrees on 1 of 5, differs on 2 (permission system, token budget)");
      expect(form).toContain("the level is that of claude-x");
      expect(form).toContain("gates go by the lower one");
    }
  });

  law("shows both levels of a contested primitive with the lines of each", () => {
    const [, own = ""] = text.split("◐ Token budget");
    const section = own.split(/[●◐○?] [A-Z][a-z]+ [a-z]/)[0] ?? "";
    expect(section).toContain("src/by-model.ts:10");
    expect(section).toContain("The local analyst differs: present (maturity 2, high confidence)");
    expect(section).toContain("src/by-probe.ts:10");
    const [, html = ""] = page.split('<article aria-labelledby="token-budget">');
    const body = html.split("</article>")[0] ?? "";
    expect(body).toContain("src/by-model.ts:10");
    expect(body).toContain("The local analyst differs: present (maturity 2, high confidence)");
    expect(body).toContain("src/by-probe.ts:10");
    expect(page.match(/local analyst: <span class="level/g)).toHaveLength(4);
  });

  law("says of an agreed one nothing twice, and of a missing second opinion why", () => {
    const [, own = ""] = page.split('<article aria-labelledby="tool-registry">');
    expect(own.split("</article>")[0]).not.toContain("local analyst");
    const lone = withoutLocal(model, "r_2", "its run is gone");
    expect(renderHtml(lone, facts)).toContain("There is no second opinion of the local analyst: its run is gone.");
  });

  law("the document keeps the agreed keys in front and adds its own behind them", () => {
    const document = documentOf(both, facts);
    expect(documentSchema.parse(JSON.parse(JSON.stringify(document)))).toEqual(document);
    expect(Object.keys(document).slice(0, 4)).toEqual(["v", "target", "analyst", "primitives"]);
    expect(document.analyst).toBe("claude-x");
    for (const primitive of document.primitives) {
      expect(Object.keys(primitive).slice(0, 5)).toEqual(["id", "level", "maturity", "findings", "next"]);
      expect(Object.keys(primitive).at(-1)).toBe("local");
    }
    expect(document.comparison?.differs).toEqual(["permission-system", "token-budget"]);
    expect(documentOf(local, facts)).not.toHaveProperty("comparison");
    expect(documentOf(local, facts).primitives[0]).not.toHaveProperty("local");
  });
});
