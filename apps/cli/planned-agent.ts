/** Who a task is for: a built-in agent type, or an agent file that narrows one. */
import type { FoundProfile } from "../../actors/discovery/profiles-at.ts";
import type { RunPlan } from "../../actors/runtime/new-run.ts";
import { coordinatorType } from "../../actors/types/coordinator.ts";
import type { AgentType } from "../../actors/types/define.ts";
import { agentTypeNamed, agentTypes } from "../../actors/types/index.ts";
import { profileType } from "../../actors/types/profile-type.ts";
import type { GrantedRule } from "../../infra/approval.ts";
import type { Config } from "../../infra/config.ts";
import { SwarmError } from "../../infra/errors.ts";
import type { Brief } from "../../machines/brief.ts";
import type { PlannedTask } from "../../machines/task-graph.ts";
import { profileNamed } from "./collect-skills.ts";

export interface PlannedAgent {
  /** Whose machine and queue it has. */
  readonly base: AgentType;
  /** What it may do: the base, or the base made narrower. */
  readonly type: AgentType;
  /** The agent file, still to be approved; null: a built-in type. */
  readonly profile: FoundProfile | null;
}

/** Tasks of a plan that could change files at the same time, where nothing keeps them apart. */
export interface Writers {
  /** Two of them; null where there are none. */
  readonly rivals: readonly [string, string] | null;
  /** Of a plan that asks for it by name: what to throw where agents share one working tree. Null: one at a time is meant too. */
  readonly refusal: SwarmError | null;
}

export const NO_RIVALS: Writers = { rivals: null, refusal: null };

/** What a run is to do, whatever it was read from. */
export interface Work extends Pick<RunPlan, "supervision" | "replansMax" | "synthesis"> {
  /** In one line, for lists. */
  readonly goal: string;
  readonly graph: readonly PlannedTask[];
  readonly briefs: readonly Brief[];
  /** Every agent that a task of it is for, each once. */
  readonly agents: readonly PlannedAgent[];
  /** Models that a further attempt of some task asks, beside those of the agents. */
  readonly models: readonly string[];
  readonly grants: readonly GrantedRule[];
  /** Agents at once, where nothing speaks against it. */
  readonly parallelMax: number;
  readonly writers: Writers;
  readonly tolerateFailures: boolean;
  readonly options: Readonly<Record<string, unknown>>;
  /** For the person, before it begins. */
  readonly notices: readonly string[];
}

/** Throws SwarmError `usage.agent`, exit 2. A built-in type is found without a look at any file. */
export async function agentOf(name: string, workspace: string, config: Config): Promise<PlannedAgent> {
  const builtIn = agentTypeNamed(name);
  if (builtIn !== undefined) return { base: builtIn, type: builtIn, profile: null };
  const names = agentTypes.map((one) => one.name);
  if (name === coordinatorType.name) {
    throw new SwarmError("usage.agent", "--agent coordinator: every run has one already, and nobody starts another", {
      exit: 2,
      hint: `It gives the task to an agent. Types are: ${names.join(", ")}.`,
    });
  }
  const profile = await profileNamed(name, workspace, config, names);
  const base = agentTypeNamed(profile.base);
  if (base === undefined) throw new Error(`the agent file ${profile.source} is made from no agent type`);
  return { base, type: profileType(base, profile), profile };
}

export function taskFor(
  { base, type }: PlannedAgent,
  { id, needs, attemptsMax }: Pick<PlannedTask, "id" | "needs" | "attemptsMax">,
  turnsMax: number | undefined,
): PlannedTask {
  const limits = { ...type.limits, turnsMax: turnsMax ?? type.limits.turnsMax };
  return { id, agentType: base.name, needs, limits, attemptsMax };
}

export const briefFor = (
  { base, profile }: PlannedAgent,
  brief: Pick<Brief, "id" | "goal" | "input" | "contract">,
): Brief => ({ ...brief, agentType: base.name, ...(profile === null ? {} : { profile: profile.name }) });
