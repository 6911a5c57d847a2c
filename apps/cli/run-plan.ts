/** From the words after `swarm run` to a plan. What does not fit is refused by name before anything is opened. */

import type { FoundProfile } from "../../actors/discovery/profiles-at.ts";
import { knownPrice, LOCAL_BINDING } from "../../actors/runtime/bindings.ts";
import { modelFor } from "../../actors/runtime/model-tier.ts";
import type { RunPlan } from "../../actors/runtime/new-run.ts";
import type { AgentType } from "../../actors/types/define.ts";
import type { Config } from "../../infra/config.ts";
import { SwarmError } from "../../infra/errors.ts";
import { ownPrompts } from "../../infra/prompt-files.ts";
import { budgetOf } from "./budget-flags.ts";
import { wholeNumber } from "./flags.ts";
import { goalWork, planAcceptance, plannedWork, replansOf } from "./goal-work.ts";
import { isAttended, rightsOf } from "./permission-flags.ts";
import { agentOf, type PlannedAgent, type Work, type Writers } from "./planned-agent.ts";
import { type ModelChoice, modelChoice, tierModels } from "./start-run.ts";
import { type GivenWork, givenWork } from "./tasks/given-work.ts";
import { TURNS_MAX } from "./tasks/tasks-form.ts";
import { workspaceAt } from "./workspace.ts";

export interface Planned {
  readonly plan: Omit<RunPlan, "run">;
  /** What of the configuration does nothing, to be said once. */
  readonly notices: readonly string[];
  /** The agent files that the run is for, still to be approved. */
  readonly profiles: readonly FoundProfile[];
  readonly writers: Writers;
}

/**
 * `word`: a goal, or the path of a file. Throws SwarmError `credentials.none` (exit 4) or `usage.*`, `workspace.*`,
 * `config.permissions` (exit 2).
 */
export async function planOf(word: string, flags: Record<string, unknown>, config: Config): Promise<Planned> {
  const choice = choiceOf(config, flags);
  const given = givenWork(word);
  const workspace = workspaceAt(String(flags.workspace));
  const { latched, notices } = rightsOf(flags, config, workspace, isAttended(flags));
  const deniedTools = flags.denyTool as readonly string[];
  const turnsMax = wholeNumber(flags.maxTurns, "--max-turns", { min: 1, max: TURNS_MAX });
  const resolve = (name: string): Promise<PlannedAgent> => agentOf(name, workspace, config);
  const { agent } = flags;
  const models = tierModels(config, flags.model as string | undefined);
  const modelOf = (type: AgentType): string => modelFor(type, { model: choice.model, config: { models } }).model;
  const prompts = ownPrompts(config.prompts);
  const acceptance = planAcceptance(flags, latched.approve ?? "deny");
  const goalOptions = { workspace, turnsMax, replans: replansOf(flags) };
  checkFlags(given, flags);
  const work =
    given.kind === "tasks-file"
      ? await (await import("./tasks/tasks-work.ts")).tasksWork(given.text, given.file, {
          agent,
          turnsMax,
          mode: latched.mode ?? "edit",
          deniedTools,
          resolve,
          models,
          modelOf,
          isPriced: (model) => choice.binding === LOCAL_BINDING || knownPrice(config, model) !== null,
        })
      : flags.plan === true
        ? await plannedWork(given, { ...goalOptions, agent, prompts, mode: latched.mode ?? "edit" })
        : goalWork(given, await resolve(String(agent ?? "general")), goalOptions);
  const types = work.agents.map(({ type }) => type);
  checkDenied(deniedTools, types);
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
      plan: acceptance.plan,
      ...operators(config),
      grants: [...work.grants],
    },
    ...(Object.keys(prompts).length === 0 ? {} : { prompts }),
    parallelMax: work.parallelMax,
    tolerateFailures: work.tolerateFailures,
    ...(work.supervision === undefined ? {} : { supervision: work.supervision }),
    ...(work.replansMax === undefined ? {} : { replansMax: work.replansMax }),
    ...(work.synthesis === undefined ? {} : { synthesis: work.synthesis }),
    ...budgetFor([...types.map(modelOf), ...work.models], flags, config, choice),
    options: work.options,
  };
  const profiles = work.agents.flatMap(({ profile }) => (profile === null ? [] : [profile]));
  const told = [...notices, ...work.notices, ...(acceptance.notice === null ? [] : [acceptance.notice])];
  return { plan, notices: told, profiles, writers: work.writers };
}

/** What only the operator says, as the run latches it. */
const operators = ({ approvalHours, compaction, fallback, memory, memoryDays, prices, trust }: Config) => ({
  ...{ approvalHours, compaction, fallback, memory, memoryDays, trust },
  // Where a price comes from is for people who read the configuration.
  prices: prices.map(({ source: _, ...row }) => row),
});

/** Throws SwarmError `credentials.none`, exit 4. */
function choiceOf(config: Config, flags: Record<string, unknown>): ModelChoice {
  const choice = modelChoice(config, flags.model as string | undefined);
  if (choice !== null) return choice;
  throw new SwarmError("credentials.none", "`swarm run` needs a model, and there is neither a key nor a base URL", {
    exit: 4,
    hint: "Set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL for any server that speaks the Messages API. Without either, `swarm evaluate` works.",
  });
}

/** Throws SwarmError `usage.flag`, exit 2, where a tasks file says already what the flag would. */
function checkFlags({ kind }: GivenWork, { plan, replans }: Record<string, unknown>): void {
  if (kind !== "tasks-file" || (plan !== true && replans === undefined)) return;
  const [flag, hint] =
    plan === true
      ? ["--plan", "The file is the plan. Give the goal in words, or as a .md file, to have it planned."]
      : ["--replans", `Write "replans: ${String(replans)}" into the file, beside tasks.`];
  throw new SwarmError("usage.flag", `${flag} cannot be given with a tasks file`, { exit: 2, hint });
}

/** Task → the agent file that its agent is made from. */
const profilesOf = ({ briefs }: Work): Record<string, string> =>
  Object.fromEntries(briefs.flatMap(({ id, profile }) => (profile === undefined ? [] : [[id, profile]])));

/** A limit in money is kept only where the price of every model that may be asked is known. */
function budgetFor(
  models: readonly string[],
  flags: Record<string, unknown>,
  config: Config,
  choice: ModelChoice,
): Pick<RunPlan, "tokensMax" | "usdMax"> {
  return [...new Set(models)].reduce((_, model) => budgetOf(flags, config, choice, model), {});
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
