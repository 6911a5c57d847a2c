/** The log as readers want it: one event after the other, numbered without gaps, dated by Redis. */
import { z } from "zod";
import { SwarmError } from "../../infra/errors.ts";
import type { RawEntry, Reader } from "../../infra/redis/reader.ts";
import { type ActorBase, actorBaseSchema } from "../../machines/base-state.ts";
import { type LogEntry, logEntrySchema } from "../../machines/log-entry.ts";
import { type LoggedEvent, type RunEvent, runEventSchema } from "../../machines/run-event.ts";

/**
 * What the runtime writes where no actor took a step (parked, resumed, quarantined, forked): events and nothing to fold.
 * In a fork, each actor's notice carries the state it starts from.
 */
const noticeSchema = z.object({
  v: z.literal(1),
  events: z.array(runEventSchema),
  base: actorBaseSchema.optional(),
});

/** An entry that is not one of ours: damaged, or written by another version. */
export class UnreadableEntryError extends SwarmError {
  readonly seq: number;
  readonly member: string;
  constructor({ firstSeq, member }: RawEntry, cause: unknown) {
    super("log.unreadable", `the log entry at event ${firstSeq} cannot be read`, {
      cause,
      hint: "It was damaged, or written by another version of statehive.",
    });
    this.seq = firstSeq;
    this.member = member;
  }
}

export interface ReadEntry {
  readonly raw: RawEntry;
  readonly run: string;
  readonly actor: string;
  readonly type: string;
  /** Null for a notice. */
  readonly step: LogEntry | null;
  /** What the actor of a forked run starts from; null everywhere else. */
  readonly base: ActorBase | null;
  readonly events: readonly LoggedEvent[];
}

/** Throws UnreadableEntryError: a log is never guessed at. */
export function readEntry(raw: RawEntry): ReadEntry {
  try {
    return parsedEntry(raw);
  } catch (cause) {
    throw new UnreadableEntryError(raw, cause);
  }
}

function parsedEntry(raw: RawEntry): ReadEntry {
  const [run = "", actor = "", type = ""] = raw.member.split("/");
  const body = JSON.parse(raw.body) as { cause?: unknown };
  const step = body.cause === undefined ? null : logEntrySchema.parse(body);
  const notice = step === null ? noticeSchema.parse(body) : null;
  const told: readonly RunEvent[] = step?.events ?? notice?.events ?? [];
  const granted = grantsOf(raw.grants);
  const events = told.map(
    (event, index): LoggedEvent => ({
      v: 1,
      seq: raw.firstSeq + index,
      at: new Date(raw.atMs).toISOString(),
      run,
      actor,
      ...withGrant(event, granted),
    }),
  );
  return { raw, run, actor, type, step, base: notice?.base ?? null, events };
}

/** What was asked for is in the entry; what was granted only the script knew. */
function withGrant(event: RunEvent, granted: ReadonlyMap<string, { tokens: number; nanoUsd: number }>): RunEvent {
  if (event.type !== "budget.reserved") return event;
  const grant = granted.get(event.effect);
  return grant === undefined ? event : { ...event, ...grant };
}

function grantsOf(text: string | null): ReadonlyMap<string, { tokens: number; nanoUsd: number }> {
  if (text === null) return new Map();
  return new Map(
    text.split(",").map((one) => {
      const [effect = "", , tokens, nanoUsd] = one.split(" ");
      return [effect, { tokens: Number(tokens), nanoUsd: Number(nanoUsd) }];
    }),
  );
}

/** The whole log so far, entry by entry. */
export async function* entriesOf(reader: Pick<Reader, "log">, run: string, afterSeq = 0): AsyncGenerator<ReadEntry> {
  let last = afterSeq;
  for (;;) {
    const batch = await reader.log(run, last);
    if (batch.length === 0) return;
    for (const raw of batch) {
      const entry = readEntry(raw);
      yield entry;
      last = Math.max(last, raw.firstSeq + Math.max(0, entry.events.length - 1));
    }
  }
}

export interface FollowOptions {
  readonly afterSeq?: number;
  readonly signal: AbortSignal;
  /** Asked whenever nothing came for a second: false ends the following. */
  readonly goOn?: () => Promise<boolean>;
}

/** The log as it grows, until the signal, or until `goOn` says no. */
export async function* followLog(
  reader: Pick<Reader, "follow">,
  run: string,
  options: FollowOptions,
): AsyncGenerator<ReadEntry> {
  const { signal, goOn } = options;
  let last = options.afterSeq ?? 0;
  while (!signal.aborted) {
    const batch = await reader.follow(run, last, 1_000);
    if (batch.length === 0 && goOn !== undefined && !(await goOn())) return;
    for (const raw of batch) {
      const entry = readEntry(raw);
      yield entry;
      last = Math.max(last, raw.firstSeq + Math.max(0, entry.events.length - 1));
    }
  }
}
