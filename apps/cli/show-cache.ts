/** `swarm show <id> --cache`: what the prompt cache did for a run, in lines of at most 80 columns. */
import { type CacheLedger, type CacheTotals, type CacheTurn, cacheLedger } from "../../actors/runtime/cache-ledger.ts";
import type { Reader } from "../../infra/redis/reader.ts";
import { harmless, printJson } from "./print.ts";
import { clip, wrap } from "./progress/printable.ts";

const COLUMNS = 80;

export async function showCache(
  { reader }: { readonly reader: Reader },
  run: string,
  { json }: { readonly json: boolean },
): Promise<void> {
  const ledger = await cacheLedger(reader, run, Date.now());
  if (json) printJson(ledger);
  else process.stdout.write(`${cacheLines(ledger).map(harmless).join("\n")}\n`);
}

export function cacheLines(ledger: CacheLedger): readonly string[] {
  if (ledger.agents.length === 0) return ["no agent of this run has had an answer of a model"];
  const tables = ledger.agents.flatMap(({ id, type, turns, totals }) => [
    clip(`${id} (${type})`, COLUMNS),
    HEAD,
    ...turns.map(turnLine),
    totalLine(totals),
    ...turns.flatMap(toldLine).flatMap((words) => wrap(words, COLUMNS)),
    "",
  ]);
  return [...tables, ...summary(ledger).flatMap((words) => wrap(words, COLUMNS))];
}

const WIDTHS = [6, 8, 8, 8, 4, 8, 8, 6] as const;

const rowOf = (cells: readonly string[], last: string): string =>
  clip(`${cells.map((cell, column) => cell.padStart(WIDTHS[column] ?? 0)).join(" ")}  ${last}`.trimEnd(), COLUMNS);

const HEAD = rowOf(["TURN", "READ", "WRITE", "FRESH", "HIT", "USD", "LOST", "LEFT"], "MISSED");

const turnLine = (turn: CacheTurn): string =>
  rowOf([String(turn.turn), ...figures(turn), turn.leftSeconds > 0 ? `${turn.leftSeconds}s` : "over"], missed(turn));

const totalLine = (totals: CacheTotals): string => rowOf(["all", ...figures(totals), ""], "");

function figures(one: CacheTurn | CacheTotals): string[] {
  const { read, write, fresh, hitRate, costUsd, lostUsd } = one;
  return [tokens(read), tokens(write), tokens(fresh), percent(hitRate), money(costUsd), money(lostUsd)];
}

/** The segment says more than that there was one. */
const missed = ({ miss, diverged }: CacheTurn): string => diverged ?? miss ?? "";

/** The server's word beside that of our own chain: where the two differ, one of them is wrong. */
function toldLine({ turn, toldMiss, diverged, miss }: CacheTurn): string[] {
  if (toldMiss === null) return [];
  const { reason, missedTokens } = toldMiss;
  const about = missedTokens === null ? "" : ` (about ${missedTokens} tokens)`;
  if (miss === "compacted")
    return [`turn ${turn}: the server says ${reason}${about}; the conversation was made shorter.`];
  const own = diverged === null ? "nothing before it changed" : `${diverged} is the first that differs`;
  return [`turn ${turn}: the server says ${reason}${about}; our own chain: ${own}.`];
}

const UNKNOWN = "?";

const tokens = (count: number | null): string => {
  if (count === null) return UNKNOWN;
  return count < 10_000_000 ? String(count) : `${Math.round(count / 1_000)}k`;
};

const percent = (share: number | null): string => (share === null ? UNKNOWN : `${Math.floor(share * 100)}%`);

const money = (usd: number | null): string => (usd === null ? UNKNOWN : usd.toFixed(4));

function summary(ledger: CacheLedger): string[] {
  const { totals, siblings, worst, more, simulated } = ledger;
  const { calls, hitRate, broken } = totals;
  return [
    ...(simulated ? ["SIMULATED: a server of ours plays the model and its cache; nobody was billed."] : []),
    `${calls} answered ${calls === 1 ? "call" : "calls"}; ${hitRate === null ? "the server told nothing of a cache" : `${percent(hitRate)} of the prompt tokens were read from the cache`}.`,
    paid(totals),
    broken === 0
      ? "Every request went on from its agent's last one: nothing here broke a prefix."
      : `${broken} ${broken === 1 ? "request" : "requests"} did not go on from the agent's last one: MISSED names the first segment that differs.`,
    ...(worst === null ? [] : [`Lost most: ${worst}.`]),
    ...(siblings.followers === 0 ? [] : [shared(siblings)]),
    ...(more === 0 ? [] : [`${agents(more)} more, not looked at.`]),
  ];
}

function paid({ costUsd, withoutCacheUsd, savedUsd, lostUsd, lostTokens }: CacheTotals): string {
  const lost = lostTokens === null ? "" : ` ${lostTokens} cached tokens were not read again.`;
  if (costUsd === null || withoutCacheUsd === null || savedUsd === null) return `The cost is unknown.${lost}`;
  if (withoutCacheUsd === 0) return `Nobody was billed.${lost}`;
  const saved = savedUsd < 0 ? `${money(-savedUsd)} more` : `${money(savedUsd)} saved`;
  const wasted = lostUsd === null ? "" : `; ${money(lostUsd)} lost`;
  return `${money(costUsd)} USD, without a cache ${money(withoutCacheUsd)}: ${saved}${wasted}.${lost}`;
}

const agents = (count: number): string => (count === 1 ? "1 agent" : `${count} agents`);

const shared = ({ followers, hits, readTokens }: CacheLedger["siblings"]): string =>
  hits === null
    ? `${agents(followers)} began as another had; whether its prefix was read is unknown.`
    : `${agents(followers)} began as another had; ${hits} (${percent(hits / followers)}) read its prefix at once: ${readTokens} tokens.`;
