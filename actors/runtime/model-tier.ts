/**
 * Which model an agent asks: the one its type insists on, the one that is configured for its tier, or the run's. Decided
 * once, when its session is put together, and told with it: an agent that got another model than it wants says so.
 */
import type { AgentType, ModelTier } from "../types/define.ts";
import type { RunRow } from "./run-row.ts";

export interface ModelFor {
  readonly model: string;
  /** What decided: the run's one model, the model of its tier, or the type itself. */
  readonly by: "run" | "tier" | "type";
  /** What it wants; null where it takes whatever the run has. */
  readonly tier: ModelTier | null;
}

/** Where the run has one model for all (`models` is null), nothing else counts. */
export function modelFor(
  { model, modelTier }: Pick<AgentType, "model" | "modelTier">,
  run: Pick<RunRow, "model"> & { readonly config: Pick<RunRow["config"], "models"> },
): ModelFor {
  const { models } = run.config;
  const tier = modelTier ?? null;
  if (models !== null && model !== undefined) return { model, by: "type", tier };
  const ofTier = tier === null ? undefined : models?.[tier];
  return ofTier === undefined ? { model: run.model, by: "run", tier } : { model: ofTier, by: "tier", tier };
}
