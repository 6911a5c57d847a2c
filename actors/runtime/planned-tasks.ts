/**
 * A plan as tasks that a coordinator can take: agents that there are and that suffice, briefs, checks of results that
 * others build on. A plan says what is to be done; which rights come with it, it never says. Pure.
 */
import { sha256 } from "../../infra/ids.ts";
import { type Brief, briefSchema } from "../../machines/brief.ts";
import type { PlannedTask } from "../../machines/task-graph.ts";
import type { PlanTask } from "../../machines/task-plan.ts";
import type { AgentType } from "../types/define.ts";
import { explore } from "../types/explore.ts";
import { agentTypeNamed } from "../types/index.ts";
import { takers } from "../types/plan.ts";
import { verify } from "../types/verify.ts";
import type { RunCapabilities } from "./capabilities.ts";
import { contractTrouble } from "./contract-check.ts";
import { couldChange } from "./could-change.ts";
import type { RunRow } from "./run-row.ts";

/** Where a planned agent comes from. */
export interface Taker {
  readonly name: string;
  /** Whose machine and queue it has. */
  readonly base: AgentType;
  readonly type: AgentType;
  /** The agent file that narrows the base; null: the base itself. */
  readonly profile: string | null;
}

/** Who a task of a plan can be for in this run: built-in types, and agent files that the run latched. */
export function takersOf({ document, agentType }: Pick<RunCapabilities, "document" | "agentType">): readonly Taker[] {
  const builtIn = takers.map((type): Taker => ({ name: type.name, base: type, type, profile: null }));
  const taken = new Set(builtIn.map(({ name }) => name));
  const own = document.profiles.flatMap(({ name, base }): Taker[] => {
    const found = taken.has(base) && !taken.has(name) ? agentType(base, name) : undefined;
    const under = agentTypeNamed(base);
    return found === undefined || under === undefined ? [] : [{ name, base: under, type: found, profile: name }];
  });
  return [...builtIn, ...own];
}

/** Why nothing could be held to the contracts of a plan: each would refuse every report. */
export const contractTroubles = (tasks: readonly PlanTask[]): string[] =>
  tasks.flatMap(({ id, contract }) => {
    const trouble = contract === undefined ? null : contractTrouble(contract);
    return trouble === null
      ? []
      : [`task "${id}": the task's contract is not a JSON Schema this version understands: ${trouble}`];
  });

export interface ReadyTasks {
  readonly tasks: readonly PlannedTask[];
  /** Task → brief (JSON). */
  readonly briefs: Readonly<Record<string, string>>;
  /** Task → its agent as people call it. */
  readonly agents: Readonly<Record<string, string>>;
  /** What became another than it was proposed, and what could have been narrower. */
  readonly notes: readonly string[];
}

export interface Around {
  readonly config: RunRow["config"];
  readonly takers: readonly Taker[];
  /** Where the words come from: what its agent had read. */
  readonly taint: Brief["taint"];
}

/** `proposed` has no problems. */
export function readyTasks(proposed: readonly PlanTask[], around: Around): ReadyTasks {
  const made: Ready[] = [];
  const notes: string[] = [];
  const checks = checksOf(proposed);
  for (const one of proposed) {
    const { taker, note } = chosen(one, around);
    if (note !== null) notes.push(note);
    made.push(readyTask({ ...one, needs: needsOf(one, checks) }, taker, around));
    if (one.verify === true) made.push(checkTask({ ...one, check: checkId(one.id) }, around));
  }
  return {
    tasks: made.map(({ task }) => task),
    briefs: Object.fromEntries(made.map(({ task, brief }) => [task.id, brief])),
    agents: Object.fromEntries(made.map(({ task, agent }) => [task.id, agent])),
    notes,
  };
}

interface Ready {
  readonly task: PlannedTask;
  readonly agent: string;
  readonly brief: string;
}

function readyTask(one: PlanTask, { base, type, profile }: Taker, { config, taint }: Around): Ready {
  const { id, goal, needs, contract, minutes, priority, topics } = one;
  const brief = briefText({
    id,
    agentType: base.name,
    goal,
    ...(profile === null ? {} : { profile }),
    ...(contract === undefined ? {} : { contract }),
    ...tainted(taint),
  });
  const [of = ""] = needs;
  const judges = base.name === verify.name && contract === undefined;
  return {
    brief,
    agent: profile ?? base.name,
    task: {
      ...taskOf({ id, type, base, needs, brief }, config),
      ...(minutes === undefined ? {} : { deadlineMs: minutes * 60_000 }),
      ...(priority === undefined ? {} : { priority }),
      ...(topics === undefined ? {} : { topics }),
      ...(judges ? { role: "check" as const, of } : {}),
      ...(config.isolation !== null && couldChange(type, config) ? { joins: true } : {}),
    },
  };
}

