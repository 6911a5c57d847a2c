// The ledger of tasks: laws over every graph, and over every way in which its tasks may end.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bornWith } from "../../../machines/coordinator-context.ts";
import type { ResultStatus } from "../../../machines/effect.ts";
import { actorOf, dispatchable, dispatched } from "../../../machines/task-dispatch.ts";
import {
  graphProblems,
  isSettled,
  type PlannedTask,
  planned,
  running,
  TASKS_MAX,
  type Tasks,
  verdict,
} from "../../../machines/task-graph.ts";
import { FRESH_LEDGER, type Ledger } from "../../../machines/task-ledger.ts";
import { rested, type Settlement, settled as settledIn } from "../../../machines/task-supervision.ts";
import { deepFreeze } from "../../support/given.ts";
import { diamond, task } from "../../support/given-coordinator.ts";

const ledgerOf = (tasks: Tasks): Ledger => ({
  ...FRESH_LEDGER,
  input: bornWith({ actor: "a_coordinator", graph: [], parallelMax: 50, tolerateFailures: false, seed: "r_any" }),
  tasks,
  proposals: {},
});
const settled = (tasks: Tasks, end: Settlement): Tasks => settledIn(ledgerOf(tasks), end).tasks;

/** A graph without circles: a task needs only earlier ones; shuffled, so that order in the plan says nothing. */
const legal = fc
  .array(fc.tuple(fc.array(fc.nat(30), { maxLength: 3 }), fc.integer({ min: 1, max: 3 })), {
    minLength: 1,
    maxLength: 12,
  })
  .map((rows) =>
    rows.map(([needs, attemptsMax], at) =>
      task(`t${at}`, at === 0 ? [] : [...new Set(needs.map((need) => `t${need % at}`))], attemptsMax),
    ),
  )
  .chain((graph) => fc.shuffledSubarray(graph, { minLength: graph.length }));
const statuses = [
  "verified",
  "rejected",
  "failed",
  "exhausted",
  "cancelled",
] as const satisfies readonly ResultStatus[];

describe("a graph", () => {
  it("without circles, doubles and strangers has no problem, in whatever order it is written", () => {
    fc.assert(
      fc.property(legal, (graph) => {
        expect(graphProblems(graph)).toEqual([]);
      }),
    );
  });

  it("with a circle of any length is illegal, wherever the circle hangs", () => {
    fc.assert(
      fc.property(legal, fc.integer({ min: 1, max: 5 }), fc.boolean(), (graph, length, hangs) => {
        const ring = Array.from({ length }, (_, at) =>
          task(`ring${at}`, [`ring${(at + 1) % length}`, ...(hangs ? [graph[0]!.id] : [])]),
        );
        expect(graphProblems([...graph, ...ring])).toEqual(["the tasks' needs form a circle"]);
      }),
    );
  });

  it("with a need that does not exist, or a task twice, names each of them", () => {
    fc.assert(
      fc.property(legal, fc.nat(11), (graph, at) => {
        const index = at % graph.length;
        const one = graph[index] as PlannedTask;
        expect(graphProblems(graph.with(index, { ...one, needs: [...one.needs, "nobody"] }))).toEqual([
          `task "${one.id}" needs "nobody", which does not exist`,
        ]);
        expect(graphProblems([...graph, one])).toContain(`task "${one.id}" appears twice`);
      }),
    );
  });

  it("is bounded: a thousand tasks are legal, one more is not, none are not", () => {
    const many = Array.from({ length: TASKS_MAX }, (_, n) => task(`t${n}`));
    expect(graphProblems(many)).toEqual([]);
    expect(graphProblems([...many, task("one-more")])).toEqual([expect.stringContaining("1001 tasks")]);
    expect(graphProblems([])).toEqual(["the graph has no tasks"]);
  });

  it("of a thousand tasks in one long chain is judged without running out of stack or patience", () => {
    const chain = Array.from({ length: TASKS_MAX }, (_, n) => task(`t${n}`, n === 0 ? [] : [`t${n - 1}`])).reverse();
    expect(graphProblems(chain)).toEqual([]);
  });
});

