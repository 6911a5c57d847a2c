/** Which events of a run are worth a second look, and which tell of words rather than of deeds. */
import type { LoggedEvent } from "../../machines/run-event.ts";

type EventType = LoggedEvent["type"];

export const LEVELS = ["info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];

const ERRORS: ReadonlySet<EventType> = new Set<EventType>([
  "agent.died",
  "actor.lost",
  "actor.fenced",
  "letter.written",
  "tool.interrupted",
  "budget.refused",
  "run.failed",
  "run.exhausted",
]);

const WARNINGS: ReadonlySet<EventType> = new Set<EventType>([
  "actor.recovered",
  "agent.ended",
  "model.failed",
  "retry.scheduled",
  "breaker.changed",
  "compaction.failed",
  "tool.failed",
  "tool.refused",
  "tool.reconciled",
  "registry.drifted",
  "result.rejected",
  "result.revoked",
  "task.conflicted",
  "proposal.refused",
  "approval.requested",
  "approval.withdrawn",
  "message.unread",
  "run.parked",
  "run.cancelled",
]);

/** Tell that somebody said something: the system log is all the others. */
const SAID: ReadonlySet<EventType> = new Set<EventType>([
  "message.started",
  "message.posted",
  "message.unread",
  "message.taken",
  "question.asked",
  "question.answered",
]);

const levelOf = ({ type }: Pick<LoggedEvent, "type">): Level =>
  ERRORS.has(type) ? "error" : WARNINGS.has(type) ? "warn" : "info";

export const atLeast = (event: Pick<LoggedEvent, "type">, level: Level): boolean =>
  LEVELS.indexOf(levelOf(event)) >= LEVELS.indexOf(level);

export const isSaid = ({ type }: Pick<LoggedEvent, "type">): boolean => SAID.has(type);
