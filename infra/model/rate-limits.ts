/** What a server says of its rate limits in the headers of an answer, good or bad: how much is left, and when it is whole again. */
import { LIMIT_KINDS, type LimitKind, type LimitSaid, type LimitsSaid } from "../breaker/pacing.ts";

const headerOf: Readonly<Record<LimitKind, string>> = {
  requests: "requests",
  tokens: "tokens",
  inputTokens: "input-tokens",
  outputTokens: "output-tokens",
};

/** Ten minutes, in milliseconds: a reset that lies further away is a clock that is wrong. */
const RESET_MS_MAX = 600_000;

/** Null where nothing is told: a limit that is not told whole, or in no numbers, is not. `nowMs` is for servers that tell no date. */
export function limitsFrom(headers: Headers, nowMs: number): LimitsSaid | null {
  const dateMs = Date.parse(headers.get("date") ?? "");
  const theirMs = Number.isNaN(dateMs) ? nowMs : dateMs;
  const said = LIMIT_KINDS.flatMap((kind) => {
    const one = limitFrom(headers, headerOf[kind], theirMs);
    return one === null ? [] : [[kind, one] as const];
  });
  return said.length === 0 ? null : Object.fromEntries(said);
}

function limitFrom(headers: Headers, name: string, theirMs: number): LimitSaid | null {
  const number = (part: string): number => {
    const text = headers.get(`anthropic-ratelimit-${name}-${part}`) ?? "";
    return /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  };
  const [limit, remaining] = [number("limit"), number("remaining")];
  const resetMs = Date.parse(headers.get(`anthropic-ratelimit-${name}-reset`) ?? "") - theirMs;
  if (!(limit >= 1) || Number.isNaN(remaining) || Number.isNaN(resetMs)) return null;
  return { limit, remaining: Math.min(remaining, limit), resetMs: Math.min(Math.max(resetMs, 0), RESET_MS_MAX) };
}
