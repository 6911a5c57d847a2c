/** What a run may use, from its flags. A limit that could not be kept is refused, not promised. */
import { knownPrice, LOCAL_BINDING } from "../../actors/runtime/bindings.ts";
import type { RunPlan } from "../../actors/runtime/new-run.ts";
import type { Config } from "../../infra/config.ts";
import { SwarmError } from "../../infra/errors.ts";
import { amount, wholeNumber } from "./flags.ts";
import type { ModelChoice } from "./start-run.ts";

type Budget = Pick<RunPlan, "tokensMax" | "usdMax">;

/** `model`: the one that is asked, where it is not the run's. Throws SwarmError `usage.flag` or `usage.unknown_price`, exit 2. */
export function budgetOf(
  flags: Record<string, unknown>,
  config: Config,
  { binding, model: ofRun }: ModelChoice,
  model = ofRun,
): Budget {
  const tokensMax = wholeNumber(flags.maxTokens, "--max-tokens", { min: 1, max: 1e12 });
  const usdMax = amount(flags.budget, "--budget");
  if (usdMax !== undefined && binding !== LOCAL_BINDING && knownPrice(config, model) === null) {
    const message = `--budget: the price of ${model} is not known here, so a limit in US dollars cannot be kept`;
    throw new SwarmError("usage.unknown_price", message, { exit: 2, hint: "Limit it with --max-tokens instead." });
  }
  return { ...(tokensMax === undefined ? {} : { tokensMax }), ...(usdMax === undefined ? {} : { usdMax }) };
}
