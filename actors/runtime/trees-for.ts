/**
 * Which tasks of a run get a working tree of their own: all that may write, as soon as there is more than one. So two that
 * write at once never see half of each other's work, and what one did can be taken out again. Pure.
 */
import type { PlannedTask } from "../../machines/task-graph.ts";
import { agentTypeNamed } from "../types/index.ts";
import { couldChange } from "./could-change.ts";
import type { RunConfig } from "./run-row.ts";

/** What is to be known of a run besides its graph. */
export interface Growing {
  readonly graph: readonly PlannedTask[];
  /** New plans that may be asked for. */
  readonly replansMax?: number;
  readonly config: Pick<RunConfig, "mode" | "deniedTools">;
}

/** Whether tasks may come to it that nobody knows yet. */
export const mayGrow = ({ graph, replansMax = 0 }: Growing): boolean =>
  replansMax > 0 || graph.some(({ role }) => role === "plan");

/** Whether any agent that may come to try this task could change a file. */
function mayWrite({ agentType, remedies = [] }: PlannedTask, { mode, deniedTools }: Growing["config"]): boolean {
  const types = [agentType, ...remedies.flatMap((remedy) => remedy.agentType ?? [])];
  return types.some((name) => {
    const type = agentTypeNamed(name);
    return type !== undefined && couldChange(type, { mode: mode ?? "edit", deniedTools: deniedTools ?? [] });
  });
}

const writersOf = ({ graph, config }: Growing): readonly PlannedTask[] =>
  graph.filter((task) => mayWrite(task, config));

/** One writer alone works in the run's own tree, if nobody can come to write beside it. */
export const needsTrees = (run: Growing): boolean => writersOf(run).length > 1 || mayGrow(run);

/** The graph of a run that has a tree to lend. */
export function withTrees(run: Growing): readonly PlannedTask[] {
  if (!needsTrees(run)) return run.graph;
  const writers = new Set(writersOf(run));
  return run.graph.map((task) => (writers.has(task) ? { ...task, joins: true } : task));
}
