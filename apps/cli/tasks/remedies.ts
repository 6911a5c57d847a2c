/**
 * What a tasks file's `on_failure` comes to: attempts, and how each differs from the first. Whoever could not take over,
 * and a model that nobody configured, is a problem before anything is started: there is no silent substitute.
 */
import { type AgentType, MODEL_TIERS, type ModelTier } from "../../../actors/types/define.ts";
import { agentTypeNamed, agentTypes } from "../../../actors/types/index.ts";
import type { TierModels } from "../../../infra/model/tiers.ts";
import type { PlannedTask, Remedy } from "../../../machines/task-graph.ts";
import { nearestNames } from "../nearest-names.ts";
import { shown } from "./contract-form.ts";
import type { FailureStep } from "./supervision-form.ts";
import type { TaskForm } from "./tasks-form.ts";
import type { Path } from "./yaml-tree.ts";

export type Found = (path: Path, reason: string) => void;

export interface RemedyContext {
  /** The type that the first attempt is for, and whether it is made from an agent file. */
  readonly type: AgentType;
  readonly isProfile: boolean;
  /** By tier; null where one model was set for all. */
  readonly models: TierModels | null;
}

/** Pure. What is found wrong is told by its path within the task; of a faulty step nothing is planned. */
export function attemptsOf(
  form: Pick<TaskForm, "attempts" | "on_failure" | "needs">,
  context: RemedyContext,
  found: Found,
): Pick<PlannedTask, "attemptsMax" | "remedies"> {
  if (form.on_failure === undefined) return { attemptsMax: form.attempts ?? 1 };
  const steps = form.on_failure.filter((step) => step !== "give-up");
  const remedies = steps.map((step, at) =>
    remedyOf(step, form.needs.length, context, (path, reason) => found(["on_failure", at, ...path], reason)),
  );
  return { attemptsMax: 1 + steps.length, ...(remedies.length === 0 ? {} : { remedies }) };
}

/** Built-in types that somebody else's task may go to. */
export const remedyTypes = ({ on_failure = [] }: Pick<TaskForm, "on_failure">): readonly AgentType[] =>
  on_failure.flatMap((step) => (typeof step === "object" && "agent" in step ? (agentTypeNamed(step.agent) ?? []) : []));

function remedyOf(
  step: Exclude<FailureStep, "give-up">,
  needs: number,
  { type, isProfile, models }: RemedyContext,
  found: Found,
): Remedy {
  if (step === "retry") return {};
  const agent = "agent" in step ? step.agent : undefined;
  if (agent !== undefined) {
    const problem = strangerProblem(agent, isProfile ? type.name : null, needs);
    if (problem !== null) found(["agent"], problem);
  }
  const model = step.model === undefined ? undefined : modelNamed(step.model, models, found);
  return { ...(agent === undefined ? {} : { agentType: agent }), ...(model === undefined ? {} : { model }) };
}

/** Why nobody of that name can take over; null where they can. */
function strangerProblem(agent: string, profile: string | null, needs: number): string | null {
  const names = agentTypes.map(({ name }) => name);
  if (agentTypeNamed(agent) === undefined) {
    const near = nearestNames(agent, names);
    const way = near.length > 0 ? `did you mean ${near.join(" or ")}?` : `there are ${names.join(", ")}`;
    return `is ${shown(agent)}; another attempt can go to a built-in agent type only: ${way}`;
  }
  if (profile !== null) {
    return `is ${shown(agent)}, but the task is for the agent file ${shown(profile)}, which narrows what may be done: nobody else takes over from it; write retry, or {model: …}`;
  }
  if (agent === "verify" && needs !== 1) {
    return `is "verify", but the task needs ${needs} tasks; an agent that verifies checks the result of exactly one`;
  }
  return null;
}

const isTier = (name: string): name is ModelTier => MODEL_TIERS.includes(name as ModelTier);

/** A tier becomes the model that is configured for it now: what the run asks later does not depend on who looks. */
function modelNamed(name: string, models: TierModels | null, found: Found): string {
  if (!isTier(name)) return name;
  const model = models?.[name];
  if (model !== undefined) return model;
  const why =
    models === null
      ? "but one model was set for the whole run (--model or SWARM_MODEL): leave it away"
      : `and no model is configured for that tier: set models: {${name}: ID} in swarm.config`;
  found(["model"], `is ${shown(name)}, ${why}, or name a model by its id`);
  return name;
}
