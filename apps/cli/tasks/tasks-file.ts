/**
 * A tasks file as a graph that could be run: read as YAML, held to its form, its contracts and its needs checked. All
 * that is wrong is told at once, each with file, line, column, field, value and the way out.
 */
import type { AgentType } from "../../../actors/types/define.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { nearestNames } from "../nearest-names.ts";
import { harmless } from "../print.ts";
import { contractFormProblems, shown } from "./contract-form.ts";
import { idProblems } from "./taken-ids.ts";
import { formIssues, type TaskForm, type TasksForm, tasksSchema } from "./tasks-form.ts";
import { inOrder } from "./writers.ts";
import { type Path, type Place, yamlTree } from "./yaml-tree.ts";

export interface TasksFile {
  /** As it was given. */
  readonly file: string;
  readonly form: TasksForm;
  placeOf(path: Path): Place;
}

export interface Problem extends Place {
  /** `tasks[2].needs[0]`; empty where it is about the file as a whole. */
  readonly field: string;
  readonly reason: string;
}

/** Problems that are told; the rest is counted. */
const TOLD_MAX = 20;

/** Throws SwarmError `usage.tasks_file`, exit 2. */
export function tasksFile(text: string, file: string): TasksFile {
  const tree = yamlTree(text);
  if (!("value" in tree))
    throw refused(
      file,
      tree.map((trouble) => ({ ...trouble, field: "" })),
    );
  const parsed = tasksSchema.safeParse(tree.value);
  const problems: Problem[] = [];
  const found = (path: Path, reason: string, ofKey = false): void => {
    problems.push({ ...(ofKey ? tree.placeOfKey(path) : tree.placeOf(path)), field: fieldOf(path), reason });
  };
  for (const { path, reason, ofKey } of parsed.success ? [] : formIssues(parsed.error, tree.value)) {
    found(path, reason, ofKey);
  }
  for (const [index, contract] of contractsIn(tree.value)) {
    for (const { path, reason, ofKey } of contractFormProblems(contract)) {
      found(["tasks", index, "contract", ...path], reason, ofKey);
    }
  }
  if (parsed.success) {
    needProblems(parsed.data.tasks, found);
    idProblems(parsed.data, found);
  }
  if (problems.length > 0 || !parsed.success) throw refused(file, problems);
  return { file, form: parsed.data, placeOf: tree.placeOf };
}

/** They are looked at even where something else of the file has no form. */
function contractsIn(value: unknown): readonly (readonly [number, unknown])[] {
  const tasks = (value as { tasks?: unknown } | null)?.tasks;
  if (!Array.isArray(tasks)) return [];
  return tasks.flatMap((task: unknown, index) => {
    const contract = (task as { contract?: unknown } | null)?.contract;
    // Anything but fields is told by the form.
    return contract !== null && typeof contract === "object" && !Array.isArray(contract) ? [[index, contract]] : [];
  });
}

type Found = (path: Path, reason: string) => void;

/** What the graph of the machines refuses too; here with its places, and before anything is opened. */
function needProblems(tasks: readonly TaskForm[], found: Found): void {
  const ids = new Map<string, number>();
  for (const [index, { id }] of tasks.entries()) {
    const first = ids.get(id);
    if (first === undefined) ids.set(id, index);
    else found(["tasks", index, "id"], `is "${id}", and so is tasks[${first}]; give each task an id of its own`);
  }
  let whole = ids.size === tasks.length;
  for (const [index, { id, needs }] of tasks.entries()) {
    for (const [at, need] of needs.entries()) {
      const path = ["tasks", index, "needs", at];
      if (needs.indexOf(need) < at) found(path, `is "${need}" once more; once is enough`);
      if (ids.has(need)) continue;
      whole = false;
      const near = nearestNames(need, [...ids.keys()].slice(0, 1_000));
      const way = near.length > 0 ? `did you mean ${near.join(" or ")}?` : "name a task of this file";
      found(path, `of ${id} is "${need}", which does not exist; ${way}`);
    }
  }
  if (!whole) return;
  const circle = circleIn(tasks);
  if (circle === null) return;
  const index = ids.get(circle[0] ?? "") ?? 0;
  const told = circle.length > 8 ? [...circle.slice(0, 7), "…"] : circle;
  found(["tasks", index, "needs"], `form a circle: ${[...told, circle[0]].join(" needs ")}; take one of them out`);
}

