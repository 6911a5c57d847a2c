/** How long to wait before another attempt. Pure: the randomness is the caller's seed, so a replay waits the same. */
import { createHash } from "node:crypto";

/** The first ceiling and the growth are the SDK's own (0.5 s, doubling); its last one of 8 s is raised to 60 s, because an agent can wait longer than a person. */
const baseMs = 500;
const ceilingMsMax = 60_000;

/**
 * The wait before attempt `attempt + 1`, in whole milliseconds.
 *
 * Without a wish of the server: uniform in [0, min(60 s, 0.5 s · 2^(attempt-1))), "full jitter", which spreads a herd
 * best of the variants that Brooker measured (AWS Architecture Blog, "Exponential Backoff And Jitter", 2015). With one:
 * never sooner than the server asked, plus a jitter of at most a tenth (and at most 5 s), for a whole swarm is told the same second.
 *
 * @param attempt how many attempts have failed, from 1.
 * @param seed the effect id or anything else that differs between agents; the same seed and attempt give the same wait.
 */
export function backoffMs({
  attempt,
  retryAfterMs,
  seed,
}: {
  readonly attempt: number;
  readonly retryAfterMs?: number | undefined;
  readonly seed: string;
}): number {
  const unit = unitInterval(`${seed}:${attempt}`);
  if (retryAfterMs !== undefined && retryAfterMs > 0)
    return Math.ceil(retryAfterMs + unit * Math.min(retryAfterMs / 10, 5_000));
  const doublings = Math.min(Math.max(attempt, 1) - 1, 30);
  return Math.floor(unit * Math.min(ceilingMsMax, baseMs * 2 ** doublings));
}

/** A number in [0, 1) from the first 48 bits of a hash. */
function unitInterval(text: string): number {
  return createHash("sha256").update(text).digest().readUIntBE(0, 6) / 2 ** 48;
}
