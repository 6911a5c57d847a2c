/** Breakers and rate limits as a table of the terminal: what is well and unlimited is not worth a line. */
import type { BreakerView, LimitLeft, LimitView, SwarmBreakers } from "../../infra/breaker/views.ts";

export const BREAKER_HEAD = ["BREAKER", "STATE", "FAILURES", "TRIED AGAIN", "LAST"] as const;
export const LIMIT_HEAD = ["RATE LIMIT", "PAUSED", "WAITING", "LEFT"] as const;

export const breakerRows = ({ breakers }: SwarmBreakers): string[][] =>
  breakers.filter(({ state, failures }) => state !== "closed" || failures > 0).map(rowOf);

export const limitRows = ({ limits }: SwarmBreakers): string[][] =>
  limits.map((limit) => [limit.name, seconds(limit.pausedMs), String(limit.waiting), leftOf(limit)]);

/** The same in a line each, for whoever has no table of them. */
export const breakerLines = (known: SwarmBreakers): string[] => [
  ...breakerRows(known).map(
    ([name, state, failures, again, last]) =>
      `breaker ${name} is ${state} after ${failures} failures in a row (${last}); it is tried again ${again}`,
  ),
  ...limitRows(known).map(
    ([name, paused, waiting, left]) =>
      `calls to ${name} are paced: paused for ${paused}, ${waiting} wait; left: ${left}`,
  ),
];

function rowOf({ name, state, failures, waitMs, reason }: BreakerView): string[] {
  const again = state === "closed" ? "at once" : state === "halfOpen" ? "now, by one probe" : inWords(waitMs);
  return [name, state === "halfOpen" ? "half open" : state, String(failures), again, reason ?? "-"];
}

/** Once its wait is over nobody has tried yet: whoever asks next is the probe. */
const inWords = (waitMs: number): string => (waitMs === 0 ? "by whoever asks next" : `in ${seconds(waitMs)}`);

function leftOf({ requests, tokens, inputTokens, outputTokens }: LimitView): string {
  const named: [string, LimitLeft | undefined][] = [
    ["requests", requests],
    ["tokens", tokens],
    ["input tokens", inputTokens],
    ["output tokens", outputTokens],
  ];
  const parts = named.flatMap(([name, left]) =>
    left === undefined ? [] : [`${left.remaining} of ${left.limit} ${name}, whole in ${seconds(left.resetInMs)}`],
  );
  return parts.length === 0 ? "-" : parts.join("; ");
}

const seconds = (ms: number): string => (ms === 0 ? "-" : `${Math.ceil(ms / 1_000)} s`);
