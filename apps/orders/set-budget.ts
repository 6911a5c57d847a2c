/** Sets what a running run may use, from its next model call on; what cannot be kept is refused. */
import { userInfo } from "node:os";
import { knownPrice, LOCAL_BINDING } from "../../actors/runtime/bindings.ts";
import { runRowFrom } from "../../actors/runtime/run-row.ts";
import { amountOf, type ShownBudget } from "../../actors/runtime/spending.ts";
import { SwarmError } from "../../infra/errors.ts";
import { type BudgetState, runBudget } from "../../infra/redis/run-budget.ts";
import type { BudgetLimits } from "../../infra/store.ts";
import type { Hive } from "../cli/hive.ts";

type Stage = Pick<Hive, "config" | "redis" | "keys" | "reader">;

/** Amounts are kept exactly up to here: billionths of a dollar, as whole numbers. */
export const USD_MAX = 9_000_000;
export const TOKENS_MAX = 1e12;

/** `same`: these were its limits before. Throws SwarmError, exit 2, where nothing was changed. */
export async function setBudget(
  stage: Stage,
  run: string,
  limits: BudgetLimits,
): Promise<{ readonly did: "set" | "same"; readonly budget: ShownBudget }> {
  if (limits.nanoUsdMax !== undefined) await checkPrices(stage, run);
  const answer = await runBudget(stage.redis, stage.keys).set(run, limits, userInfo().username);
  if (answer.kind === "no_run") throw new SwarmError("run.gone", `run ${run} is gone`, { exit: 2 });
  if (answer.kind === "ended") throw ended(run, answer.status);
  if (answer.kind === "below") throw below(run, limits, shown(answer.state));
  return { did: answer.kind, budget: shown(answer.state) };
}

/** A limit in US dollars is kept or refused. Where the run has one, its prices were looked at when it began. */
async function checkPrices({ config, reader }: Stage, run: string): Promise<void> {
  const [summary, budget] = await Promise.all([reader.run(run), reader.budget(run)]);
  const { binding, config: written, status } = summary?.fields ?? {};
  if (status !== "running" || written === undefined) return;
  if (Number(budget.unpriced ?? 0) > 0) throw unpriced("the price of calls that it has made is not known");
  if (budget.nanoMax !== undefined || binding === LOCAL_BINDING) return;
  const row = runRowFrom(summary?.fields ?? {});
  const models = new Set([row.model, ...Object.values(row.config.models ?? {})]);
  for (const { actor } of await reader.actors(run)) {
    const session = await reader.session(run, actor);
    if (session !== null) models.add((JSON.parse(session) as { model: string }).model);
  }
  const strange = [...models].find((model) => model !== undefined && knownPrice(config, model) === null);
  if (strange !== undefined) throw unpriced(`the price of ${strange} is not known here`);
}

const unpriced = (why: string): SwarmError =>
  new SwarmError("usage.unknown_price", `--usd: ${why}, so a limit in US dollars cannot be kept`, {
    exit: 2,
    hint: "Limit it with --tokens instead.",
  });

const shown = ({ tokensMax, tokens, heldTokens, nanoUsdMax, nanoUsd, heldNanoUsd }: BudgetState): ShownBudget => ({
  tokens: amountOf(tokensMax, tokens, heldTokens, 1),
  usd: amountOf(nanoUsdMax, nanoUsd, heldNanoUsd, 1e9),
});

const ended = (run: string, status: string): SwarmError =>
  new SwarmError("run.ended", `run ${run} has ended already: ${status}; its budget is closed`, {
    exit: 2,
    hint: `Branch off before its end with more: swarm fork ${run} --at N --max-tokens M (swarm logs ${run} shows N).`,
  });

function below(run: string, { tokensMax, nanoUsdMax }: BudgetLimits, { tokens, usd }: ShownBudget): SwarmError {
  const used = (one: ShownBudget["tokens"]): number => (one.spent ?? 0) + one.reserved;
  const parts = [
    ...(tokensMax !== undefined && tokensMax < used(tokens)
      ? [`--tokens ${tokensMax}: ${tokens.spent} are spent and ${tokens.reserved} reserved`]
      : []),
    ...(nanoUsdMax !== undefined && nanoUsdMax / 1e9 < used(usd)
      ? [`--usd ${nanoUsdMax / 1e9}: ${usd.spent} are spent and ${usd.reserved} reserved`]
      : []),
  ];
  return new SwarmError("budget.below", `run ${run} has used more than that. ${parts.join("; ")}`, {
    exit: 2,
    hint: `Nothing was changed. To let nothing more begin: swarm stop ${run}.`,
  });
}
