/**
 * When a call may go out, by what the other side said of its rate limits: one row for all workers, so that who comes
 * after a refusal waits instead of being refused too, and those who waited do not all come back at once. Pure.
 */
import { z } from "zod";

export const LIMIT_KINDS = ["requests", "tokens", "inputTokens", "outputTokens"] as const;
export type LimitKind = (typeof LIMIT_KINDS)[number];

/** What one answer said of one limit. */
export interface LimitSaid {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until it is whole again. */
  readonly resetMs: number;
}
export type LimitsSaid = Readonly<Partial<Record<LimitKind, LimitSaid>>>;

const bucketSchema = z.object({
  limit: z.number().min(1),
  /** What was left at `atMs`; it refills evenly. */
  level: z.number(),
  atMs: z.number(),
  perMs: z.number().min(0),
});
type Bucket = z.infer<typeof bucketSchema>;

export const pacingSchema = z.object({
  pausedUntilMs: z.number(),
  /** When the pause began: what was sent before it tells nothing new by being refused. */
  pausedAtMs: z.number(),
  gapMs: z.number(),
  /** Callers that were told to wait in this pause, by run. */
  waiting: z.record(z.string(), z.int()),
  buckets: z.partialRecord(z.enum(LIMIT_KINDS), bucketSchema),
});
export type Pacing = z.infer<typeof pacingSchema>;

export const NO_PACING: Pacing = { pausedUntilMs: 0, pausedAtMs: 0, gapMs: 250, waiting: {}, buckets: {} };

/** Longest pause, in milliseconds: whoever asks for more is asked again sooner. */
export const PAUSE_MS_MAX = 300_000;
/** Longest time over which those who waited come back. */
const SPREAD_MS_MAX = 30_000;
const GAP_MS_MIN = 20;
const GAP_MS_MAX = 2_000;
/** Runs whose callers are counted apart; the rest shares one count. */
const RUNS_MAX = 64;
/** Of a limit that is at least so full, nothing need be remembered. */
const FULL_ENOUGH = 0.5;
const MINUTE_MS = 60_000;

export interface Needs {
  /** Input that no cache is likely to hold, in tokens: what is read from the cache counts against no limit. */
  readonly inputTokens: number;
}

/** 0: it may go, and has taken what it needs. Else the wait in milliseconds, apart from all others that were told one. */
export function letThrough(
  pacing: Pacing,
  {
    run,
    needs,
    atMs,
    unit,
  }: { readonly run: string; readonly needs: Needs; readonly atMs: number; readonly unit: number },
): { readonly pacing: Pacing; readonly waitMs: number } {
  if (atMs < pacing.pausedUntilMs) return waits(pacing, run, atMs, unit);
  const wanted = { requests: 1, tokens: needs.inputTokens, inputTokens: needs.inputTokens, outputTokens: 1 };
  const known = Object.entries(pacing.buckets) as [LimitKind, Bucket][];
  if (known.length === 0) return { pacing, waitMs: 0 };
  const lackMs = Math.max(...known.map(([kind, bucket]) => lackOf(bucket, wanted[kind], atMs)));
  if (lackMs > 0) return waits(paused(pacing, atMs, lackMs), run, atMs, unit);
  const left = known.flatMap(([kind, bucket]) => {
    const level = levelAt(bucket, atMs) - wanted[kind];
    return level >= bucket.limit * FULL_ENOUGH ? [] : [[kind, { ...bucket, level, atMs }] as const];
  });
  return { pacing: { ...pacing, buckets: Object.fromEntries(left) }, waitMs: 0 };
}

/** Nobody is let through for so long. A pause is never shortened. */
export function paused(pacing: Pacing, atMs: number, forMs: number): Pacing {
  const untilMs = Math.max(pacing.pausedUntilMs, atMs + Math.min(forMs, PAUSE_MS_MAX));
  return { ...pacing, pausedAtMs: atMs, pausedUntilMs: untilMs, waiting: {} };
}

/** What the other side says is what holds. */
export function withSaid(pacing: Pacing, said: LimitsSaid, atMs: number): Pacing {
  const kinds = LIMIT_KINDS.filter((kind) => said[kind] !== undefined);
  if (kinds.length === 0) return pacing;
  const buckets: Record<string, Bucket> = { ...pacing.buckets };
  let changed = false;
  for (const kind of kinds) {
    const { limit, remaining, resetMs } = said[kind] as LimitSaid;
    if (remaining >= limit * FULL_ENOUGH) {
      changed = changed || kind in buckets;
      delete buckets[kind];
      continue;
    }
    const perMs = (limit - remaining) / Math.max(resetMs, 1);
    buckets[kind] = { limit, level: remaining, atMs, perMs };
    changed = true;
  }
  const { requests } = said;
  const gapMs = requests === undefined ? pacing.gapMs : clamped(MINUTE_MS / requests.limit, GAP_MS_MIN, GAP_MS_MAX);
  return changed ? { ...pacing, gapMs, buckets } : pacing;
}

/** Milliseconds until every limit has room for one call more; null where no limit that was said is short. */
export function roomIn(said: LimitsSaid): number | null {
  const short = LIMIT_KINDS.flatMap((kind) => {
    const one = said[kind];
    return one !== undefined && one.remaining < 1 ? [one.resetMs] : [];
  });
  return short.length === 0 ? null : Math.max(...short);
}

export const levelAt = ({ limit, level, atMs, perMs }: Bucket, nowMs: number): number =>
  Math.min(limit, level + perMs * Math.max(0, nowMs - atMs));

/** A call that needs more than there can ever be goes when it is all there. */
function lackOf(bucket: Bucket, wanted: number, atMs: number): number {
  const lack = Math.min(wanted, bucket.limit) - levelAt(bucket, atMs);
  if (lack <= 0) return 0;
  return bucket.perMs > 0 ? Math.max(1, Math.ceil(lack / bucket.perMs)) : MINUTE_MS;
}

/** The first waiting caller of every run comes back first, then each run's second: a large run is not ahead of a small one. */
function waits(pacing: Pacing, run: string, atMs: number, unit: number): { pacing: Pacing; waitMs: number } {
  const { waiting, gapMs, pausedUntilMs } = pacing;
  const name = run in waiting || Object.keys(waiting).length < RUNS_MAX ? run : "";
  const place = waiting[name] ?? 0;
  const runsBefore = place === 0 ? Object.keys(waiting).length : 0;
  const spreadMs = Math.min(SPREAD_MS_MAX, (place * Math.max(1, Object.keys(waiting).length) + runsBefore) * gapMs);
  return {
    pacing: { ...pacing, waiting: { ...waiting, [name]: place + 1 } },
    waitMs: Math.ceil(pausedUntilMs - atMs + spreadMs + unit * Math.max(gapMs, spreadMs / 10)),
  };
}

const clamped = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));
