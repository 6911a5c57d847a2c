/** Waits a moment for a coordinator to take a result back, and reads from its log what it did in that one step. */
import { setTimeout as sleep } from "node:timers/promises";
import { entriesOf } from "../../../actors/runtime/run-log.ts";
import type { Reader } from "../../../infra/redis/reader.ts";
import type { LoggedEvent } from "../../../machines/run-event.ts";

export interface Taken {
  readonly results: readonly { readonly result: string; readonly task: string }[];
  /** Ids of agents that were taken out of their lives. */
  readonly stopped: readonly string[];
}

const LOOK_MS = 100;

/** Null where it was not done within `waitMs`. */
export async function awaited(
  reader: Pick<Reader, "log">,
  run: string,
  { result, afterSeq, waitMs }: { readonly result: string; readonly afterSeq: number; readonly waitMs: number },
): Promise<Taken | null> {
  const untilMs = performance.now() + waitMs;
  for (let from = afterSeq; ; await sleep(LOOK_MS)) {
    for await (const { events } of entriesOf(reader, run, from)) {
      const taken = takenIn(events, result);
      if (taken !== null) return taken;
      from = events.at(-1)?.seq ?? from;
    }
    if (performance.now() >= untilMs) return null;
  }
}

/** What one step of the coordinator took back for the sake of `root`; null where it took nothing back. Pure. */
export function takenIn(events: readonly LoggedEvent[], root: string): Taken | null {
  const results = events.flatMap((event) =>
    event.type === "result.revoked" && event.root === root ? [{ result: event.result, task: event.task }] : [],
  );
  if (results.length === 0) return null;
  return { results, stopped: events.flatMap((event) => (event.type === "actor.fenced" ? [event.fenced] : [])) };
}
