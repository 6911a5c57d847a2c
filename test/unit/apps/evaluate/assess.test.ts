import { describe, expect, test as law } from "vitest";
import { type AssessedPrimitive, type AssessInput, assess } from "../../../../apps/cli/evaluate/assess.ts";
import { failOn } from "../../../../apps/cli/evaluate/fail-on.ts";
import type { ExploreValue, Level } from "../../../../apps/cli/evaluate/finding.ts";
import { stepsNow } from "../../../../apps/cli/evaluate/next-steps.ts";
import { type PrimitiveId, primitiveIds } from "../../../../registry/probes/finding.ts";
import { anchor, claim, ended, envelope, finding, run, test, verdict } from "./claims.ts";

const only = (input: AssessInput): AssessedPrimitive => {
  const [first, ...others] = assess(input).primitives;
  expect(others).toEqual([]);
  if (first === undefined) throw new Error("nothing was assessed");
  return first;
};

const budget = (more: Partial<ExploreValue> = {}): ExploreValue => claim("token-budget", more);

describe("findings", () => {
  law("a finding that its verify agent did not confirm is rejected with the reason, and never reported", () => {
    const claimed = budget({ findings: [finding(10), finding(20), finding(30)] });
    const seen = only(run([claimed, verdict(claimed, { fallen: [1] })]));
    expect(seen.findings.map(({ line }) => line)).toEqual([10, 30]);
    expect(seen.rejected).toEqual([{ finding: finding(20), why: "line 1 reads otherwise" }]);
    expect(seen.level).toBe("present");
  });

  law("a finding without a verdict is rejected: silence confirms nothing", () => {
    const claimed = budget();
    const checked = { ...verdict(claimed), verdicts: verdict(claimed).verdicts.slice(0, 1) };
    const seen = only(run([claimed, checked]));
    expect(seen.findings).toEqual([finding(10)]);
    expect(seen.rejected.map(({ finding: { line } }) => line)).toEqual([20]);
  });

  law("of two verdicts on one finding the one against it counts, whichever comes first", () => {
    const claimed = budget();
    const against = { index: 0, holds: false, why: "it does not" };
    for (const order of ["before", "after"]) {
      const verdicts = verdict(claimed).verdicts;
      const both = order === "before" ? [against, ...verdicts] : [...verdicts, against];
      expect(only(run([claimed, { ...verdict(claimed), verdicts: both }])).rejected[0]?.why).toBe("it does not");
    }
  });

  law("the summary counts every level, confirmed findings and rejected ones", () => {
    const one = budget();
    const two = claim("tool-registry", { level: "partial", maturity: 1 });
    const { summary } = assess(run([one, verdict(one)], [two, verdict(two, { fallen: [0] })]));
    expect(summary).toEqual({ present: 1, partial: 1, absent: 0, unknown: 0, findings: 3, rejected: 1 });
  });
});

