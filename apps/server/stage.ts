/** What every route works with; opened once, with the server. */
import type { HttpBindings } from "@hono/node-server";
import type { Hive } from "../cli/hive.ts";
import type { Counter } from "./counts.ts";
import type { KeptReads } from "./kept-reads.ts";
import type { Moments } from "./moments.ts";
import type { Pulse } from "./pulse.ts";
import type { QueueHistory } from "./queue-history.ts";
import type { RunViews } from "./run-view.ts";
import type { Streams } from "./streams.ts";

export interface Stage {
  readonly hive: Hive;
  readonly pulse: Pulse;
  readonly counts: Counter;
  readonly views: RunViews;
  readonly moments: Moments;
  readonly kept: KeptReads;
  readonly streams: Streams;
  readonly queues: QueueHistory;
  readonly startedAt: string;
}

export interface Bound {
  Bindings: HttpBindings;
}
