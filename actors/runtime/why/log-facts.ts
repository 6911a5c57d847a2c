/** What the end of a log says of those that wait: since when, for which effect, and what was told to them in vain. */
import type { LoggedEvent } from "../../../machines/run-event.ts";
import type { ReadEntry } from "../run-log.ts";
import type { Death, LogFacts, Told } from "./facts.ts";

export async function logFacts(entries: AsyncIterable<Pick<ReadEntry, "raw" | "events">>): Promise<LogFacts> {
  const since = new Map<string, Told>();
  const begun = new Map<string, Told>();
  const failed = new Map<string, Told & { reason: string; message: string }>();
  const refused = new Map<string, Told[]>();
  const lost = new Map<string, Death>();
  const plugins = new Map<string, Told>();
  let beforeRefusal: number | null = null;
  let outOfTurns: LogFacts["outOfTurns"] = null;
  let parked: LogFacts["parked"] = null;
  for await (const { raw, events } of entries) {
    for (const event of events) {
      const told = { seq: event.seq, at: event.at };
      if (event.type === "run.parked") parked = { ...told, reason: event.reason };
      if (event.type === "run.resumed") parked = null;
      if (event.type === "budget.refused") beforeRefusal ??= raw.firstSeq - 1;
      const turnsMax = turnsUsed(event);
      if (turnsMax !== null) outOfTurns ??= { before: raw.firstSeq - 1, turnsMax };
      const server = serverOf(event);
      if (server !== null) plugins.set(server, told);
      if (event.type === "agent.state" || event.type === "agent.forked") {
        since.set(event.actor, told);
        refused.delete(event.actor);
      }
      if (event.type === "actor.lost") lost.set(event.actor, { ...told, reason: event.reason, effects: event.effects });
      if (event.type === "actor.recovered") lost.delete(event.actor);
      if (isBegun(event)) begun.set(event.effect, told);
      if (event.type === "model.answered") failed.delete(event.actor);
      if (event.type === "model.failed")
        failed.set(event.actor, { ...told, reason: event.reason, message: event.message });
      if (event.type === "message.taken" && !event.changed) {
        refused.set(event.actor, [...(refused.get(event.actor) ?? []), told].slice(-100));
      }
    }
  }
  return { since, begun, failed, refused, beforeRefusal, outOfTurns, lost, plugins, parked };
}

const isBegun = (event: LoggedEvent): event is Extract<LoggedEvent, { type: "model.called" | "tool.intended" }> =>
  event.type === "model.called" || event.type === "tool.intended";

/** As the agent's chart says it of an agent that comes to the end of its turns. */
const TURNS_USED = /^turns: all (\d+) used\b/;

function turnsUsed(event: LoggedEvent): number | null {
  if (event.type !== "result.rejected") return null;
  const said = event.reasons.flatMap((reason) => TURNS_USED.exec(reason)?.[1] ?? [])[0];
  return said === undefined ? null : Number(said);
}

/** A plugin's tool is named after its server. */
const serverOf = (event: LoggedEvent): string | null =>
  event.type === "tool.intended" || event.type === "tool.failed"
    ? (/^mcp__(.+?)__/.exec(event.tool)?.[1] ?? null)
    : null;