describe("levels", () => {
  const lowered: readonly [string, ExploreValue, Parameters<typeof verdict>[1], Level][] = [
    [
      "present that its verify agent does not uphold is partial while something holds",
      budget(),
      { holds: false },
      "partial",
    ],
    ["present with nothing left is unknown", budget(), { fallen: [0, 1], holds: false }, "unknown"],
    [
      "present with nothing left is unknown even where the verify agent upholds it",
      budget(),
      { fallen: [0, 1] },
      "unknown",
    ],
    ["present on tests alone is partial", budget({ findings: [test(3), finding(10)] }), { fallen: [1] }, "partial"],
    ["present on anchors alone is unknown", budget({ findings: [anchor(3), finding(10)] }), { fallen: [1] }, "unknown"],
    [
      "present on declarations is partial",
      budget({ findings: [finding(10, { strength: "declaration" }), finding(20, { strength: "called" })] }),
      {},
      "partial",
    ],
    ["a lone name never counts", budget({ findings: [finding(10, { strength: "name" })] }), {}, "unknown"],
    ["partial with nothing left is unknown", budget({ level: "partial" }), { fallen: [0, 1] }, "unknown"],
    [
      "absent that is not upheld is unknown",
      budget({ level: "absent", findings: [anchor(3)] }),
      { holds: false },
      "unknown",
    ],
    [
      "absent without a place where it was looked for is unknown",
      budget({ level: "absent", findings: [] }),
      {},
      "unknown",
    ],
  ];
  law.each(lowered)("%s", (_, claimed, said, level) => {
    const seen = only(run([claimed, verdict(claimed, said)]));
    expect(seen.level).toBe(level);
    expect(seen.claimed).toBe(claimed.level);
    expect(seen.confidence).toBe("low");
    expect(seen.why).toContain(`Claimed as ${claimed.level}`);
    expect(seen.next).not.toBe(claimed.next);
    if (level === "unknown") expect(seen.findings).toEqual([]);
  });

  const upheld: readonly [string, ExploreValue][] = [
    ["present", budget({ findings: [finding(10, { strength: "effect" })] })],
    ["partial", budget({ level: "partial", maturity: 1 })],
    ["absent", budget({ level: "absent", maturity: 0, findings: [anchor(3)] })],
    [
      "absent",
      budget({
        level: "absent",
        maturity: 0,
        findings: [finding(3, { path: "README.md", probe: "statement:denied" })],
      }),
    ],
    ["unknown", budget({ level: "unknown", maturity: 0, findings: [] })],
  ];
  law.each(upheld)("an upheld claim of %s is reported as it was made", (level, claimed) => {
    const seen = only(run([claimed, verdict(claimed)]));
    expect(seen).toMatchObject({
      level,
      findings: claimed.findings,
      why: claimed.why,
      next: claimed.next,
      rejected: [],
    });
    expect(seen).not.toHaveProperty("claimed");
    expect(seen).not.toHaveProperty("problem");
  });

  law("maturity follows the level, and three needs a test that was seen again", () => {
    const tested = budget({ maturity: 3, findings: [finding(10), test(5)] });
    expect(only(run([tested, verdict(tested)])).maturity).toBe(3);
    expect(only(run([tested, verdict(tested, { fallen: [1] })])).maturity).toBe(2);
    const boast = budget({ level: "partial", maturity: 4 });
    expect(only(run([boast, verdict(boast)])).maturity).toBe(1);
    const modest = budget({ maturity: 0 });
    expect(only(run([modest, verdict(modest)])).maturity).toBe(2);
  });
});

describe("agents that failed", () => {
  const claimed = budget();
  const whole = run([claimed, verdict(claimed)]);

  law.each(["failed", "rejected", "exhausted", "cancelled", "skipped", "running", "planned"] as const)(
    "an explore task that ended %s leaves its primitive unknown, with the reason in words",
    (status) => {
      const seen = only(ended(whole, "explore-token-budget", { status, reasons: ["the worker died"] }));
      expect(seen).toMatchObject({ level: "unknown", maturity: 0, confidence: "low", findings: [], rejected: [] });
      expect(seen.problem).toContain("It was not explored");
      expect(seen.problem).toContain("the worker died");
      expect(seen.why).toBe(seen.problem);
    },
  );

  law("a claim that nobody verified is not reported, and the report says how much was left unchecked", () => {
    const seen = only(ended(whole, "verify-token-budget", { status: "failed", reasons: ["no answer"] }));
    expect(seen).toMatchObject({ level: "unknown", findings: [] });
    expect(seen.problem).toContain("no answer");
    expect(seen.problem).toContain("2 findings were not checked");
  });

  law("only a verified result counts: a rejected one of another attempt changes nothing", () => {
    const lie = envelope("explore-token-budget", budget({ level: "absent" }), { status: "rejected" });
    expect(only({ ...whole, envelopes: [...whole.envelopes, lie] }).level).toBe("present");
    expect(only({ ...whole, envelopes: [lie, ...whole.envelopes] }).level).toBe("present");
    const without = whole.envelopes.filter(({ task }) => task !== "explore-token-budget");
    expect(only({ ...whole, envelopes: [...without, lie] }).level).toBe("unknown");
  });

  law("a value of another form, or about another primitive, is no judgement", () => {
    for (const value of [
      null,
      "present",
      { ...claimed, level: "excellent" },
      { ...claimed, primitive: "tool-registry" },
    ]) {
      const others = whole.envelopes.filter(({ task }) => task !== "explore-token-budget");
      const seen = only({ ...whole, envelopes: [...others, envelope("explore-token-budget", value)] });
      expect(seen.level).toBe("unknown");
      expect(seen.problem).toBeDefined();
    }
  });

  law("only the primitives that were asked for are assessed, in the catalogue's order", () => {
    const two = claim("session-persistence");
    const { primitives } = assess(run([claimed, verdict(claimed)], [two, verdict(two)]));
    expect(primitives.map(({ id }) => id)).toEqual(["session-persistence", "token-budget"]);
  });
});

