/** `swarm show <id> --cost`: what a run was projected to take and what it took, in lines of at most 80 columns. */
import type { RunCost } from "../../actors/runtime/run-cost.ts";
import { SwarmError } from "../../infra/errors.ts";
import { costOfRun, count, projectionWords } from "../orders/project-run.ts";
import type { Hive } from "./hive.ts";
import { harmless, printJson } from "./print.ts";
import { clip, wrap } from "./progress/printable.ts";
import { minutesWords } from "./progress/words.ts";

const COLUMNS = 80;
/** Turns that are shown; `--json` has all. */
const TURNS_SHOWN = 40;

export async function showCost(
  { reader, config }: Pick<Hive, "reader" | "config">,
  run: string,
  { json }: { readonly json: boolean },
): Promise<void> {
  const cost = await costOfRun(reader, run, config);
  if (cost === null) throw new SwarmError("run.gone", `run ${run} is gone`, { exit: 2 });
  if (json) printJson(cost);
  else process.stdout.write(`${costLines(cost).map(harmless).join("\n")}\n`);
}

export function costLines(cost: RunCost): readonly string[] {
  return [
    ...(cost.simulated ? ["SIMULATED: a server of ours plays the model; nobody was billed."] : []),
    ...(cost.projection === null ? [] : wrap(`Projected: ${projectionWords(cost.projection)}`, COLUMNS)),
    "",
    ...typeLines(cost),
    "",
    ...turnLines(cost),
    ...summary(cost).flatMap((words) => wrap(words, COLUMNS)),
  ];
}

const cells = (widths: readonly number[], row: readonly string[]): string =>
  clip(
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(" "),
    COLUMNS,
  );

const TYPE_WIDTHS = [14, 7, 6, 9, 22, 9] as const;

function typeLines({ types, projection }: RunCost): string[] {
  const expected = new Map((projection?.types ?? []).map((one) => [one.type, one.tokens]));
  return [
    cells(TYPE_WIDTHS, ["TYPE", "AGENTS", "TURNS", "TOKENS", "PROJECTED", "USD"]),
    ...types.map(({ type, agents, turns, tokens, usd }) => {
      const range = expected.get(type);
      const shown = range === undefined ? "not planned" : `${count(range.low)} to ${count(range.high)}`;
      return cells(TYPE_WIDTHS, [type, String(agents), String(turns), count(tokens), shown, money(usd)]);
    }),
  ];
}

const TURN_WIDTHS = [6, 6, 10, 10, 7, 8, 9] as const;

function turnLines({ turns }: RunCost): string[] {
  const shown = turns.slice(0, TURNS_SHOWN).map(({ turn, calls, estimated, prompt, output, usd }) => {
    const off = estimated === null || prompt === 0 ? "" : `${signed((estimated / prompt - 1) * 100)}%`;
    const held = estimated === null ? "" : count(estimated);
    return cells(TURN_WIDTHS, [String(turn), String(calls), held, count(prompt), off, count(output), money(usd)]);
  });
  const more = turns.length - shown.length;
  return [
    cells(TURN_WIDTHS, ["TURN", "CALLS", "ESTIMATE", "PROMPT", "OFF", "OUTPUT", "USD"]),
    ...shown,
    ...(more > 0 ? [`… and ${more} more turns: --json`] : []),
    "",
  ];
}

function summary({ estimates, savedByCacheUsd, burn }: RunCost): string[] {
  return [
    ...(estimates === null
      ? []
      : [
          `Prompts were held to be ${signed(estimates.median * 100)}% off in the middle of ${estimates.calls} ${estimates.calls === 1 ? "call" : "calls"}, from ${signed(estimates.mostUnder * 100)}% to ${signed(estimates.mostOver * 100)}%.`,
        ]),
    savedByCacheUsd === null
      ? "What caching saved is unknown."
      : savedByCacheUsd === 0
        ? "Nobody was billed, so caching saved nothing."
        : `Caching ${savedByCacheUsd < 0 ? "cost" : "saved"} ${Math.abs(savedByCacheUsd).toFixed(4)} USD.`,
    ...(burn === null ? [] : [burnWords(burn)]),
  ];
}

export function burnWords({ tokensPerMinute, usdPerMinute, minutesLeft }: NonNullable<RunCost["burn"]>): string {
  const usd = usdPerMinute > 0 ? `, ${usdPerMinute.toFixed(4)} USD` : "";
  const end = minutesLeft === null ? "no limit is near" : `its budget ends in ${minutesWords(minutesLeft)}`;
  return `It takes ${count(tokensPerMinute)} tokens${usd} a minute; if it goes on so, ${end}.`;
}

const signed = (percent: number): string => `${percent > 0 ? "+" : ""}${percent.toFixed(1)}`;

const money = (usd: number | null): string => (usd === null ? "?" : usd.toFixed(4));
