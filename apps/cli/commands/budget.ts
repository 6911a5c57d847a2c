/** `swarm budget set <id>`: raises or lowers what a running run may use, from its next model call on. */
import { userInfo } from "node:os";
import { knownPrice, LOCAL_BINDING } from "../../../actors/runtime/accesses.ts";
import { runRowFrom } from "../../../actors/runtime/run-row.ts";
import { amountOf, type ShownBudget } from "../../../actors/runtime/spending.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { type BudgetState, runBudget } from "../../../infra/redis/run-budget.ts";
import type { BudgetLimits } from "../../../infra/store.ts";
import { amount, oneOf, wholeNumber } from "../flags.ts";
import { type Hive, openHive } from "../hive.ts";
import { printJson } from "../print.ts";
import { say } from "../say.ts";
import { budgetLines } from "../show-budget.ts";

/** Amounts are kept exactly up to here: billionths of a dollar, as whole numbers. */
const USD_MAX = 9_000_000;

export async function act([action, id = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  oneOf(action, "budget", ["set"]);
  const limits = limitsOf(flags);
  const hive = await openHive();
  try {
    const run = await hive.reader.resolve(id);
    if (limits.nanoUsdMax !== undefined) await checkPrices(hive, run);
    const answer = await runBudget(hive.redis, hive.keys).set(run, limits, userInfo().username);
    if (answer.kind === "no_run") throw new SwarmError("run.gone", `run ${run} is gone`, { exit: 2 });
    if (answer.kind === "ended") throw ended(run, answer.status);
    if (answer.kind === "below") throw below(run, limits, shown(answer.state));
    const budget = shown(answer.state);
    if (flags.json === true) printJson({ v: 1, runId: run, did: answer.kind, budget });
    else {
      process.stdout.write(`run ${run}: ${answer.kind === "set" ? "budget set" : "that was its budget before"}\n`);
      for (const line of budgetLines(budget)) process.stdout.write(`${line}\n`);
    }
    await sayWhoStays(hive, run);
    return 0;
  } finally {
    hive.close();
  }
}

function limitsOf(flags: Record<string, unknown>): BudgetLimits {
  const tokensMax = wholeNumber(flags.tokens, "--tokens", { min: 1, max: 1e12 });
  const usdMax = amount(flags.usd, "--usd");
  if (tokensMax === undefined && usdMax === undefined) {
    throw new SwarmError("usage.budget", "`swarm budget set` needs a limit: --tokens N, --usd X, or both", {
      exit: 2,
      hint: "A limit counts from the run's beginning: what it has used is part of it. `swarm show` says what that is.",
    });
  }
  const nanoUsdMax = usdMax === undefined ? undefined : Math.round(usdMax * 1e9);
  if (nanoUsdMax !== undefined && (nanoUsdMax < 1 || nanoUsdMax > USD_MAX * 1e9)) {
    throw new SwarmError("usage.flag", `--usd ${String(flags.usd)} is not from 0.000000001 to ${USD_MAX}`, { exit: 2 });
  }
  return { ...(tokensMax === undefined ? {} : { tokensMax }), ...(nanoUsdMax === undefined ? {} : { nanoUsdMax }) };
}

/** A limit in US dollars is kept or refused. Where the run has one, its prices were looked at when it began. */
async function checkPrices({ config, reader }: Hive, run: string): Promise<void> {
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

/** Whoever gave up for want of tokens is not brought back by more of them. */
async function sayWhoStays({ reader }: Hive, run: string): Promise<void> {
  const over = (await reader.actors(run)).flatMap(({ actor, core }) =>
    core !== null && (JSON.parse(core) as { value: unknown }).value === "exhausted" ? [actor] : [],
  );
  if (over.length === 0) return;
  const who = over.length > 5 ? `${over.length} agents` : over.join(", ");
  say(
    `ended as exhausted, and not brought back by this: ${who}. Their tasks: swarm dlq list, then swarm dlq requeue LETTER --to TYPE; or swarm fork ${run} --at N`,
  );
}
