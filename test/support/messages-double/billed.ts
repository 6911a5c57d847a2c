/**
 * What a provider would bill for what the double has said: the prompt once an answer has begun, and its output as far as
 * it went. Refused and unanswered requests cost nothing.
 */
import { estimateTokens } from "../../../infra/model/local/prefix-cache.ts";
import type { WireEvent } from "../../../infra/model/local/wire.ts";
import type { Entry } from "./script.ts";

/** Tokens. */
export interface Billed {
  /** Answers that began. */
  readonly calls: number;
  readonly input: number;
  readonly cacheWrite: number;
  readonly cacheRead: number;
  readonly output: number;
}

export const NOTHING_BILLED: Billed = { calls: 0, input: 0, cacheWrite: 0, cacheRead: 0, output: 0 };

export const addedUp = (one: Billed, other: Billed): Billed => ({
  calls: one.calls + other.calls,
  input: one.input + other.input,
  cacheWrite: one.cacheWrite + other.cacheWrite,
  cacheRead: one.cacheRead + other.cacheRead,
  output: one.output + other.output,
});

export const tokensOf = ({ input, cacheWrite, cacheRead, output }: Billed): number =>
  input + cacheWrite + cacheRead + output;

type Usage = Readonly<Record<string, unknown>>;

export function billedFor({ fault }: Pick<Entry, "fault">, events: readonly WireEvent[]): Billed {
  const said = events.slice(0, saidOf(fault, events.length));
  const start = said.find(({ type }) => type === "message_start");
  if (start === undefined) return NOTHING_BILLED;
  const first = ((start.message as { usage?: Usage }).usage ?? {}) as Usage;
  const last = said.find(({ type }) => type === "message_delta")?.usage as Usage | undefined;
  const usage = { ...first, ...last };
  return {
    calls: 1,
    input: Number(usage.input_tokens ?? 0),
    cacheWrite: Number(usage.cache_creation_input_tokens ?? 0),
    cacheRead: Number(usage.cache_read_input_tokens ?? 0),
    output: last === undefined ? shownTokens(said) : Number(usage.output_tokens ?? 0),
  };
}

/** Events that go onto the wire before the fault. */
function saidOf(fault: Entry["fault"], all: number): number {
  switch (fault?.kind) {
    case "status":
    case "html":
    case "reset":
    case "mute":
      return 0;
    case "cut":
    case "end":
    case "silence":
    case "error_event":
    case "flood":
      return fault.afterEvents;
    case "pings":
    case "raw":
    case "linger":
    case undefined:
      return all;
  }
}

const shownTokens = (said: readonly WireEvent[]): number =>
  said.reduce((tokens, { delta }) => {
    const { text, thinking, partial_json: json } = (delta ?? {}) as Readonly<Record<string, unknown>>;
    return tokens + estimateTokens(String(text ?? thinking ?? json ?? ""));
  }, 0);
