// What a person is told of a run beyond its value: what was left undone, who stood in, what was taken back, where the changes
// are. What there is nothing to say of makes no line.
import { describe, expect, test } from "vitest";
import type { RunDocument, ShownTask } from "../../../actors/runtime/run-document.ts";
import { outcomeLines, taskRow } from "../../../apps/cli/outcome-lines.ts";

const task = (id: string, more: Partial<ShownTask> = {}): ShownTask => ({
  ...{ id, type: "explore", role: null, of: null, status: "verified", attempt: 1, result: null, needs: [] },
  ...{ reasons: [], commit: null, playedBy: null, revocations: 0, ...more },
});

type Result = NonNullable<RunDocument["result"]>;
const result = (more: Partial<Result> = {}): Result => ({
  ...{
    status: "verified",
    value: {},
    evidence: [],
    reasons: [],
    notDone: [],
    revoked: [],
    substitutes: [],
    taint: [],
    provenance: {},
  },
  ...more,
});

const work: NonNullable<RunDocument["work"]> = {
  ...{ branch: "swarm/r_1", commit: "c".repeat(40), files: 2, diff: "d".repeat(64), where: "merged", reason: "" },
  ...{ source: "/src", base: "b".repeat(40) },
};

const linesOf = (more: Partial<RunDocument>): readonly string[] =>
  outcomeLines({ runId: "r_1", result: null, tasks: [], work: null, ...more } as RunDocument);

test("a plain run that left nothing out has nothing to add", () => {
  expect(linesOf({ result: result(), tasks: [task("a")] })).toEqual([]);
});

test("what an agent did not do is told of a goal and of a synthesis; by-name tasks say it themselves", () => {
  const notDone = ["a: the tests"];
  expect(linesOf({ result: result({ notDone }) })).toEqual(["not done: a: the tests"]);
  expect(linesOf({ result: result({ notDone, value: { tasks: {} } }) })).toEqual([]);
  expect(linesOf({ result: result({ notDone, value: { tasks: 3 }, tasks: {} }) })).toEqual(["not done: a: the tests"]);
});

test("who stood in for whom, and whose place others took, is told with its reason", () => {
  const tasks = [
    task("a", { playedBy: "general", attempt: 2 }),
    task("b", { status: "replaced", reasons: ["it failed"] }),
    task("c"),
  ];
  expect(linesOf({ tasks })).toEqual([
    "task a: a general agent took over from explore (attempt 2)",
    "task b: replaced by other tasks: it failed",
  ]);
});

test("what was taken back is told with who said so and why", () => {
  const one = { result: "res_a", task: "a", reason: "wrong", by: "ann", at: null };
  expect(linesOf({ result: result({ revoked: [one, { ...one, at: "2026-11-21T10:00:00.000Z" }] }) })).toEqual([
    "revoked: res_a of task a, by ann: wrong",
    "revoked: res_a of task a, by ann at 2026-11-21T10:00:00.000Z: wrong",
  ]);
});

describe("changes", () => {
  test("that were merged are told with where, and how to look at them", () => {
    expect(linesOf({ work })).toEqual([
      "2 files changed, merged into /src",
      `  git -C /src diff ${"b".repeat(12)} ${"c".repeat(12)}, or swarm show r_1 --blob ${"d".repeat(12)}`,
    ]);
  });

  test("that were left are told with why; none at all are none", () => {
    const left = { ...work, where: "left", reason: "it was denied", files: 1, diff: null } as const;
    expect(linesOf({ work: left })).toEqual([
      "1 file changed, left on branch swarm/r_1: it was denied",
      `  git -C /src diff ${"b".repeat(12)} ${"c".repeat(12)}`,
    ]);
    expect(linesOf({ work: { ...work, where: "open" } })[0]).toBe(
      "2 files changed, on branch swarm/r_1, not merged yet",
    );
    expect(linesOf({ work: { ...work, files: 0 } })).toEqual(["nothing was changed in the run's tree"]);
  });
});

test("hundreds of lines of one kind are cut, and counted", () => {
  const lines = linesOf({ result: result({ notDone: Array.from({ length: 100 }, (_, at) => `${at}`) }) });
  expect(lines).toHaveLength(21);
  expect(lines.at(-1)).toBe("… and 80 more");
});

test("a task's row says what it is for, who did it, and how often it was taken back", () => {
  expect(taskRow(task("a-check", { type: "verify", role: "check", of: "a" }))).toEqual([
    ...["a-check", "verify", "verified", "1", "check of a"],
  ]);
  expect(taskRow(task("a", { playedBy: "general", revocations: 2, attempt: 3 }))).toEqual([
    ...["a", "general", "verified", "3", "instead of explore, revoked 2 times"],
  ]);
});
