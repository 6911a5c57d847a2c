/** Rows replaced among many: what the coordinator does in nearly every step is what a plain copy would be, only cheaper. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  graphProblems,
  list,
  type PlannedTask,
  planned,
  type Task,
  type Tasks,
  withTasks,
} from "../../../machines/task-graph.ts";

const limits = { turnsMax: 1, attemptsMax: 1, remindersMax: 0, rejectionsMax: 0, parallelMax: 1 };
const taskOf = (id: string, needs: readonly string[] = []): PlannedTask => ({
  id,
  agentType: "explore",
  needs,
  limits,
  attemptsMax: 1,
});
const graphOf = (size: number): PlannedTask[] => Array.from({ length: size }, (_, at) => taskOf(`t${at}`));

/** In an order of their own, as rows come back from the store. */
const shuffled = (tasks: Tasks): Tasks => Object.fromEntries(Object.entries(tasks).reverse());

describe("withTasks", () => {
  const changes = fc.array(fc.record({ at: fc.nat(29), status: fc.constantFrom("running", "verified", "failed") }), {
    maxLength: 12,
  });

  it("holds the new rows and every other one, in the order of the plan, and leaves what it was given alone", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 30 }),
        fc.boolean(),
        fc.array(changes, { maxLength: 5 }),
        (size, mixed, steps) => {
          let tasks = mixed ? shuffled(planned(graphOf(size))) : planned(graphOf(size));
          for (const step of steps) {
            const rows = step.flatMap(({ at, status }): Task[] => {
              const task = tasks[`t${at}`];
              return task === undefined ? [] : [{ ...task, status: status as Task["status"] }];
            });
            const [before, listed] = [JSON.stringify(tasks), [...list(tasks)]];
            const plain: Record<string, Task> = { ...tasks, ...Object.fromEntries(rows.map((row) => [row.id, row])) };
            const next = withTasks(tasks, rows);
            expect({ ...next }).toEqual(plain);
            expect(list(next).map(({ id }) => id)).toEqual(graphOf(size).map(({ id }) => id));
            expect(list(next).every((row) => next[row.id] === row)).toBe(true);
            expect(JSON.stringify(tasks)).toBe(before);
            expect([...list(tasks)]).toEqual(listed);
            tasks = next;
          }
        },
      ),
    );
  });

  it("takes a row that is new, or has another place, as well", () => {
    const tasks = planned(graphOf(3));
    const [late, moved] = [planned([taskOf("late")], 3).late, { ...tasks.t1, order: 9 }] as [Task, Task];
    expect(list(withTasks(tasks, [late])).map(({ id }) => id)).toEqual(["t0", "t1", "t2", "late"]);
    expect(list(withTasks(tasks, [moved])).map(({ id }) => id)).toEqual(["t0", "t2", "t1"]);
  });
});

describe("a graph", () => {
  const edges = fc
    .integer({ min: 1, max: 8 })
    .chain((size) => fc.array(fc.array(fc.nat(size - 1), { maxLength: 3 }), { minLength: size, maxLength: size }));

  /** Whether somebody comes back to where they set out. */
  const circles = (needs: readonly (readonly number[])[]): boolean => {
    const reaches = (from: number, to: number, seen: Set<number>): boolean =>
      (needs[from] ?? []).some((next) => next === to || (!seen.has(next) && reaches(next, to, seen.add(next))));
    return needs.some((_, at) => reaches(at, at, new Set()));
  };

  it("has a circle exactly where a task can be reached from itself", () => {
    let found = 0;
    fc.assert(
      fc.property(edges, (needs) => {
        const graph = needs.map((of, at) =>
          taskOf(
            `t${at}`,
            of.map((one) => `t${one}`),
          ),
        );
        const said = graphProblems(graph).includes("the tasks' needs form a circle");
        found += said ? 1 : 0;
        expect(said).toBe(circles(needs));
      }),
      { numRuns: 300 },
    );
    expect(found).toBeGreaterThan(0);
  });
});
