/** What the end of a log says of those that wait: since when, for which effect, and what was told to them in vain. */
import type { LoggedEvent } from "../../../machines/run-event.ts";
import type { ReadEntry } from "../run-log.ts";
import type { LogFacts, Told } from "./facts.ts";

export async function logFacts(entries: AsyncIterable<Pick<ReadEntry, "raw" | "events">>): Promise<LogFacts> {
  const since = new Map<string, Told>();
  const begun = new Map<string, Told>();
  const failed = new Map<string, Told & { reason: string; message: string }>();
  const refused = new Map<string, Told[]>();
  let beforeRefusal: number | null = null;
  let parked: Told | null = null;
  for await (const { raw, events } of entries) {
    for (const event of events) {
      const told = { seq: event.seq, at: event.at };
      if (event.type === "run.parked") parked = told;
      if (event.type === "run.resumed") parked = null;
      if (event.type === "budget.refused") beforeRefusal ??= raw.firstSeq - 1;
      if (event.type === "agent.state" || event.type === "agent.forked") {
        since.set(event.actor, told);
        refused.delete(event.actor);
      }
      if (isBegun(event)) begun.set(event.effect, told);
      if (event.type === "model.answered") failed.delete(event.actor);
      if (event.type === "model.failed")
        failed.set(event.actor, { ...told, reason: event.reason, message: event.message });
      if (event.type === "message.taken" && !event.changed) {
        refused.set(event.actor, [...(refused.get(event.actor) ?? []), told].slice(-100));
      }
    }
  }
  return { since, begun, failed, refused, beforeRefusal, parked };
}

const isBegun = (event: LoggedEvent): event is Extract<LoggedEvent, { type: "model.called" | "tool.intended" }> =>
  event.type === "model.called" || event.type === "tool.intended";
