/** From the words after `swarm run` to a plan. What does not fit is refused by name before anything is opened. */

import type { FoundProfile } from "../../actors/discovery/profiles-at.ts";
import { modelFor } from "../../actors/runtime/model-tier.ts";
import type { RunPlan } from "../../actors/runtime/new-run.ts";
import type { AgentType } from "../../actors/types/define.ts";
import type { GrantedRule } from "../../infra/approval.ts";
import type { Config } from "../../infra/config.ts";
import { SwarmError } from "../../infra/errors.ts";
import { shortHash } from "../../infra/ids.ts";
import { grantsFromGoal } from "../../registry/permission/goal-grants.ts";
import { budgetOf } from "./budget-flags.ts";
import { wholeNumber } from "./flags.ts";
import { isAttended, rightsOf } from "./permission-flags.ts";
import { agentOf, briefFor, type PlannedAgent, taskFor, type Work } from "./planned-agent.ts";
import { type ModelChoice, modelChoice, tierModels } from "./start-run.ts";
import { type GivenWork, givenWork, headlineOf } from "./tasks/given-work.ts";
import { TURNS_MAX } from "./tasks/tasks-form.ts";
import { workspaceAt } from "./workspace.ts";

export interface Planned {
  readonly plan: Omit<RunPlan, "run">;
  /** What of the configuration does nothing, to be said once. */
  readonly notices: readonly string[];
  /** The agent files that the run is for, still to be approved. */
  readonly profiles: readonly FoundProfile[];
}

/**
 * `word`: a goal, or the path of a file. Throws SwarmError `credentials.none` (exit 4) or `usage.*`, `workspace.*`,
 * `config.permissions` (exit 2).
 */
export async function planOf(word: string, flags: Record<string, unknown>, config: Config): Promise<Planned> {
  const choice = modelChoice(config, flags.model as string | undefined);
  if (choice === null) {
    throw new SwarmError("credentials.none", "`swarm run` needs a model, and there is neither a key nor a base URL", {
      exit: 4,
      hint: "Set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL for any server that speaks the Messages API. Without either, `swarm evaluate` works.",
    });
  }
  const given = givenWork(word);
  const workspace = workspaceAt(String(flags.workspace));
  const { latched, notices } = rightsOf(flags, config, workspace, isAttended(flags));
  const deniedTools = flags.denyTool as readonly string[];
  const turnsMax = wholeNumber(flags.maxTurns, "--max-turns", { min: 1, max: TURNS_MAX });
  const resolve = (name: string): Promise<PlannedAgent> => agentOf(name, workspace, config);
  const { agent } = flags;
  const work =
    given.kind === "tasks-file"
      ? await (await import("./tasks/tasks-work.ts")).tasksWork(given.text, given.file, {
          agent,
          turnsMax,
          mode: latched.mode ?? "edit",
          deniedTools,
          resolve,
        })
      : goalWork(given, await resolve(String(agent ?? "general")), workspace, turnsMax);
  const types = work.agents.map(({ type }) => type);
  checkDenied(deniedTools, types);
  const models = tierModels(config, flags.model as string | undefined);
  const plan = {
    goal: work.goal,
    kind: "run",
    graph: work.graph,
    briefs: Object.fromEntries(work.briefs.map((brief) => [brief.id, JSON.stringify(brief)])),
    ...choice,
    workspace,
    config: {
      deniedTools: [...deniedTools],
      turnsMax: turnsMax ?? null,
      outTokensMax: null,
      models,
      profiles: profilesOf(work),
      ...latched,
      approvalHours: config.approvalHours,
      fallback: config.fallback,
      grants: [...work.grants],
    },
    parallelMax: work.parallelMax,
    tolerateFailures: work.tolerateFailures,
    ...budgetFor(types, flags, config, choice, models),
    options: work.options,
  };
  const profiles = work.agents.flatMap(({ profile }) => (profile === null ? [] : [profile]));
  return { plan, notices: [...notices, ...work.notices], profiles };
}

function goalWork(
  given: Exclude<GivenWork, { kind: "tasks-file" }>,
  agent: PlannedAgent,
  workspace: string,
  turnsMax: number | undefined,
): Work {
  const { goal } = given;
  // The words of a file may be anybody's: rights are given by those alone that the person typed.
  const grants = given.kind === "words" ? goalGrants(goal, workspace) : [];
  return {
    goal: headlineOf(goal),
    graph: [taskFor(agent, { id: "goal", needs: [], attemptsMax: 1 }, turnsMax)],
    briefs: [briefFor(agent, { id: "goal", goal })],
    agents: [agent],
    grants,
    parallelMax: 1,
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

/** Task → the agent file that its agent is made from. */
const profilesOf = ({ briefs }: Work): Record<string, string> =>
  Object.fromEntries(briefs.flatMap(({ id, profile }) => (profile === undefined ? [] : [[id, profile]])));

/** A limit in money is kept only where the price of every model that may be asked is known. */
function budgetFor(
  types: readonly AgentType[],
  flags: Record<string, unknown>,
  config: Config,
  choice: ModelChoice,
  models: ReturnType<typeof tierModels>,
): Pick<RunPlan, "tokensMax" | "usdMax"> {
  const asked = new Set(types.map((type) => modelFor(type, { model: choice.model, config: { models } }).model));
  return [...asked].reduce((_, model) => budgetOf(flags, config, choice, model), {});
}

function checkDenied(names: readonly string[], types: readonly AgentType[]): void {
  const had = new Set(types.flatMap(({ tools }) => tools));
  // Which tools its plugins have is known when they are collected.
  const draws = types.some(({ plugins }) => plugins !== undefined && plugins !== "none");
  const strangers = names.filter(
    (name) => name === "Report" || !(had.has(name) || (draws && name.startsWith("mcp__"))),
  );
  if (strangers.length === 0) return;
  const who = types.length === 1 ? `agents of type ${types[0]?.name}` : "the agents of this run";
  throw new SwarmError(
    "usage.deny_tool",
    `--deny-tool ${strangers.join(", ")}: ${who} have no such tool to take away`,
    {
      exit: 2,
      hint: `They have: ${[...had]
        .filter((name) => name !== "Report")
        .sort()
        .join(", ")}. Report cannot be taken away: it is how a task ends.`,
    },
  );
}
