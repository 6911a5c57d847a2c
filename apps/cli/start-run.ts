/** Creates a run and, unless it is to be left alone, watches it. Creation is repeated safely: the id is made here. */
import { apiBinding, DEFAULT_MODEL, hasModel, LOCAL_BINDING, LOCAL_MODEL } from "../../actors/runtime/bindings.ts";
import { newRun, type RunPlan } from "../../actors/runtime/new-run.ts";
import type { Config } from "../../infra/config.ts";
import { newRunId } from "../../infra/ids.ts";
import type { TierModels } from "../../infra/model/tiers.ts";
import type { Hive } from "./hive.ts";

export interface ModelChoice {
  readonly binding: string;
  readonly model: string;
}

export const localChoice: ModelChoice = { binding: LOCAL_BINDING, model: LOCAL_MODEL };

/** Null where there is neither key nor base URL. */
export function modelChoice(config: Config, model?: string): ModelChoice | null {
  if (!hasModel(config)) return null;
  return { binding: apiBinding(config), model: model ?? config.model ?? DEFAULT_MODEL };
}

/**
 * What agents of each tier ask where nobody chose a model. Known to the official API alone: another server is asked for
 * what was configured, and nothing else.
 */
const DEFAULT_TIERS: Required<TierModels> = {
  small: "claude-haiku-5-5",
  medium: DEFAULT_MODEL,
  large: "claude-opus-5-5",
};

/** Models by tier, to be latched with the run; null where one model was asked for by flag or environment. */
export function tierModels({ models, model, origins, baseUrl }: Config, flag?: string): TierModels | null {
  if (flag !== undefined || origins.model === "environment") return null;
  return { ...(model === undefined && baseUrl === undefined ? DEFAULT_TIERS : {}), ...models };
}

/** `prepare` makes in the world what the run needs before it is there, under its id; `run` is drawn here where it is not given. */
export async function startRun(
  hive: Hive,
  plan: Omit<RunPlan, "run"> & { readonly run?: string },
  prepare: (plan: RunPlan) => Promise<RunPlan> = async (whole) => whole,
): Promise<string> {
  const whole = await prepare({ ...plan, run: plan.run ?? newRunId() });
  // "exists" is the echo of our own first try: the id was drawn a moment ago.
  await hive.store.create(newRun(whole));
  return whole.run;
}