describe("a run of a legal graph, whatever way its agents end", () => {
  it("starts only what it may, never too much, never twice under one name, and always comes to an end", () => {
    let skipped = 0;
    let retried = 0;
    fc.assert(
      fc.property(
        legal,
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 3 }),
        fc.infiniteStream(
          fc.tuple(fc.nat(1_000), fc.constantFrom("verified" as const, "verified" as const, ...statuses)),
        ),
        fc.boolean(),
        (graph, parallelMax, batchMax, ends, tolerate) => {
          let tasks: Tasks = planned(graph);
          const names = new Set<string>();
          for (let step = 0; ; step += 1) {
            expect(step).toBeLessThan(100);
            const start = dispatchable(deepFreeze(tasks), parallelMax, batchMax);
            expect(start.length).toBeLessThanOrEqual(batchMax);
            for (const one of start) {
              expect(one.needs.map((need) => tasks[need]?.status).filter((status) => status !== "verified")).toEqual(
                [],
              );
              expect(names.has(actorOf(one))).toBe(false);
              names.add(actorOf(one));
            }
            tasks = dispatched(tasks, start);
            const out = running(tasks);
            expect(out.length).toBeLessThanOrEqual(parallelMax);
            if (out.length === 0) break;
            const [pick, status] = ends.next().value as [number, ResultStatus];
            const one = out[pick % out.length]!;
            expect(one.attempt).toBeLessThanOrEqual(one.attemptsMax);
            tasks = settled(deepFreeze(tasks), {
              task: one.id,
              actor: one.actor ?? "",
              status,
              result: `res of ${one.actor}`,
              reasons: [],
            });
            if (tasks[one.id]?.status === "resting") retried += 1;
            tasks = rested(deepFreeze(tasks));
          }
          expect(isSettled(tasks)).toBe(true);
          for (const one of Object.values(tasks)) {
            const lost = one.needs.some((need) => tasks[need]?.status !== "verified");
            expect(one.status === "skipped", `${one.id} is ${one.status}`).toBe(lost);
            if (lost) skipped += 1;
            if (one.status === "failed") expect(one.attempt).toBe(one.attemptsMax);
          }
          const good = Object.values(tasks).filter(({ status }) => status === "verified").length;
          const { status, reasons } = verdict(tasks, tolerate);
          expect(status === "completed").toBe(good === graph.length || (tolerate && good > 0));
          expect(reasons).toHaveLength(graph.length - good);
        },
      ),
      { numRuns: 500 },
    );
    expect(Math.min(skipped, retried)).toBeGreaterThan(50);
  });

  it("dispatches in the order of the plan, in whatever order the rows came back", () => {
    fc.assert(
      fc.property(legal, fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (graph, chance) => {
        const tasks = planned(graph);
        const rows = Object.entries(tasks).map((row) => [chance.next().value as number, row] as const);
        const shuffled = Object.fromEntries(rows.toSorted(([a], [b]) => a - b).map(([, row]) => row));
        const expected = graph.filter(({ needs }) => needs.length === 0).map(({ id }) => id);
        expect(dispatchable(shuffled, 99, 99).map(({ id }) => id)).toEqual(expected);
      }),
    );
  });
});

describe("a settlement", () => {
  const working = dispatched(planned(diamond(2)), [planned(diamond(2)).a!]);

  it("of another actor, of a task that is not running, or of a stranger gives the very same ledger", () => {
    for (const [id, actor] of [
      ["a", "a_a.2"],
      ["a", ""],
      ["b", "a_b"],
      ["nobody", "a_nobody"],
      ["toString", "x"],
    ] as const) {
      expect(settled(working, { task: id, actor, status: "verified", result: "r", reasons: [] })).toBe(working);
    }
  });

  it("writes the row of its task and of those it takes along, and leaves every other row the same object", () => {
    const next = settled(working, { task: "a", actor: "a_a", status: "rejected", result: "r", reasons: ["no"] });
    expect(Object.values(next).map(({ status }) => status)).toEqual(["rejected", "skipped", "skipped", "skipped"]);
    const one = settled(working, { task: "a", actor: "a_a", status: "verified", result: "r", reasons: [] });
    expect([one.b, one.c, one.d]).toEqual([working.b, working.c, working.d]);
    expect([one.b === working.b, one.c === working.c, one.d === working.d]).toEqual([true, true, true]);
    expect(one.a).toMatchObject({ status: "verified", result: "r" });
  });
});
