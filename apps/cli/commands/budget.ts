/** `swarm budget set <id>`: raises or lowers what a running run may use, from its next model call on. */
import { SwarmError } from "../../../infra/errors.ts";
import type { BudgetLimits } from "../../../infra/store.ts";
import { setBudget, TOKENS_MAX, USD_MAX } from "../../orders/set-budget.ts";
import { amount, oneOf, wholeNumber } from "../flags.ts";
import { type Hive, openHive } from "../hive.ts";
import { printJson } from "../print.ts";
import { say } from "../say.ts";
import { budgetLines } from "../show-budget.ts";

export async function act([action, id = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  oneOf(action, "budget", ["set"]);
  const limits = limitsOf(flags);
  const hive = await openHive();
  try {
    const run = await hive.reader.resolve(id);
    const { did, budget } = await setBudget(hive, run, limits);
    if (flags.json === true) printJson({ v: 1, runId: run, did, budget });
    else {
      process.stdout.write(`run ${run}: ${did === "set" ? "budget set" : "that was its budget before"}\n`);
      for (const line of budgetLines(budget)) process.stdout.write(`${line}\n`);
    }
    await sayWhoStays(hive, run);
    return 0;
  } finally {
    hive.close();
  }
}

function limitsOf(flags: Record<string, unknown>): BudgetLimits {
  const tokensMax = wholeNumber(flags.tokens, "--tokens", { min: 1, max: TOKENS_MAX });
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
