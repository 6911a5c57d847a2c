/** A tasks file as work for a run: a graph, a brief for each task, and how many of them may be at it at once. */

import { BRIEF_BYTES_MAX } from "../../../actors/runtime/new-run.ts";
import type { AgentType } from "../../../actors/types/define.ts";
import { verify } from "../../../actors/types/verify.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { isTakenAway } from "../../../registry/permission/denied-tools.ts";
import type { Mode } from "../../../registry/permission/question.ts";
import { toolNamed } from "../../../registry/tools/index.ts";
import { NO_RIVALS, type PlannedAgent, type Work, type Writers } from "../planned-agent.ts";
import { headlineOf, nameOf } from "./given-work.ts";
import { checkOf, type PlannedTasks, type PlanningOptions, plannedTasks } from "./planned-tasks.ts";
import { remedyTypes } from "./remedies.ts";
import { policyOf } from "./supervision-form.ts";
import { agentsOf, fieldOf, type Problem, refused, type TasksFile, tasksFile } from "./tasks-file.ts";
import { inOrder, rivals } from "./writers.ts";

/** Agents that work at once where the file does not say, as far as they only look. */
const PARALLEL = 8;
/** Tasks that are told one by one before the run begins. */
const TASKS_TOLD = 20;

export interface TasksWorkOptions extends Omit<PlanningOptions, "named"> {
  /** `--agent`, where it was given. */
  readonly agent: unknown;
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
  const { goal, tolerate_failures: tolerateFailures, supervision, replans, synthesis } = read.form;
  const { graph, briefs } = planned(read, { ...options, named });
  checkSizes(read, briefs);
  const parallelMax = read.form.parallel ?? PARALLEL;
  const writers = writersOf(read, (task) =>
    [named(task.agent).type, ...remedyTypes(task)].some((type) => mayChange(type, options)),
  );
  return {
    goal: goal === undefined ? `${counted(read)} of ${nameOf(file)}` : headlineOf(goal),
    graph,
    briefs,
    agents: [...agents.values(), ...others(read, agents)],
    // Whoever wrote the file is not whoever runs it: its words give no rights.
    grants: [],
    parallelMax,
    tolerateFailures,
    ...(supervision === undefined ? {} : { supervision: policyOf(supervision) }),
    ...(replans === undefined ? {} : { replansMax: replans }),
    ...(synthesis === undefined ? {} : { synthesis }),
    models: [...new Set(graph.flatMap(({ remedies = [] }) => remedies.flatMap(({ model }) => model ?? [])))],
    options: { tasksFile: nameOf(file) },
    writers,
    notices: [
      `${nameOf(file)}: ${counted(read)}${writers.rivals === null ? atOnce(parallelMax) : ""}`,
      ...toldTasks(read),
    ],
  };
}

/** Throws SwarmError `usage.tasks_file` with all that is wrong beyond the form. */
function planned({ file, form, placeOf }: TasksFile, options: PlanningOptions): PlannedTasks {
  const problems: Problem[] = [];
  const tasks = plannedTasks(form.tasks, options, (path, reason) => {
    problems.push({ ...placeOf(path), field: fieldOf(path), reason });
  });
  if (problems.length > 0) throw refused(file, problems);
  return tasks;
}

/** Built-in types that no task begins with, and that one may come to: what the flags say is said of them, too. */
function others({ form }: TasksFile, agents: ReadonlyMap<string, PlannedAgent>): readonly PlannedAgent[] {
  const checks = form.tasks.some((task) => task.verify !== undefined) ? [verify] : [];
  const types = new Set([...form.tasks.flatMap(remedyTypes), ...checks]);
  return [...types].filter(({ name }) => !agents.has(name)).map((type) => ({ base: type, type, profile: null }));
}

/** A goal is short enough by its form; input and contract are data, and all of it goes into a prompt. */
function checkSizes({ file, form, placeOf }: TasksFile, briefs: Work["briefs"]): void {
  const places = new Map(form.tasks.flatMap(({ id }, at) => [[id, at] as const, [checkOf(id), at] as const]));
  const problems = briefs.flatMap((brief) => {
    const at = places.get(brief.id) ?? 0;
    const bytes = Buffer.byteLength(JSON.stringify(brief));
    if (bytes <= BRIEF_BYTES_MAX) return [];
    const reason = `has ${bytes} bytes with its input and contract; at most ${BRIEF_BYTES_MAX}: put data into a file that its agent reads`;
    return [{ ...placeOf(["tasks", at]), field: `tasks[${at}]`, reason }];
  });
  if (problems.length > 0) throw refused(file, problems);
}

const counted = ({ form: { tasks } }: TasksFile): string => (tasks.length === 1 ? "1 task" : `${tasks.length} tasks`);
const atOnce = (parallelMax: number): string =>
  parallelMax === 1 ? ", one at a time" : `, at most ${parallelMax} at once`;

function toldTasks({ form: { tasks } }: TasksFile): readonly string[] {
  const lines = inOrder(tasks).map(
    (task) =>
      `  ${task.id} (${task.agent})${task.needs.length === 0 ? "" : ` <- ${some(task.needs)}`}${task.verify === undefined ? "" : `; checked by ${checkOf(task.id)}`}`,
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

/** Who could write at the same time. Where agents share one working tree, that must not be. */
function writersOf(
  { file, form, placeOf }: TasksFile,
  writes: (task: TasksFile["form"]["tasks"][number]) => boolean,
): Writers {
  if (form.parallel === 1) return NO_RIVALS;
  const names = new Set(form.tasks.filter(writes).map(({ id }) => id));
  const both = rivals(form.tasks, names);
  if (both === null) return NO_RIVALS;
  if (form.parallel === undefined) return { rivals: both, refusal: null };
  const [one, other] = both;
  const reason = `is ${form.parallel}, but ${one} and ${other} may both change files, neither waits for the other, and here all agents share one working tree: write parallel: 1, let one need the other, give one to an agent that only looks (explore), or run it in a git repository whose changes are committed`;
  return { rivals: both, refusal: refused(file, [{ ...placeOf(["parallel"]), field: "parallel", reason }]) };
}
