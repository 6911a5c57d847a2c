/**
 * Which tasks of a graph could change files at the same time. All agents of a run share one working tree, so two that
 * write there at once could undo each other's work without a word.
 */

interface Node {
  readonly id: string;
  readonly needs: readonly string[];
}

/**
 * Two tasks of `writers` of which neither waits for the other; null where all of them stand in a line. Pure; the graph
 * has no circle, and no need that is not in it.
 *
 * A writer's level is the length of the longest chain of writers that it waits for. Who waits for another has a higher
 * level, so two of one level are rivals; and if every level has one writer only, each waits for the one below.
 */
export function rivals(graph: readonly Node[], writers: ReadonlySet<string>): readonly [string, string] | null {
  const levels = new Map<string, number>();
  for (const { id, needs } of inOrder(graph)) {
    const below = needs.map((need) => (levels.get(need) ?? 0) + (writers.has(need) ? 1 : 0));
    levels.set(
      id,
      below.reduce((most, one) => Math.max(most, one), 0),
    );
  }
  const firsts = new Map<number, string>();
  for (const { id } of graph.filter((task) => writers.has(task.id))) {
    const level = levels.get(id) ?? 0;
    const first = firsts.get(level);
    if (first !== undefined) return [first, id];
    firsts.set(level, id);
  }
  return null;
}

/** Every task behind all that it needs. What stands in a circle, or behind one, is left out. */
export function inOrder<Task extends Node>(graph: readonly Task[]): readonly Task[] {
  const followers = new Map<string, Task[]>();
  const missing = new Map<string, number>();
  for (const task of graph) {
    const needs = new Set(task.needs);
    missing.set(task.id, needs.size);
    for (const need of needs) {
      const all = followers.get(need);
      if (all === undefined) followers.set(need, [task]);
      else all.push(task);
    }
  }
  const ready = graph.filter(({ needs }) => needs.length === 0);
  for (const task of ready) {
    for (const follower of followers.get(task.id) ?? []) {
      const left = (missing.get(follower.id) ?? 0) - 1;
      missing.set(follower.id, left);
      if (left === 0) ready.push(follower);
    }
  }
  return ready;
}
