/** From the words after `swarm run` to a plan. What does not fit is refused by name before anything is opened. */
import type { RunPlan } from "../../actors/runtime/new-run.ts";
import type { AgentType } from "../../actors/types/define.ts";
import { agentTypeNamed, agentTypes } from "../../actors/types/index.ts";
import type { GrantedRule } from "../../infra/approval.ts";
import type { Config } from "../../infra/config.ts";
import { SwarmError } from "../../infra/errors.ts";
import { shortHash } from "../../infra/ids.ts";
import { grantsFromGoal } from "../../registry/permission/goal-grants.ts";
import { budgetOf } from "./budget-flags.ts";
import { wholeNumber } from "./flags.ts";
import { isAttended, rightsOf } from "./permission-flags.ts";
import { modelChoice } from "./start-run.ts";
import { workspaceAt } from "./workspace.ts";

/** Characters of a goal, at most; more belongs into a file the agent reads. */
const GOAL_MAX = 32_000;

export interface Planned {
  readonly plan: Omit<RunPlan, "run">;
  /** What of the configuration does nothing, to be said once. */
  readonly notices: readonly string[];
}

/** Throws SwarmError `credentials.none` (exit 4) or `usage.*`, `workspace.*`, `config.permissions` (exit 2). */
export function planOf(goal: string, flags: Record<string, unknown>, config: Config): Planned {
  const choice = modelChoice(config, flags.model as string | undefined);
  if (choice === null) {
    throw new SwarmError("credentials.none", "`swarm run` needs a model, and there is neither a key nor a base URL", {
      exit: 4,
      hint: "Set ANTHROPIC_API_KEY, or ANTHROPIC_BASE_URL for any server that speaks the Messages API. Without either, `swarm evaluate` works.",
    });
  }
  if (goal.trim() === "" || goal.length > GOAL_MAX) {
    const message = `the goal has ${goal.trim().length} characters; it takes 1 to ${GOAL_MAX}`;
    throw new SwarmError("usage.goal", message, { exit: 2, hint: "Say in a few sentences what is to be done." });
  }
  const type = agentTypeOf(flags.agent);
  const deniedTools = deniedToolsOf(flags.denyTool as readonly string[], type);
  const turnsMax = wholeNumber(flags.maxTurns, "--max-turns", { min: 1, max: 1_000 });
  const budget = budgetOf(flags, config, choice);
  const limits = { ...type.limits, turnsMax: turnsMax ?? type.limits.turnsMax };
  const workspace = workspaceAt(String(flags.workspace));
  const { latched, notices } = rightsOf(flags, config, workspace, isAttended(flags));
  const plan = {
    goal: goal.split("\n")[0]?.slice(0, 200) ?? "",
    kind: "run",
    graph: [{ id: "goal", agentType: type.name, needs: [], limits, attemptsMax: 1 }],
    briefs: { goal: JSON.stringify({ id: "goal", agentType: type.name, goal }) },
    ...choice,
    workspace,
    config: {
      deniedTools: [...deniedTools],
      turnsMax: turnsMax ?? null,
      outTokensMax: null,
      ...latched,
      approvalHours: config.approvalHours,
      grants: goalGrants(goal, workspace),
    },
    parallelMax: 1,
    tolerateFailures: false,
    ...budget,
    options: {},
  };
  return { plan, notices: [...notices, ...givenWords(plan.config.grants)] };
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

function agentTypeOf(value: unknown): AgentType {
  const type = agentTypeNamed(String(value));
  if (type !== undefined) return type;
  throw new SwarmError("usage.agent", `--agent "${String(value)}" is not an agent type`, {
    exit: 2,
    hint: `Types are: ${agentTypes.map(({ name }) => name).join(", ")}.`,
  });
}

function deniedToolsOf(names: readonly string[], type: AgentType): readonly string[] {
  const strangers = names.filter((name) => !type.tools.includes(name) || name === "Report");
  if (strangers.length === 0) return names;
  const message = `--deny-tool ${strangers.join(", ")}: agents of type ${type.name} have no such tool to take away`;
  throw new SwarmError("usage.deny_tool", message, {
    exit: 2,
    hint: `They have: ${type.tools.filter((name) => name !== "Report").join(", ")}. Report cannot be taken away: it is how a task ends.`,
  });
}
