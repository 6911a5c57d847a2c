/** Runs as wide as may be, in layers: every task stands on two of the layer before it. */
import { newRun } from "../../actors/runtime/new-run.ts";
import { explore } from "../../actors/types/explore.ts";
import type { NewRun } from "../../infra/store.ts";
import type { PlannedTask } from "../../machines/task-graph.ts";
import { BINDING } from "./mocked-work.ts";

/** Tasks of a layer, and agents at work at once: the same in a small run and in a large one, which only has more layers. */
export const WIDTH = 50;

const idOf = (index: number): string => `task-${index}`;

/** `tasks` of them, whole layers. */
export function layeredGraph(tasks: number): PlannedTask[] {
  return Array.from({ length: tasks }, (_, index) => {
    const [layer, place] = [Math.floor(index / WIDTH), index % WIDTH];
    const before = (beside: number): string => idOf((layer - 1) * WIDTH + ((place + beside) % WIDTH));
    return {
      id: idOf(index),
      agentType: explore.name,
      needs: layer === 0 ? [] : [before(0), before(1)],
      limits: explore.limits,
      attemptsMax: 1,
    };
  });
}

export function layeredRun(run: string, tasks: number): NewRun {
  const graph = layeredGraph(tasks);
  const brief = (id: string): string =>
    JSON.stringify({ id, agentType: explore.name, goal: "Say what this part promises, and to whom." });
  return newRun({
    run,
    goal: "Say what every part promises, and to whom.",
    kind: "run",
    graph,
    briefs: Object.fromEntries(graph.map(({ id }) => [id, brief(id)])),
    model: "claude-bench",
    binding: BINDING,
    workspace: "/bench",
    config: {},
    parallelMax: WIDTH,
    tolerateFailures: false,
    options: {},
  });
}
