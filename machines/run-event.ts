/**
 * Everything a run tells the world, as one versioned union. The command line, the page and `--jsonl` all read these
 * from the run's log; a commit carries its events, and the script numbers them without gaps.
 */
import { z } from "zod";
import { lifeEvents } from "./events/life.ts";
import { memoryEvents } from "./events/memory.ts";
import { modelEvents } from "./events/model.ts";
import { toolEvents } from "./events/tool.ts";
import { workEvents } from "./events/work.ts";

export const runEventSchema = z.discriminatedUnion("type", [
  ...lifeEvents,
  ...memoryEvents,
  ...modelEvents,
  ...toolEvents,
  ...workEvents,
]);

export type RunEvent = z.infer<typeof runEventSchema>;
export const RUN_ENDINGS: ReadonlySet<string> = new Set([
  "run.completed",
  "run.failed",
  "run.exhausted",
  "run.cancelled",
]);

/** An event as readers see it: numbered by the run, dated by Redis, signed by its actor. */
export type LoggedEvent = RunEvent & {
  readonly v: 1;
  readonly seq: number;
  readonly at: string;
  readonly run: string;
  readonly actor: string;
};
