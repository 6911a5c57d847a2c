/** Claims and verdicts as agents leave them behind, for tests that ask what becomes of them. */
import type { AssessInput, TaskOutcome } from "../../../../apps/cli/evaluate/assess.ts";
import type { ExploreValue, Finding, VerifyValue } from "../../../../apps/cli/evaluate/finding.ts";
import { exploreTask, verifyTask } from "../../../../apps/cli/evaluate/graph.ts";
import { type Envelope, NO_PROVENANCE } from "../../../../machines/brief.ts";
import type { PrimitiveId } from "../../../../registry/probes/finding.ts";

export const finding = (line: number, more: Partial<Finding> = {}): Finding => ({
  path: "src/loop.ts",
  line,
  quote: `const line${line} = true;`,
  probe: "budget-compared",
  ...more,
});

export const anchor = (line: number): Finding => finding(line, { probe: "anchor:main-loop" });
export const test = (line: number): Finding => finding(line, { path: "test/loop.test.ts", probe: "test-asserts" });

export const claim = (primitive: PrimitiveId, more: Partial<ExploreValue> = {}): ExploreValue => ({
  primitive,
  level: "present",
  maturity: 2,
  confidence: "high",
  findings: [finding(10), finding(20)],
  why: "Both conditions show an effect.",
  next: "Keep a test that fails when this breaks.",
  ...more,
});

/** All findings hold, and the level with them, unless said otherwise. */
export const verdict = (
  { primitive, findings }: ExploreValue,
  { fallen = [], holds = true }: { readonly fallen?: readonly number[]; readonly holds?: boolean } = {},
): VerifyValue => ({
  primitive,
  verdicts: findings.map((_, index) => ({
    index,
    holds: !fallen.includes(index),
    why: fallen.includes(index) ? `line ${index} reads otherwise` : "read again",
  })),
  holds,
});

export const envelope = (task: string, value: unknown, more: Partial<Envelope> = {}): Envelope => ({
  v: 1,
  id: `res_${task}`,
  task,
  actor: `a_${task}`,
  status: "verified",
  value,
  evidence: [],
  reasons: [],
  notDone: [],
  standsOn: [],
  model: "local-analyst",
  provenance: NO_PROVENANCE,
  substitutes: [],
  ...more,
});

const verified: TaskOutcome = { status: "verified", reasons: [] };

/** A run in which every task ended verified. */
export function run(...pairs: readonly (readonly [ExploreValue, unknown])[]): AssessInput {
  return {
    target: "/home/me/agent",
    analyst: "local",
    envelopes: pairs.flatMap(([claimed, checked]) => [
      envelope(exploreTask(claimed.primitive), claimed),
      envelope(verifyTask(claimed.primitive), checked),
    ]),
    tasks: Object.fromEntries(
      pairs.flatMap(([{ primitive }]) => [
        [exploreTask(primitive), verified],
        [verifyTask(primitive), verified],
      ]),
    ),
  };
}

/** The same run, but that task came to another end and left no verified result. */
export function ended(input: AssessInput, task: string, outcome: TaskOutcome): AssessInput {
  return {
    ...input,
    tasks: { ...input.tasks, [task]: outcome },
    envelopes: input.envelopes.filter((one) => one.task !== task),
  };
}
