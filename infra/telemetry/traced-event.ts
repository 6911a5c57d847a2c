/**
 * Where in its run's trace an event belongs. Computed when the event is told to somebody and stored nowhere, so that a log
 * is the same with telemetry and without; events have it only where telemetry is on.
 */
import type { LoggedEvent } from "../../machines/run-event.ts";
import { COORDINATOR_ACTOR } from "../store.ts";
import type { TelemetrySettings } from "./settings.ts";
import { agentPlace, effectPlace, runPlace, type SpanPlace, turnPlace } from "./trace-ids.ts";

export interface TraceFields {
  /** 32 hex digits. */
  readonly trace_id?: string;
  /** 16 hex digits: of the effect it tells of, else of the turn, the agent or the run. */
  readonly span_id?: string;
}

export type TellEvent = (event: LoggedEvent) => LoggedEvent & TraceFields;

/** How events are told by a process with these settings. */
export const tellingEvents = (telemetry: TelemetrySettings | undefined): TellEvent =>
  telemetry === undefined ? (event) => event : traced;

function traced(event: LoggedEvent): LoggedEvent & TraceFields {
  const { trace, span } = placeOf(event);
  return { ...event, trace_id: trace, span_id: span };
}

/** A model call's own span is the SDK's, whose id nobody computes: its events belong to its turn. */
function placeOf(event: LoggedEvent): SpanPlace {
  const { run, actor } = event;
  if (actor === COORDINATOR_ACTOR || actor === "-") return runPlace(run);
  if (OF_TURNS.has(event.type) && "turn" in event) return turnPlace(run, actor, event.turn + 1);
  if (OF_EFFECTS.has(event.type) && "effect" in event) return effectPlace(run, event.effect);
  return agentPlace(run, actor);
}

const OF_TURNS: ReadonlySet<LoggedEvent["type"]> = new Set([
  "model.called",
  "model.answered",
  "model.failed",
  "retry.scheduled",
] as const);

const OF_EFFECTS: ReadonlySet<LoggedEvent["type"]> = new Set([
  ...(["tool.intended", "tool.finished", "tool.failed", "tool.interrupted"] as const),
  ...(["compaction.started", "compaction.done", "compaction.failed"] as const),
]);
