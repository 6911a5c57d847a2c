// What a run came to as a whole: the synthesis, the one task that somebody asked for, or each by its name. How it came about
// (plans, checks, resolved conflicts, replaced tasks) is no result, and nothing that was taken back passes for one.
import { describe, expect, test } from "vitest";
import { taskRowsFrom } from "../../../actors/runtime/graph-result.ts";
import { makingsOf } from "../../../actors/runtime/result-makings.ts";
import { type RunEnded, runResult } from "../../../actors/runtime/run-result.ts";
import { type Envelope, envelopeSchema } from "../../../machines/brief.ts";

const AT = Date.parse("2026-11-21T10:00:00.000Z");
const revoked = { reason: "wrong line", by: "ann", at: AT };

const envelope = (task: string, more: Partial<Envelope> = {}): Envelope =>
  envelopeSchema.parse({
    ...{ v: 1, id: `res_${task}`, task, actor: `a_${task}`, status: "verified", value: { of: task } },
    ...{ evidence: [{ kind: "file", path: task }], reasons: [], notDone: [], standsOn: [], model: null, ...more },
  });

type Row = Readonly<Record<string, unknown>>;
const rows = (...all: readonly (readonly [string, Row])[]) =>
  taskRowsFrom(
    new Map(
      all.map(([id, row], order) => [
        id,
        JSON.stringify({
          id,
          order,
          status: "verified",
          needs: [],
          reasons: [],
          result: `res_${id}`,
          attempt: 1,
          ...row,
        }),
      ]),
    ),
  );

const completed: RunEnded = { status: "completed", reasons: [], byName: false };

describe("of a run with a synthesis", () => {
  const three = rows(["a", {}], ["b", {}], ["synthesis", { role: "synthesis", needs: ["a", "b"] }]);
  const envelopes = [envelope("a", { notDone: ["the rest"] }), envelope("b"), envelope("synthesis")];

  test("its value is the run's, and the tasks that it puts together stand beside it", () => {
    const result = runResult(completed, three, envelopes);
    expect(result).toMatchObject({ status: "verified", value: { of: "synthesis" }, evidence: [{ path: "synthesis" }] });
    expect(Object.keys(result.tasks ?? {})).toEqual(["a", "b"]);
    expect(result.notDone).toEqual(["a: the rest"]);
  });

  test("that failed, each task stands by its name, the synthesis with its reason among them", () => {
    const failed = rows(
      ["a", {}],
      ["b", {}],
      ["synthesis", { role: "synthesis", status: "failed", reasons: ["broke"] }],
    );
    const result = runResult({ ...completed, status: "failed" }, failed, [
      ...envelopes.slice(0, 2),
      envelope("synthesis", { status: "failed", value: null }),
    ]);
    const { tasks } = result.value as { tasks: Record<string, { status: string; reasons: string[] }> };
    expect(Object.keys(tasks)).toEqual(["a", "b", "synthesis"]);
    expect(tasks.synthesis).toMatchObject({ status: "failed", reasons: ["broke"] });
    expect(result).not.toHaveProperty("tasks");
  });

  test("that was taken back has no value any more, and the run no verified result", () => {
    const taken = [...envelopes.slice(0, 2), envelope("synthesis", { status: "revoked", revoked })];
    expect(runResult(completed, three, taken)).toMatchObject({
      ...{ status: "rejected", value: null, evidence: [] },
      reasons: ["result res_synthesis was revoked by ann: wrong line"],
    });
  });
});

describe("of a run that was planned by an agent", () => {
  test("one task beside the plan is the run's result; the plan and its checks are none", () => {
    const all = rows(["plan", { role: "plan" }], ["do", {}], ["do-check", { role: "check", of: "do" }]);
    const result = runResult(completed, all, [envelope("plan"), envelope("do"), envelope("do-check")]);
    expect(result).toMatchObject({ status: "verified", value: { of: "do" } });
  });

  test("several tasks stand by their names, without those that others took the place of", () => {
    const all = rows(
      ["plan", { role: "plan" }],
      ["a", { status: "replaced", reasons: ["broke"] }],
      ["replan-1", { role: "replan", of: "a" }],
      ["a2", {}],
      ["b", {}],
      ["b-resolve", { role: "resolve", of: "b" }],
    );
    const { value, evidence } = runResult(completed, all, [envelope("a2"), envelope("b"), envelope("plan")]);
    expect(Object.keys((value as { tasks: object }).tasks)).toEqual(["a2", "b"]);
    expect(evidence).toHaveLength(2);
  });

  test("a plan or a check that ended badly is shown with its reason", () => {
    const all = rows([
      "plan",
      { role: "plan", status: "failed", result: null, reasons: ["no plan that could be run"] },
    ]);
    const result = runResult({ status: "failed", reasons: ["plan: failed"], byName: false }, all, []);
    expect(result).toMatchObject({ status: "failed", reasons: ["plan: failed"] });
    expect((result.value as { tasks: object }).tasks).toMatchObject({ plan: { status: "failed" } });
  });
});

