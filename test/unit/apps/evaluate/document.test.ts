import { expect, test as law } from "vitest";
import { assess } from "../../../../apps/cli/evaluate/assess.ts";
import { documentOf, documentSchema } from "../../../../apps/cli/evaluate/document.ts";
import { primitiveIds } from "../../../../registry/probes/finding.ts";
import { anchor, claim, ended, run, verdict } from "./claims.ts";

const twelve = run(
  ...primitiveIds.map((id, index) => {
    const claimed = index % 2 === 0 ? claim(id) : claim(id, { level: "absent", maturity: 0, findings: [anchor(7)] });
    return [claimed, verdict(claimed, index === 2 ? { fallen: [0], holds: false } : {})] as const;
  }),
);
const evaluation = assess(ended(twelve, "verify-workflow-state", { status: "failed", reasons: ["no answer"] }));
const document = documentOf(evaluation, { runId: "r_1" });

law("the document is what its schema says, also after a journey as text", () => {
  const travelled: unknown = JSON.parse(JSON.stringify(document));
  expect(documentSchema.parse(travelled)).toEqual(document);
});

law("it has the agreed fields under their agreed names, version first", () => {
  expect(Object.keys(document).slice(0, 4)).toEqual(["v", "target", "analyst", "primitives"]);
  expect(document).toMatchObject({ v: 1, target: "/home/me/agent", analyst: "local", runId: "r_1" });
  expect(document.primitives.map(({ id }) => id)).toEqual([...primitiveIds]);
  for (const primitive of document.primitives) {
    expect(Object.keys(primitive).slice(0, 5)).toEqual(["id", "level", "maturity", "findings", "next"]);
    for (const finding of primitive.findings) expect(Object.keys(finding)).toEqual(["path", "line", "quote", "probe"]);
  }
  expect(document.primitives.some(({ findings }) => findings.length > 0)).toBe(true);
});

law("what was rejected, lowered or failed stands beside the findings, never among them", () => {
  const lowered = document.primitives[2];
  expect(lowered).toMatchObject({ level: "partial", claimed: "present" });
  expect(lowered?.rejected).toHaveLength(1);
  expect(document.primitives[3]).toMatchObject({ level: "unknown", findings: [] });
  expect(document.primitives[3]?.problem).toContain("no answer");
  expect(document.summary).toMatchObject({ present: 5, partial: 1, absent: 5, unknown: 1, rejected: 1 });
});
