// Who may write beside whom: two tasks that may change files are never at work together in one tree, whatever the graph.
import { describe, expect, test } from "vitest";
import { inOrder, rivals } from "../../../../apps/cli/tasks/writers.ts";

interface Task {
  readonly id: string;
  readonly needs: readonly string[];
}

const graph = (text: string): Task[] =>
  text.split(" ").map((word) => {
    const [id = "", needs = ""] = word.split("<");
    return { id, needs: needs === "" ? [] : needs.split(",") };
  });

/** Whether one waits for the other, found the plain way: by walking every path. */
function waits(tasks: readonly Task[], one: string, other: string): boolean {
  const needs = tasks.find(({ id }) => id === one)?.needs ?? [];
  return needs.some((need) => need === other || waits(tasks, need, other));
}

describe("rivals", () => {
  test.each<[string, string[], readonly string[] | null]>([
    ["a b", ["a", "b"], ["a", "b"]],
    ["a b<a", ["a", "b"], null],
    ["a b<a c<b", ["a", "c"], null],
    ["a b<a c<a", ["b", "c"], ["b", "c"]],
    ["a b<a c<a d<b,c", ["a", "d"], null],
    ["a b<a c<a d<b,c", ["a", "b", "d"], null],
    ["a b<a c<a d<b,c", ["a", "b", "c", "d"], ["b", "c"]],
    ["a b", ["a"], null],
    ["a b", [], null],
    ["c<b b<a a", ["a", "b", "c"], null],
  ])("in %s, with %j writing, are %j", (text, writers, both) => {
    expect(rivals(graph(text), new Set(writers))).toEqual(both);
  });

  test("are found in every small graph exactly where two writers do not wait for each other", () => {
    const ids = ["a", "b", "c", "d"];
    const edges = ids.flatMap((to, at) => ids.slice(0, at).map((from) => [from, to] as const));
    let seen = 0;
    for (let drawn = 0; drawn < 2 ** edges.length; drawn += 1) {
      const chosen = edges.filter((_, bit) => (drawn >> bit) & 1);
      // Written backwards, so that no answer rests on the order of the file.
      const tasks = ids
        .map((id) => ({ id, needs: chosen.filter(([, to]) => to === id).map(([from]) => from) }))
        .reverse();
      for (let some = 0; some < 2 ** ids.length; some += 1) {
        const writers = ids.filter((_, bit) => (some >> bit) & 1);
        const beside = writers.some((one) =>
          writers.some((other) => one !== other && !waits(tasks, one, other) && !waits(tasks, other, one)),
        );
        const both = rivals(tasks, new Set(writers));
        expect(both !== null, `${JSON.stringify(tasks)} ${writers}`).toBe(beside);
        if (both === null) continue;
        expect(waits(tasks, both[0], both[1]) || waits(tasks, both[1], both[0])).toBe(false);
        seen += 1;
      }
    }
    expect(seen).toBeGreaterThan(100);
  });
});

describe("an order", () => {
  test("has every task behind what it needs, and none of a circle or behind one", () => {
    const tasks = graph("d<b,c b<a c<a a x<y y<x z<x");
    const ids = inOrder(tasks).map(({ id }) => id);
    expect([...ids].sort()).toEqual(["a", "b", "c", "d"]);
    for (const { id, needs } of tasks.filter((task) => ids.includes(task.id))) {
      for (const need of needs) expect(ids.indexOf(need)).toBeLessThan(ids.indexOf(id));
    }
  });
});
