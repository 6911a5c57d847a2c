// What is kept beside a table of tasks is what its rows say, however the table came about; and a step names the rows it touched.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changedKeys, madeFrom } from "../../../machines/changed-rows.ts";
import { changeOf } from "../../../machines/snapshot.ts";
import { list, planned, type Task, type Tasks, viewed, withTasks } from "../../../machines/task-graph.ts";
import type { TaskStatus } from "../../../machines/task-status.ts";
import { viewOf } from "../../../machines/task-table.ts";

const limits = { turnsMax: 1, attemptsMax: 1, remindersMax: 0, rejectionsMax: 0, parallelMax: 1 };
const COUNT = 7;
/** Each may stand on any before it. */
const graphs = fc
  .tuple(
    ...Array.from({ length: COUNT }, (_, at) => fc.subarray(Array.from({ length: at }, (_row, need) => `t${need}`))),
  )
  .map((needs) =>
    planned(needs.map((of, at) => ({ id: `t${at}`, agentType: "a", needs: of, limits, attemptsMax: 1 }))),
  );
const statuses: readonly TaskStatus[] = [
  ...(["planned", "running", "resting", "joining", "reading", "replanning", "replaced", "skipped"] as const),
  ...(["verified", "verified", "rejected", "failed", "exhausted", "cancelled"] as const),
];
interface Change {
  readonly at: number;
  readonly status: TaskStatus;
  readonly needs?: readonly string[];
}
const change: fc.Arbitrary<Change> = fc.record(
  { at: fc.nat(COUNT - 1), status: fc.constantFrom(...statuses), needs: fc.constant(["t0"]) },
  { requiredKeys: ["at", "status"] },
);
const steps = fc.array(fc.array(change, { maxLength: 4 }), { minLength: 1, maxLength: 12 });

const changed = (tasks: Tasks, changes: readonly Change[]): readonly Task[] =>
  changes.map(({ at, ...over }) => ({ ...(tasks[`t${at}`] as Task), ...over }));
const plain = (tasks: Tasks): Tasks => structuredClone({ ...tasks });
const stateOf = (tasks: Tasks) => ({ snapshot: { status: "active", value: "v", context: { tasks } }, timers: {} });
const shape = { maps: ["tasks"], birth: [], fresh: {} };

describe("a table of tasks", () => {
  it("is seen as one that was made of the same rows from the beginning, after every change", () => {
    fc.assert(
      fc.property(graphs, steps, (graph, walk) => {
        let tasks = graph;
        for (const changes of walk) {
          tasks = withTasks(tasks, changed(tasks, changes));
          const anew = plain(tasks);
          expect(viewed(tasks)).toEqual(viewOf(anew, list(anew)));
        }
      }),
    );
  });

  it("leaves the table it was made from, and what is kept beside that, as they were", () => {
    fc.assert(
      fc.property(graphs, steps, (graph, walk) => {
        const [before, beside] = [plain(graph), structuredClone(viewed(graph))];
        for (const changes of walk) withTasks(graph, changed(graph, changes));
        expect(plain(graph)).toEqual(before);
        expect(viewed(graph)).toEqual(beside);
      }),
    );
  });
});

describe("the rows of a step", () => {
  it("are those that differ, whether the table was made in one piece, in several, or nobody knows how", () => {
    fc.assert(
      fc.property(graphs, steps, fc.nat(), (graph, walk, from) => {
        const tables: Tasks[] = [graph];
        for (const changes of walk)
          tables.push(withTasks(tables.at(-1) as Tasks, changed(tables.at(-1) as Tasks, changes)));
        const [before, after] = [tables[from % tables.length] as Tasks, tables.at(-1) as Tasks];
        const differing = Object.keys(after).filter((id) => after[id] !== before[id]);
        const told = changeOf(stateOf(before), stateOf(after), shape).rowsSet;
        expect([...told.keys()]).toEqual(differing.sort().map((id) => `tasks/${id}`));
        expect(changeOf(null, stateOf(after), shape).rowsSet.size).toBe(COUNT);
      }),
    );
  });

  it("are all rows where more tables lie between than are remembered, and none is forgotten", () => {
    const first = { a: 1, b: 2 };
    let last: Record<string, number> = first;
    for (let at = 0; at < 40; at += 1) {
      const next: Record<string, number> = { ...last, a: at };
      madeFrom(last, ["a"], next);
      if (at < 16) expect(changedKeys(first, next)).toEqual(["a"]);
      last = next;
    }
    expect(changedKeys(first, last)).toEqual(["a", "b"]);
    expect(changedKeys(last, first)).toEqual(["a", "b"]);
  });
});
