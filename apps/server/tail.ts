/** One reader's place in the log of a run: whatever was told before it is never told again, and nothing behind it is left out. */
import { readEntry } from "../../actors/runtime/run-log.ts";
import type { Reader } from "../../infra/redis/reader.ts";
import type { TellEvent } from "../../infra/telemetry/traced-event.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";

export interface Tail {
  readonly run: string;
  /** Of the newest event that was told. */
  position(): number;
  /** What comes next, in order; none where the log is at its end. Throws UnreadableEntryError, and then always. */
  next(ask: <Answer>(question: () => Promise<Answer>) => Promise<Answer>): Promise<readonly LoggedEvent[]>;
}

/** The entry that has an event in it may begin before it: most tell fewer events than the one, none as many as the other. */
const ENTRY_EVENTS = 32;
const ENTRY_EVENTS_MAX = 1_000;

export function tailOf(reader: Pick<Reader, "log">, run: string, after: number, tell: TellEvent): Tail {
  let told = after;
  let read = Math.max(0, after - ENTRY_EVENTS);
  let begun = false;
  return {
    run,
    position: () => told,
    async next(ask) {
      for (;;) {
        const batch = await ask(() => reader.log(run, read));
        // Where none of these begins at the next event or before it, the one that holds it begins further back.
        if (!begun && read > 0 && (batch[0]?.firstSeq ?? Number.POSITIVE_INFINITY) > after + 1) {
          begun = true;
          read = Math.max(0, after - ENTRY_EVENTS_MAX);
          continue;
        }
        begun = true;
        if (batch.length === 0) return [];
        const events: LoggedEvent[] = [];
        for (const raw of batch) {
          const entry = entryOrNone(raw, events.length > 0);
          // What can be read before the damage is told first.
          if (entry === null) break;
          events.push(...entry.events.filter(({ seq }) => seq > told).map(tell));
          read = Math.max(read, raw.firstSeq + Math.max(0, entry.events.length - 1));
        }
        told = events.at(-1)?.seq ?? told;
        if (events.length > 0) return events;
      }
    },
  };
}

function entryOrNone(raw: Parameters<typeof readEntry>[0], later: boolean): ReturnType<typeof readEntry> | null {
  try {
    return readEntry(raw);
  } catch (cause) {
    if (later) return null;
    throw cause;
  }
}
