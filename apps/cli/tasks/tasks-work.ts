/** A tasks file as work for a run: a graph, a brief for each task, and how many of them may be at it at once. */

import { BRIEF_BYTES_MAX } from "../../../actors/runtime/new-run.ts";
import type { AgentType } from "../../../actors/types/define.ts";
import { SwarmError } from "../../../infra/errors.ts";
import type { PlannedTask } from "../../../machines/task-graph.ts";
import { isTakenAway } from "../../../registry/permission/denied-tools.ts";
import type { Mode } from "../../../registry/permission/question.ts";
import { toolNamed } from "../../../registry/tools/index.ts";
import { briefFor, type PlannedAgent, taskFor, type Work } from "../planned-agent.ts";
import { headlineOf, nameOf } from "./given-work.ts";
import { agentsOf, refused, type TasksFile, tasksFile } from "./tasks-file.ts";
import { inOrder, rivals } from "./writers.ts";

/** Agents that work at once where the file does not say, as far as they only look. */
const PARALLEL = 8;
/** Tasks that are told one by one before the run begins. */
const TASKS_TOLD = 20;

export interface TasksWorkOptions {
  /** `--agent`, where it was given. */
  readonly agent: unknown;
  /** `--max-turns`: no task has more. */
  readonly turnsMax: number | undefined;
  readonly mode: Mode;
  readonly deniedTools: readonly string[];
  resolve(name: string): Promise<PlannedAgent>;
}

/** Throws SwarmError `usage.tasks_file`, or `usage.flag` where a flag says otherwise than the file; exit 2. */
export async function tasksWork(text: string, file: string, options: TasksWorkOptions): Promise<Work> {
  if (options.agent !== undefined) {
    throw new SwarmError("usage.flag", "--agent cannot be given with a tasks file: each task names its own agent", {
      exit: 2,
      hint: `Leave the flag away, and write "agent: ${String(options.agent)}" at the tasks that it is meant for.`,
    });
  }
  const read = tasksFile(text, file);
  const agents = await agentsOf(read, options.resolve);
  const named = (name: string): PlannedAgent => agents.get(name) as PlannedAgent;
  const { tasks, goal, tolerate_failures: tolerateFailures } = read.form;
  const graph = tasks.map(({ id, agent, needs, attempts, turns }) => {
    const most = Math.min(turns ?? named(agent).type.limits.turnsMax, options.turnsMax ?? Number.POSITIVE_INFINITY);
    return taskFor(named(agent), { id, needs, attemptsMax: attempts }, most);
  });
  const briefs = tasks.map(({ id, agent, goal: words, input, contract }) =>
    briefFor(named(agent), {
      id,
      goal: words,
      ...(input === undefined ? {} : { input }),
      ...(contract === undefined ? {} : { contract }),
    }),
  );
  checkSizes(read, briefs);
  const { parallelMax, notices } = parallelOf(read, (name) => mayChange(named(name).type, options));
  return {
    goal: goal === undefined ? `${counted(graph)} of ${nameOf(file)}` : headlineOf(goal),
    graph,
    briefs,
    agents: [...agents.values()],
    // Whoever wrote the file is not whoever runs it: its words give no rights.
    grants: [],
    parallelMax,
    tolerateFailures,
    options: { tasksFile: nameOf(file) },
    notices: [`${nameOf(file)}: ${counted(graph)}, ${atOnce(parallelMax)}`, ...toldTasks(read), ...notices],
  };
}

/** A goal is short enough by its form; input and contract are data, and all of it goes into a prompt. */
function checkSizes({ file, placeOf }: TasksFile, briefs: Work["briefs"]): void {
  const problems = briefs.flatMap((brief, index) => {
    const bytes = Buffer.byteLength(JSON.stringify(brief));
    if (bytes <= BRIEF_BYTES_MAX) return [];
    const reason = `has ${bytes} bytes with its input and contract; at most ${BRIEF_BYTES_MAX}: put data into a file that its agent reads`;
    return [{ ...placeOf(["tasks", index]), field: `tasks[${index}]`, reason }];
  });
  if (problems.length > 0) throw refused(file, problems);
}

const counted = (graph: readonly PlannedTask[]): string => (graph.length === 1 ? "1 task" : `${graph.length} tasks`);
const atOnce = (parallelMax: number): string =>
  parallelMax === 1 ? "one at a time" : `at most ${parallelMax} at once`;

function toldTasks({ form: { tasks } }: TasksFile): readonly string[] {
  const lines = inOrder(tasks).map(
    ({ id, agent, needs }) => `  ${id} (${agent})${needs.length === 0 ? "" : ` <- ${some(needs)}`}`,
  );
  const more = lines.length - TASKS_TOLD;
  return more > 0 ? [...lines.slice(0, TASKS_TOLD), `  and ${more} more`] : lines;
}

const some = (names: readonly string[]): string =>
  names.length > 6 ? `${names.slice(0, 6).join(", ")} and ${names.length - 6} more` : names.join(", ");

/** Whether a call of such an agent could change a file here, if somebody allowed it. */
function mayChange(type: AgentType, { mode, deniedTools }: Pick<TasksWorkOptions, "mode" | "deniedTools">): boolean {
  if (mode !== "edit" || !type.acts) return false;
  const left = type.tools.filter((name) => toolNamed(name)?.loadDeed !== undefined && !isTakenAway(deniedTools, name));
  // What a plugin's tool does, nobody here knows.
  return left.length > 0 || (type.plugins === "all" && type.pluginTools?.length !== 0);
}

/** Throws SwarmError `usage.tasks_file` where two that may write were to work at once: they share one working tree. */
function parallelOf(
  { file, form, placeOf }: TasksFile,
  writes: (agent: string) => boolean,
): { parallelMax: number; notices: readonly string[] } {
  const writers = new Set(form.tasks.filter(({ agent }) => writes(agent)).map(({ id }) => id));
  const both = rivals(form.tasks, writers);
  if (both === null) return { parallelMax: form.parallel ?? PARALLEL, notices: [] };
  const [one, other] = both;
  const why = `${one} and ${other} may both change files, and neither waits for the other`;
  if (form.parallel === undefined) return { parallelMax: 1, notices: [`one writer at a time: ${why}`] };
  if (form.parallel === 1) return { parallelMax: 1, notices: [] };
  const reason = `is ${form.parallel}, but ${why}; all agents of a run share one working tree: write parallel: 1, let one need the other, or give one to an agent that only looks (explore)`;
  throw refused(file, [{ ...placeOf(["parallel"]), field: "parallel", reason }]);
}
