// What a run of several tasks came to, put together from the coordinator's rows and the stored results: nothing that is not
// verified passes for done, and the last agent of a task speaks for it.
import { expect, test } from "vitest";
import { graphResult, taskRowsFrom } from "../../../actors/runtime/graph-result.ts";
import { type Envelope, envelopeSchema } from "../../../machines/brief.ts";

const envelope = (id: string, task: string, more: Partial<Envelope>): Envelope =>
  envelopeSchema.parse({
    ...{
      v: 1,
      id,
      task,
      actor: `a_${task}`,
      status: "verified",
      value: { of: id },
      evidence: [{ kind: "file", path: id }],
    },
    ...{ reasons: [], notDone: [], standsOn: [], model: null, ...more },
  });
const row = (order: number, status: string, result: string | null, reasons: string[] = []): string =>
  JSON.stringify({ id: "x", order, status, needs: [], reasons, result, attempt: 1, limits: {} });

test("every task stands there in the order of the plan, with the result that counts, and only verified evidence", () => {
  const rows = taskRowsFrom(
    new Map([
      ["join", row(3, "skipped", null, ["stands on right"])],
      ["left", row(1, "verified", "res_left.2")],
      ["right", row(2, "failed", "res_right", ["blocked"])],
      ["list", row(0, "verified", "res_list")],
    ]),
  );
  const { tasks, evidence, notDone } = graphResult(rows, [
    // Stored results have no order.
    envelope("res_left.2", "left", { notDone: ["some"] }),
    envelope("res_left", "left", { status: "failed", value: "of the first attempt" }),
    envelope("res_right", "right", { status: "failed", notDone: ["all"] }),
    envelope("res_list", "list", { evidence: ["text", { kind: "file", path: "a" }] }),
  ]);
  expect(Object.keys(tasks)).toEqual(["list", "left", "right", "join"]);
  expect(tasks.left).toEqual({
    ...{ status: "verified", result: "res_left.2", value: { of: "res_left.2" }, reasons: [], notDone: ["some"] },
  });
  expect(tasks.right).toMatchObject({
    status: "failed",
    result: "res_right",
    reasons: ["blocked"],
    notDone: ["all"],
  });
  expect(tasks.join).toEqual({
    ...{ status: "skipped", result: null, value: null, reasons: ["stands on right"], notDone: [] },
  });
  expect(notDone).toEqual(["left: some", "right: all"]);
  expect(evidence).toEqual([
    "text",
    { kind: "file", path: "a", task: "list" },
    { kind: "file", path: "res_left.2", task: "left" },
  ]);
});

test("rows that are no coordinator's are refused, not guessed at", () => {
  expect(() => taskRowsFrom(new Map([["a", '{"status":"verified"}']]))).toThrow();
});
