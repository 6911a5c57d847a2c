/**
 * What all workers share of one resource: the breaker's chart, its pacing, and which runs were told of it. Pure: a record
 * and a fact give the next record; who reads and writes it is elsewhere.
 */
import { z } from "zod";
import {
  type BreakerContext,
  type BreakerEvent,
  type BreakerInput,
  breakerMachine,
} from "../../machines/breaker-machine.ts";
import { type ActorState, dehydrate, fold, rehydrate, statePath } from "../../machines/fold.ts";
import {
  type LimitKind,
  type LimitsSaid,
  letThrough,
  levelAt,
  type Needs,
  NO_PACING,
  PAUSE_MS_MAX,
  type Pacing,
  pacingSchema,
  paused,
  roomIn,
  withSaid,
} from "./pacing.ts";
import type { BreakerView, LimitView } from "./views.ts";

/** `breaker@2`: a record that another version wrote is begun anew. */
const MACHINE = `breaker@${breakerMachine.version}`;

const recordSchema = z.object({
  machine: z.literal(MACHINE),
  snapshot: z.object({ status: z.string(), value: z.unknown(), context: z.record(z.string(), z.unknown()) }),
  reason: z.string().max(200).nullable(),
  pacing: pacingSchema,
  /** Runs whose log says that it is not closed, with the state it says. */
  told: z.record(z.string(), z.string()),
});

export interface BreakerRecord {
  readonly state: ActorState;
  readonly reason: string | null;
  readonly pacing: Pacing;
  readonly told: Readonly<Record<string, string>>;
}

/** Runs that are told of changes, at most; the oldest is forgotten, and not told that it closed. */
const TOLD_RUNS_MAX = 200;
const REASON_CHARS_MAX = 200;

/** Null where there is none that this version can read. */
export function recordFrom(text: string | null): BreakerRecord | null {
  if (text === null || text === "") return null;
  try {
    const parsed = recordSchema.parse(JSON.parse(text));
    const state = rehydrate(breakerMachine, { snapshot: parsed.snapshot, timers: {} } as ActorState);
    return { state, reason: parsed.reason, pacing: parsed.pacing, told: parsed.told };
  } catch {
    return null; // advisory: what cannot be read is begun anew
  }
}

export function textOf({ state, reason, pacing, told }: BreakerRecord): string {
  return JSON.stringify({ machine: MACHINE, snapshot: dehydrate(state).snapshot, reason, pacing, told });
}

export const newRecord = (input: BreakerInput): BreakerRecord => ({
  state: fold(breakerMachine, null, { version: 1, cause: { input } }).state,
  reason: null,
  pacing: NO_PACING,
  told: {},
});

/** A change of the breaker that the run's log does not know of yet. */
export interface Seen {
  readonly from: string;
  readonly to: string;
}

export interface Asked {
  readonly by: string;
  readonly run: string;
  readonly needs: Needs;
  readonly atMs: number;
  /** From 0 to 1: the same call waits the same, different ones differently. */
  readonly unit: number;
}

export type Verdict =
  | { readonly go: true; readonly probe: boolean }
  | {
      readonly go: false;
      readonly why: "open" | "paced";
      readonly waitMs: number;
      readonly reason: string | null;
      /** Milliseconds since it is not closed; 0 where it is. */
      readonly troubledMs: number;
    };

export interface Step<Answer> {
  readonly record: BreakerRecord;
  readonly answer: Answer;
  readonly seen: Seen | null;
}

/** Longest spread behind a rest, in milliseconds. */
const SPREAD_MS_MAX = 30_000;

export function asked(record: BreakerRecord, call: Asked): Step<Verdict> {
  const { by, run, atMs, unit } = call;
  const after = folded(record, { type: "call.asked", by, at: atMs });
  const { coolingFirstMs, probe } = contextOf(after);
  const path = statePath(after.state);
  if (path !== "closed" && probe !== by) {
    // While a probe is out the rest looks again later.
    const waitMs = path === "open" ? restLeft(after, call) : coolingFirstMs * (0.5 + unit / 2);
    const answer: Verdict = {
      go: false,
      why: "open",
      waitMs: Math.ceil(waitMs),
      reason: after.reason,
      troubledMs: troubleOf(after, atMs),
    };
    return toldTo(run, after, answer);
  }
  // A probe obeys the limits too: where it may not go, it takes nobody's place.
  const through = letThrough(after.pacing, call);
  if (through.waitMs > 0) {
    const kept = { ...(probe === by ? folded(after, { type: "call.gone", by }) : after), pacing: through.pacing };
    return toldTo(run, kept, {
      go: false,
      why: "paced",
      waitMs: through.waitMs,
      reason: "rate_limited",
      troubledMs: 0,
    });
  }
  return toldTo(run, withPacing(after, through.pacing), { go: true, probe: path === "halfOpen" });
}

export interface Ended {
  readonly by: string;
  readonly run: string;
  readonly atMs: number;
  /** When it was let through. */
  readonly begunAtMs: number;
  readonly how: "well" | "failed" | "limited" | "gone";
  /** Why it failed, in a word. */
  readonly reason?: string;
  readonly said?: LimitsSaid;
  readonly retryAfterMs?: number;
}

/** A refusal that names no time is followed by a pause of this length, doubled with each in a row. */
const PAUSE_FIRST_MS = 1_000;
const PAUSE_LAST_MS = 30_000;