describe("of a result that was taken back", () => {
  test("once the run was over: no value, no evidence, no verified run, and who said so", () => {
    const result = runResult(completed, rows(["goal", {}]), [envelope("goal", { status: "revoked", revoked })]);
    expect(result).toMatchObject({
      ...{ status: "rejected", value: null, evidence: [] },
      reasons: ["result res_goal was revoked by ann: wrong line"],
      revoked: [{ result: "res_goal", task: "goal", reason: "wrong line", by: "ann", at: "2026-11-21T10:00:00.000Z" }],
    });
  });

  test("of several tasks, the others keep theirs", () => {
    const all = [envelope("a", { status: "revoked", revoked }), envelope("b")];
    const result = runResult({ ...completed, byName: true }, rows(["a", {}], ["b", {}]), all);
    expect(result.status).toBe("rejected");
    expect(result.value).toMatchObject({
      tasks: {
        a: { status: "revoked", value: null, reasons: ["result res_a was revoked by ann: wrong line"] },
        b: { status: "verified", value: { of: "b" } },
      },
    });
    expect(result.evidence).toEqual([{ kind: "file", path: "b", task: "b" }]);
  });

  test("and of others with it, they are told in the order of the plan", () => {
    const all = ["b", "a"].map((task) => envelope(task, { status: "revoked", revoked }));
    const told = runResult(completed, rows(["a", {}], ["b", {}]), all).revoked;
    expect(told.map(({ task }) => task)).toEqual(["a", "b"]);
  });

  test("and made again, the new one counts, and the old one is told", () => {
    const all = [
      envelope("goal", { status: "revoked", revoked }),
      envelope("goal", { id: "res_goal.2", value: { of: "new" } }),
    ];
    const result = runResult(completed, rows(["goal", { result: "res_goal.2", attempt: 2 }]), all);
    expect(result).toMatchObject({ status: "verified", value: { of: "new" }, revoked: [{ result: "res_goal" }] });
    expect(Object.keys(makingsOf(all).provenance)).toEqual(["goal"]);
  });

  test("and not made again, the task says why it failed, and its old value is nobody's", () => {
    const all = [envelope("a", { status: "revoked", revoked }), envelope("b")];
    const row: Row = { status: "failed", result: null, reasons: ["res_a was revoked by ann: wrong line"] };
    const result = runResult(
      { status: "failed", reasons: ["a: failed"], byName: true },
      rows(["a", row], ["b", {}]),
      all,
    );
    expect(result.value).toMatchObject({ tasks: { a: { status: "failed", value: null } } });
    expect(result.status).toBe("failed");
  });

  test("neither substitutes nor provenance of it are told", () => {
    const substitutes: Envelope["substitutes"] = [{ kind: "model", asked: "x", used: "y" }];
    const all = [envelope("a", { status: "revoked", revoked, substitutes })];
    expect(makingsOf(all)).toMatchObject({ substitutes: [] });
    expect(makingsOf(all).provenance).toEqual({});
    expect(makingsOf([envelope("a", { substitutes })]).substitutes).toHaveLength(1);
  });
});

test("of one goal, what its agent did not do is told, and its own words on the result come first", () => {
  const one = envelope("goal", { status: "failed", value: null, reasons: ["blocked"], notDone: ["all of it"] });
  const run: RunEnded = { status: "failed", reasons: ["goal: failed (blocked)"], byName: false };
  const row = rows(["goal", { status: "failed" }]);
  expect(runResult(run, row, [one])).toMatchObject({ reasons: ["blocked"], notDone: ["all of it"] });
  // Where others ended badly beside it, the run's words are the whole.
  const replanned = rows(
    ["goal", { status: "failed" }],
    ["replan-1", { role: "replan", of: "goal", status: "failed" }],
  );
  expect(runResult(run, replanned, [one]).reasons).toEqual(["goal: failed (blocked)"]);
});