/** What is common to every task that an agent of this type is to take. */
export function taskOf(
  made: { id: string; type: AgentType; base: AgentType; needs: readonly string[]; brief: string },
  config: Pick<RunRow["config"], "turnsMax">,
): PlannedTask {
  const { id, type, base, needs, brief } = made;
  const limits = { ...type.limits, turnsMax: config.turnsMax ?? type.limits.turnsMax };
  return { id, agentType: base.name, needs, limits, attemptsMax: 1, brief: sha256(brief) };
}

/** Throws ZodError where something of it was never read by its schema: a bug. */
export const briefText = (brief: Brief): string => JSON.stringify(briefSchema.parse(brief));

export const tainted = (taint: Brief["taint"]): Pick<Brief, "taint"> =>
  taint === undefined || taint.length === 0 ? {} : { taint };

const checkId = (id: string): string => `${id.slice(0, 58)}-check`;

/** The task of an agent that says whether the result of another holds. */
function checkTask(
  { id, goal, check, priority }: Pick<PlanTask, "id" | "goal" | "priority"> & { check: string },
  { config, taint }: Around,
): Ready {
  const brief = briefText({
    id: check,
    agentType: verify.name,
    goal: "Check the claim in the task block: it is what another agent reported for the task in `input.asked`. Say of each point whether it holds in the workspace as it is now.",
    input: { task: id, asked: goal },
    ...tainted(taint),
  });
  const task = taskOf({ id: check, type: verify, base: verify, needs: [id], brief }, config);
  return {
    brief,
    agent: verify.name,
    task: { ...task, role: "check", of: id, ...(priority === undefined ? {} : { priority }) },
  };
}

/** Task → tasks that check its result. */
function checksOf(proposed: readonly PlanTask[]): ReadonlyMap<string, readonly string[]> {
  const checks = new Map<string, string[]>();
  const add = (of: string, check: string): void => void checks.set(of, [...(checks.get(of) ?? []), check]);
  for (const { id, agentType, needs, contract, verify: wanted } of proposed) {
    if (wanted === true) add(id, checkId(id));
    const [of] = needs;
    if (agentType === verify.name && contract === undefined && of !== undefined) add(of, id);
  }
  return checks;
}

/** Who builds on a result that is checked builds on the check too; the checks themselves need what they look at. */
function needsOf(one: PlanTask, checks: ReadonlyMap<string, readonly string[]>): string[] {
  if (one.agentType === verify.name) return [...one.needs];
  return [...new Set(one.needs.flatMap((need) => [need, ...(checks.get(need) ?? [])]))];
}

/** Ids that the checks of a plan take, where another task has them already. */
export const checkProblems = (proposed: readonly PlanTask[], known: readonly string[]): string[] => {
  const taken = new Set([...known, ...proposed.map(({ id }) => id)]);
  return proposed.flatMap(({ id, verify: wanted }) => {
    const check = checkId(id);
    if (wanted !== true) return [];
    if (taken.has(check)) return [`task "${id}": its check would be called ${check}, and another task is`];
    taken.add(check);
    return [];
  });
};

/** A task that changes nothing is never for an agent that could: that much a machine can tell. */
function chosen(
  { id, agentType, changes }: PlanTask,
  { takers: all, config }: Around,
): { taker: Taker; note: string | null } {
  const taker = all.find(({ name }) => name === agentType);
  if (taker === undefined) throw new Error(`task ${id} is for ${agentType}, which nobody is`);
  if (!couldChange(taker.type, config)) return { taker, note: null };
  if (changes === false) {
    const narrow = { name: explore.name, base: explore, type: explore, profile: null };
    const note = `${id}: ${explore.name} instead of ${agentType}, because the plan says that it changes nothing`;
    return { taker: narrow, note };
  }
  const narrower = all.filter(({ base, profile, type }) => {
    const isNarrower = profile !== null && base.name === taker.name && taker.profile === null;
    return isNarrower && (changes !== true || couldChange(type, config));
  });
  const names = [...(changes === undefined ? [explore.name] : []), ...narrower.map(({ name }) => name)];
  if (names.length === 0) return { taker, note: null };
  const unless = changes === undefined ? "; the plan does not say whether it changes anything" : "";
  return { taker, note: `${id}: ${agentType} as proposed, where ${names.join(", ")} would be narrower${unless}` };
}