export function ended(record: BreakerRecord, end: Ended): Step<null> {
  const { by, atMs, begunAtMs, how, said = {} } = end;
  const paced = withPacing(record, withSaid(record.pacing, said, atMs));
  if (how === "gone") return toldTo(end.run, folded(paced, { type: "call.gone", by }), null);
  if (how === "well") return toldTo(end.run, folded(paced, { type: "call.succeeded", by, at: atMs }), null);
  const reason = (end.reason ?? how).slice(0, REASON_CHARS_MAX);
  const failure: BreakerEvent = { type: "call.failed", by, at: atMs, begunAt: begunAtMs };
  const failed = (): BreakerRecord => {
    const after = folded(paced, failure);
    return after === paced ? paced : { ...after, reason };
  };
  if (how === "failed") return toldTo(end.run, failed(), null);
  // Refused together, they tell of one trouble: only a call that was sent after the pause began is one failure more.
  const isNews = begunAtMs >= record.pacing.pausedAtMs || contextOf(record).probe === by;
  const counted = isNews ? failed() : paced;
  const row = contextOf(counted).failures;
  const wishMs = end.retryAfterMs ?? roomIn(said) ?? Math.min(PAUSE_LAST_MS, PAUSE_FIRST_MS * 2 ** Math.min(row, 10));
  if (!isNews && atMs + wishMs <= record.pacing.pausedUntilMs) return toldTo(end.run, counted, null);
  return toldTo(end.run, withPacing(counted, paused(counted.pacing, atMs, Math.min(wishMs, PAUSE_MS_MAX))), null);
}

/** Milliseconds since it is not closed; 0 where it is. */
export function troubleOf(record: BreakerRecord, atMs: number): number {
  const { troubledAtMs } = contextOf(record);
  return troubledAtMs === 0 ? 0 : Math.max(0, atMs - troubledAtMs);
}

/** Whether anything ever went well there, as far as is remembered. */
export const wasWell = (record: BreakerRecord | null): boolean => record !== null && contextOf(record).wellAtMs > 0;

/** Milliseconds until it has cooled, a little more for each that waits, so that they come one after the other; 0 where it does not rest. */
export function restLeft(
  record: BreakerRecord,
  { atMs, unit }: { readonly atMs: number; readonly unit: number },
): number {
  if (statePath(record.state) !== "open") return 0;
  const { coolsAtMs, coolingMs } = contextOf(record);
  return Math.ceil(Math.max(0, coolsAtMs - atMs) + unit * Math.min(SPREAD_MS_MAX, coolingMs / 4));
}

/** Milliseconds until the present pause is over, for a call of this run, apart from the others. */
export function pauseLeft(
  record: BreakerRecord,
  call: { readonly run: string; readonly atMs: number; readonly unit: number },
): { readonly record: BreakerRecord; readonly waitMs: number } {
  if (call.atMs >= record.pacing.pausedUntilMs) return { record, waitMs: 0 };
  const { pacing, waitMs } = letThrough(record.pacing, { ...call, needs: { inputTokens: 0 } });
  return { record: { ...record, pacing }, waitMs };
}

export function breakerView(name: string, record: BreakerRecord, nowMs: number): BreakerView {
  const { failures, troubledAtMs, coolsAtMs } = contextOf(record);
  const state = statePath(record.state) as BreakerView["state"];
  return {
    name,
    state,
    failures,
    sinceAt: troubledAtMs === 0 ? null : new Date(troubledAtMs).toISOString(),
    waitMs: state === "open" ? Math.max(0, Math.ceil(coolsAtMs - nowMs)) : 0,
    reason: record.reason,
  };
}

/** Null where nothing is limited there. */
export function limitView(name: string, { pacing }: BreakerRecord, nowMs: number): LimitView | null {
  const pausedMs = Math.max(0, Math.ceil(pacing.pausedUntilMs - nowMs));
  const buckets = Object.entries(pacing.buckets) as [LimitKind, Pacing["buckets"][LimitKind] & object][];
  const left = buckets.flatMap(([kind, bucket]) => {
    const remaining = Math.max(0, Math.floor(levelAt(bucket, nowMs)));
    if (remaining >= bucket.limit) return [];
    const resetInMs = bucket.perMs > 0 ? Math.ceil((bucket.limit - remaining) / bucket.perMs) : PAUSE_MS_MAX;
    return [[kind, { limit: bucket.limit, remaining, resetInMs }] as const];
  });
  if (pausedMs === 0 && left.length === 0) return null;
  const waiting = pausedMs === 0 ? 0 : Object.values(pacing.waiting).reduce((sum, count) => sum + count, 0);
  return { name, pausedMs, waiting, ...Object.fromEntries(left) };
}

function folded(record: BreakerRecord, event: BreakerEvent): BreakerRecord {
  const { state, changed } = fold(breakerMachine, record.state, { version: 1, cause: { event } });
  return changed ? { ...record, state } : record;
}

const withPacing = (record: BreakerRecord, pacing: Pacing): BreakerRecord =>
  pacing === record.pacing ? record : { ...record, pacing };

/** Each run hears of each change once, whichever worker its calls are on. */
function toldTo<Answer>(run: string, record: BreakerRecord, answer: Answer): Step<Answer> {
  const from = record.told[run] ?? "closed";
  const to = statePath(record.state);
  if (from === to) return { record, answer, seen: null };
  const { [run]: _, ...others } = record.told;
  const kept = Object.entries(others).slice(-(TOLD_RUNS_MAX - 1));
  const told = Object.fromEntries(to === "closed" ? kept : [...kept, [run, to]]);
  return { record: { ...record, told }, answer, seen: { from, to } };
}

const contextOf = ({ state }: BreakerRecord): BreakerContext => state.snapshot.context as unknown as BreakerContext;
