/**
 * Agents that begin together with one prefix: the first goes ahead, the others wait for its first token, because only
 * then can they read what it wrote into the provider's cache. Of this process only, and never for long.
 */
import { shortHash } from "../../infra/ids.ts";
import { CACHE_TTL_MS } from "../../infra/model/cache-cost.ts";
import type { PerformContext } from "./performer.ts";

export interface FanOut {
  /** Resolves when a first call with this prefix may go; at once for whoever is first with it, and on the signal. */
  enter(prefix: string, signal: AbortSignal): Promise<Turn>;
}

/** Both may be called again and again; `ended` must be. */
export interface Turn {
  /** The first token is here: the others may go. */
  began(): void;
  /** Nobody waits for this call any longer. Without a first token, whoever comes next goes ahead instead. */
  ended(): void;
}

export interface FanOutOptions {
  readonly monotonicMs: () => number;
  /** Longest wait, in milliseconds; a first token that is later than that costs more than it saves. Default 3,000. */
  readonly waitMaxMs?: number;
}

/** Prefixes that are remembered, at most; the oldest is forgotten, and its next agent goes ahead. */
const PREFIXES_MAX = 256;

const FOLLOWER: Turn = { began: () => {}, ended: () => {} };

interface Leader {
  readonly sinceMs: number;
  /** Never rejects. */
  readonly begun: Promise<void>;
}

/** Only an agent's first request has a prefix that others may have sent and that it has not read itself. */
export async function turnOf(
  fanOut: FanOut | undefined,
  { session, run, entries, signal }: Pick<PerformContext, "session" | "run" | "entries" | "signal">,
): Promise<Turn> {
  if (fanOut === undefined || session === null) return FOLLOWER;
  if (entries.some(({ role }) => role === "assistant")) return FOLLOWER;
  const { model, system, tools } = session;
  return fanOut.enter(shortHash(JSON.stringify([run.binding, model, system, tools])), signal);
}

export function openFanOut({ monotonicMs, waitMaxMs = 3_000 }: FanOutOptions): FanOut {
  const leaders = new Map<string, Leader>();
  return {
    async enter(prefix, signal) {
      const leader = leaders.get(prefix);
      if (leader !== undefined && monotonicMs() - leader.sinceMs < CACHE_TTL_MS) {
        await begunOr(leader, waitMaxMs, signal);
        return FOLLOWER;
      }
      let begin = (): void => {};
      const begun = new Promise<void>((resolve) => {
        begin = resolve;
      });
      const own: Leader = { sinceMs: monotonicMs(), begun };
      let isBegun = false;
      leaders.delete(prefix);
      leaders.set(prefix, own);
      for (const oldest of leaders.keys()) {
        if (leaders.size <= PREFIXES_MAX) break;
        leaders.delete(oldest);
      }
      return {
        began() {
          isBegun = true;
          begin();
        },
        ended() {
          if (!isBegun && leaders.get(prefix) === own) leaders.delete(prefix);
          begin();
        },
      };
    },
  };
}

async function begunOr({ begun }: Leader, waitMaxMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  let leave = (): void => {};
  const left = new Promise<void>((resolve) => {
    leave = resolve;
  });
  const timer = setTimeout(leave, waitMaxMs);
  signal.addEventListener("abort", leave, { once: true });
  await Promise.race([begun, left]);
  clearTimeout(timer);
  signal.removeEventListener("abort", leave);
}
