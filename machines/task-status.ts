/** What a task can be, and when it is over. */
import type { ResultStatus } from "./effect.ts";

/**
 * `resting`: an attempt failed, and the next one waits its time. `joining`: verified, and its work is not in the run's tree
 * yet. `reading`: verified, and what it proposes or says is not decided yet. `replanning`: it failed, and others are sought
 * for its place. `replaced`: others have it.
 */
export type TaskStatus =
  | "planned"
  | "running"
  | "resting"
  | "joining"
  | "reading"
  | "replanning"
  | "replaced"
  | "skipped"
  | ResultStatus;

export const CLOSED: ReadonlySet<TaskStatus> = new Set<TaskStatus>([
  "verified",
  "rejected",
  "failed",
  "exhausted",
  "cancelled",
  "skipped",
  "replaced",
]);
