/** A goal in words as work for a run: for one agent, or for a plan that one proposes and others carry out. */
import { REPLANS_MAX } from "../../actors/runtime/graph-limits.ts";
import { agentTypeNamed } from "../../actors/types/index.ts";
import { plan as planType, takers } from "../../actors/types/plan.ts";
import type { GrantedRule } from "../../infra/approval.ts";
import { SwarmError } from "../../infra/errors.ts";
import { shortHash } from "../../infra/ids.ts";
import { shippedPrompt } from "../../infra/prompt-files.ts";
import { type Prompts, promptWords } from "../../machines/prompt.ts";
import { grantsFromGoal } from "../../registry/permission/goal-grants.ts";
import type { Approve, Mode } from "../../registry/permission/question.ts";
import { wholeNumber } from "./flags.ts";
import { briefFor, NO_RIVALS, type PlannedAgent, taskFor, type Work } from "./planned-agent.ts";
import { type GivenWork, headlineOf } from "./tasks/given-work.ts";

export type Goal = Exclude<GivenWork, { kind: "tasks-file" }>;

export interface GoalOptions {
  readonly workspace: string;
  readonly turnsMax: number | undefined;
  /** New plans where a task fails for good; undefined: what fits the kind of run. */
  readonly replans: number | undefined;
}

/** `--replans`: a whole number, or undefined. Throws SwarmError `usage.flag`, exit 2. */
export const replansOf = (flags: Record<string, unknown>): number | undefined =>
  wholeNumber(flags.replans, "--replans", { min: 0, max: REPLANS_MAX });

/** One agent, from start to end. */
export function goalWork(given: Goal, agent: PlannedAgent, options: GoalOptions): Work {
  const { turnsMax, replans = 0 } = options;
  return {
    ...commonOf(given, options),
    graph: [taskFor(agent, { id: "goal", needs: [], attemptsMax: 1 }, turnsMax)],
    briefs: [briefFor(agent, { id: "goal", goal: given.goal })],
    agents: [agent, ...(replans === 0 ? [] : [builtIn(planType.name), ...takers.map(({ name }) => builtIn(name))])],
    parallelMax: replans === 0 ? 1 : PLANNED_PARALLEL,
    ...(replans === 0 ? {} : { replansMax: replans }),
  };
}

/** Agents of a planned run at once, where nothing speaks against it. */
const PLANNED_PARALLEL = 8;
/** New plans of a planned run where nobody said otherwise: a plan that was wrong once may be mended once. */
const PLANNED_REPLANS = 1;

/** A plan that could not be run is made once more, by an agent that is told what was wrong with it. */
const PLAN_ATTEMPTS = 2;

/**
 * An agent that plans comes first; what it proposes follows once it is accepted. `agent`: the flag, which has no place
 * here. Throws SwarmError `usage.flag`, exit 2.
 */
export async function plannedWork(
  given: Goal,
  options: GoalOptions & { readonly agent: unknown; readonly mode: Mode; readonly prompts: Prompts },
): Promise<Work> {
  if (options.agent !== undefined) {
    throw new SwarmError("usage.flag", "--agent cannot be given with --plan: the plan says who each task is for", {
      exit: 2,
      hint: "Leave one of them away: --agent TYPE gives the goal to one agent, --plan has it divided first.",
    });
  }
  const { turnsMax, replans = PLANNED_REPLANS, prompts, mode } = options;
  const words = promptWords(prompts.plan ?? (await shippedPrompt("plan")));
  const planner = builtIn(planType.name);
  const agents = takers.map(({ name, summary }) => ({ name, summary }));
  return {
    ...commonOf(given, options),
    graph: [{ ...taskFor(planner, { id: "plan", needs: [], attemptsMax: PLAN_ATTEMPTS }, turnsMax), role: "plan" }],
    briefs: [briefFor(planner, { id: "plan", goal: words, input: { goal: given.goal, agents, mode: MODES[mode] } })],
    agents: [planner, ...takers.map(({ name }) => builtIn(name))],
    parallelMax: PLANNED_PARALLEL,
    replansMax: replans,
    synthesis: true,
    options: { plan: true },
  };
}

const MODES: Readonly<Record<Mode, string>> = {
  edit: "files may be changed and commands run, as far as the rules of the run allow",
  plan: "nothing can be changed in this run: a plan of what would be done is all that is wanted",
  "read-only": "nothing can be changed in this run",
};

function builtIn(name: string): PlannedAgent {
  const type = agentTypeNamed(name);
  if (type === undefined) throw new Error(`there is no agent type ${name}`);
  return { base: type, type, profile: null };
}

function commonOf(given: Goal, { workspace }: GoalOptions) {
  const { goal } = given;
  // The words of a file may be anybody's: rights are given by those alone that the person typed.
  const grants = given.kind === "words" ? goalGrants(goal, workspace) : [];
  return {
    goal: headlineOf(goal),
    models: [],
    grants,
    writers: NO_RIVALS,
    tolerateFailures: false,
    options: {},
    notices: [
      ...(given.kind === "goal-file" ? [`the goal is the text of ${given.file}, ${goal.length} characters`] : []),
      ...givenWords(grants),
    ],
  };
}

/** Told once, before anything is done with it. */
const givenWords = (grants: readonly GrantedRule[]): string[] =>
  grants.map(
    ({ id, rule, origin }) => `your words "${origin}" give this run ${rule} (take back: swarm approvals revoke ${id})`,
  );

/** Read from the words that the person typed, and nothing else. */
const goalGrants = (goal: string, workspace: string): GrantedRule[] =>
  grantsFromGoal(goal, workspace).map(({ rule, words }) => ({
    id: `g_${shortHash(rule).slice(0, 8)}`,
    rule,
    actor: null,
    by: "goal",
    origin: words,
    atMs: Date.now(),
    expiresAtMs: null,
  }));

export interface PlanAcceptance {
  readonly plan: "ask" | "allow" | "deny";
  /** For the person, where nobody will be asked although nobody said so. */
  readonly notice: string | null;
}

/**
 * What becomes of a plan. Where somebody is there, they are asked; a plan gives no rights, so where nobody is, it is
 * carried out, and told. Throws SwarmError `usage.flag`, exit 2, for a run that would plan and then do nothing.
 */
export function planAcceptance(flags: Record<string, unknown>, approve: Approve): PlanAcceptance {
  if (flags.acceptPlan === true) return { plan: "allow", notice: null };
  if (approve === "ask") return { plan: "ask", notice: null };
  if (flags.approve !== "deny") {
    const unasked =
      "the plan is carried out as it comes, within what this run may do; --approve ask waits for your yes";
    return { plan: "allow", notice: flags.plan === true && approve === "deny" ? unasked : null };
  }
  if (flags.plan !== true) return { plan: "deny", notice: null };
  throw new SwarmError("usage.flag", "--approve deny says no to the plan, too: nothing of it would be done", {
    exit: 2,
    hint: "Add --accept-plan to have it carried out with every other question denied, or leave --approve away.",
  });
}