describe("next steps", () => {
  const all = (level: Level) =>
    run(
      ...primitiveIds.map((id) => {
        const claimed = claim(id, {
          level,
          maturity: 0,
          findings: level === "unknown" ? [] : [anchor(1)],
          next: `build ${id}`,
        });
        return [claimed, verdict(claimed)] as const;
      }),
    );

  law("what every harness needs comes first, what long sessions need later, and no swarm is ever recommended", () => {
    const { next } = assess(all("absent"));
    expect(next.map(({ primitive }) => primitive)).toEqual([
      "tool-registry",
      "session-persistence",
      "token-budget",
      "permission-system",
      "two-level-verification",
      "streaming-events",
      "system-event-log",
      "workflow-state",
      "transcript-compaction",
      "permission-audit-trail",
      "tool-pool-assembly",
    ] satisfies PrimitiveId[]);
    expect(next.filter(({ when }) => when !== undefined).map(({ primitive }) => primitive)).toEqual([
      "workflow-state",
      "transcript-compaction",
      "permission-audit-trail",
      "tool-pool-assembly",
    ]);
  });

  law("an agent's advice to add agents where there is one does not reach the reader", () => {
    const claimed = claim("agent-type-system", {
      level: "absent",
      findings: [anchor(1)],
      next: "Build a swarm of twelve.",
    });
    const seen = only(run([claimed, verdict(claimed)]));
    expect(seen.level).toBe("absent");
    expect(seen.next).toContain("one agent");
    expect(seen.next).not.toContain("swarm");
  });

  law("within a stage what is missing comes before what is half there", () => {
    const half = claim("tool-registry", { level: "partial", maturity: 1 });
    const none = claim("two-level-verification", { level: "absent", findings: [anchor(1)] });
    const { next } = assess(run([half, verdict(half)], [none, verdict(none)]));
    expect(next.map(({ primitive }) => primitive)).toEqual(["two-level-verification", "tool-registry"]);
  });

  law("what is present needs no step, and what is unknown is no step to build", () => {
    const claimed = budget();
    expect(assess(run([claimed, verdict(claimed)])).next).toEqual([]);
    const unknown = assess(all("unknown")).next;
    expect(unknown).toHaveLength(12);
    expect(stepsNow(unknown, 3)).toEqual([]);
  });
});

describe("--fail-on", () => {
  const at = (...levels: readonly Level[]) => ({ primitives: levels.map((level) => ({ level }) as AssessedPrimitive) });

  law("a gate falls at its level or a worse one, and not knowing is as bad as not having", () => {
    const table = (["present", "partial", "absent", "unknown"] as const).map((level) =>
      (["partial", "absent", "unknown"] as const).map((gate) => failOn(at("present", level), gate)),
    );
    expect(table).toEqual([
      [false, false, false],
      [true, false, false],
      [true, true, true],
      [true, true, true],
    ]);
  });
});
