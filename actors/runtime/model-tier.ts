/**
 * Which model an agent asks: the one that its terms name for this attempt, the one its type insists on, the one that is
 * configured for its tier, or the run's. Decided once, when its session is put together, and told with it: an agent that
 * got another model than it wants says so.
 */
import { type AgentType, MODEL_TIERS, type ModelTier } from "../types/define.ts";
import type { RunRow } from "./run-row.ts";

export interface ModelFor {
  readonly model: string;
  /** What decided: the run's one model, the model of its tier, the type itself, or the terms of this attempt. */
  readonly by: "run" | "tier" | "type" | "terms";
  /** What it wants; null where it takes whatever the run has. */
  readonly tier: ModelTier | null;
}

type OfRun = Pick<RunRow, "model"> & { readonly config: Pick<RunRow["config"], "models"> };

/**
 * Where the run has one model for all (`models` is null), it stands for every tier, and no wish of a type counts; a model
 * that this attempt is given by its id is asked all the same. `wanted`: from the terms, an id or a tier.
 */
export function modelFor(
  { model, modelTier }: Pick<AgentType, "model" | "modelTier">,
  run: OfRun,
  wanted: string | null = null,
): ModelFor {
  const { models } = run.config;
  if (wanted !== null) {
    if (!isTier(wanted)) return { model: wanted, by: "terms", tier: null };
    return { model: models?.[wanted] ?? run.model, by: "terms", tier: wanted };
  }
  const tier = modelTier ?? null;
  if (models !== null && model !== undefined) return { model, by: "type", tier };
  const ofTier = tier === null ? undefined : models?.[tier];
  return ofTier === undefined ? { model: run.model, by: "run", tier } : { model: ofTier, by: "tier", tier };
}

const isTier = (name: string): name is ModelTier => MODEL_TIERS.includes(name as ModelTier);

/** As a provider names one: nothing that could be taken for anything else. */
const MODEL_ID = /^[\w.:@/-]{1,200}$/;

/** Why what the terms want is no model of this run; null where it is one. */
export function modelTrouble(wanted: string, { config: { models } }: OfRun): string | null {
  if (!isTier(wanted)) return MODEL_ID.test(wanted) ? null : `${JSON.stringify(wanted.slice(0, 80))} names no model`;
  return models === null || models[wanted] !== undefined ? null : `no model is configured for the tier ${wanted}`;
}