/** Ids that wait for each other, each for the next, the last for the first; null where every task can begin some time. */
function circleIn(tasks: readonly TaskForm[]): readonly string[] | null {
  const done = new Set(inOrder(tasks).map(({ id }) => id));
  const stuck = new Map(tasks.filter(({ id }) => !done.has(id)).map((task) => [task.id, task]));
  const way: string[] = [];
  let [at] = stuck.keys();
  // Whoever is stuck needs somebody who is stuck: walked long enough, the way comes back to itself.
  while (at !== undefined && !way.includes(at)) {
    way.push(at);
    at = stuck.get(at)?.needs.find((need) => stuck.has(need));
  }
  return at === undefined ? null : way.slice(way.indexOf(at));
}

/** `tasks[2].needs[0]`. */
export const fieldOf = (path: Path): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    const name = /^[\w$-]{1,60}$/.test(String(step)) ? String(step) : shown(String(step));
    return text === "" ? name : `${text}.${name}`;
  }, "");

/** In the order of the file. */
export function refused(file: string, problems: readonly Problem[]): SwarmError {
  const name = harmless(file);
  const lines = [...problems]
    .sort((one, other) => one.line - other.line || one.column - other.column)
    .map(({ line, column, field, reason }) =>
      harmless(`${name}:${line}:${column}: ${field === "" ? reason : `${field} ${reason}`}`),
    );
  const more = lines.length > TOLD_MAX ? [`and ${lines.length - TOLD_MAX} more`] : [];
  const count = lines.length === 1 ? "a problem" : `${lines.length} problems`;
  return new SwarmError(
    "usage.tasks_file",
    [`${name} has ${count}; nothing was started`, ...lines.slice(0, TOLD_MAX), ...more].join("\n"),
    { exit: 2, hint: "What a tasks file takes: docs/running.md." },
  );
}

/** Every agent type that the file names, with what `resolve` says of it. Throws SwarmError `usage.tasks_file`. */
export async function agentsOf<Agent extends { readonly type: AgentType; readonly base: AgentType }>(
  { file, form, placeOf }: TasksFile,
  resolve: (name: string) => Promise<Agent>,
): Promise<ReadonlyMap<string, Agent>> {
  const agents = new Map<string, Agent>();
  const strangers = new Map<string, SwarmError>();
  const problems: Problem[] = [];
  for (const [index, { agent, needs }] of form.tasks.entries()) {
    if (!agents.has(agent) && !strangers.has(agent)) {
      try {
        agents.set(agent, await resolve(agent));
      } catch (cause) {
        if (!(cause instanceof SwarmError)) throw cause;
        strangers.set(agent, cause);
      }
    }
    const at = (path: Path, reason: string): void => {
      problems.push({ ...placeOf(path), field: fieldOf(path), reason });
    };
    const stranger = strangers.get(agent);
    if (stranger !== undefined) {
      const why = stranger.message.replace(/^--agent (?:"[^"]*"|[^\s:]+):? /, "");
      at(["tasks", index, "agent"], `${shown(agent)}: ${why}. ${stranger.hint ?? ""}`);
    }
    // A verify agent is shown one claim, and nothing of how it came about.
    if (agents.get(agent)?.base.name === "verify" && needs.length !== 1) {
      const reason = `names ${needs.length} tasks; an agent that verifies checks the result of exactly one`;
      at(["tasks", index, "needs"], reason);
    }
  }
  if (problems.length > 0) throw refused(file, problems);
  return agents;
}
