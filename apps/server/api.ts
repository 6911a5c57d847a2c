/**
 * Every answer of the server and every order it takes, as types: the page is built against these, and so are scripts. All
 * of it is JSON under `/api`; times are ISO 8601, money is US dollars (null: unknown), `v` is 1. Types only: nothing here runs.
 */

import type { ActorAt } from "../../actors/runtime/actor-at.ts";
import type { CacheLedger } from "../../actors/runtime/cache-ledger.ts";
import type { RunDocument } from "../../actors/runtime/run-document.ts";
import type { Cause } from "../../actors/runtime/why.ts";
import type { LoggedEvent } from "../../machines/run-event.ts";
import type { costOfRun } from "../orders/project-run.ts";
import type { ApiCounts } from "./api-swarm.ts";

/** Body of every answer with a status of 400 and above; the same fields as the command line's. */
export interface ApiError {
  readonly v: 1;
  readonly error: {
    /** Stable and dotted: `auth.required`, `run.unknown`, `approval.forged`, `redis.down` … */
    readonly code: string;
    readonly message: string;
    readonly hint: string | null;
    readonly retryable: boolean;
  };
}

/** `GET /api/runs?limit=50&after=RUN` (limit at most 200): newest first. */
export interface ApiRuns {
  readonly v: 1;
  readonly runs: readonly ApiRunRow[];
  readonly workers: readonly { readonly id: string; readonly types: readonly string[]; readonly active: number }[];
  /** Of all runs that Redis knows, those too that are not listed any more: 200 are, at most. */
  readonly total: number;
  /** To be given as `after` for the next page; null: that was the last one that is listed. */
  readonly next: string | null;
}

export interface ApiRunRow {
  readonly runId: string;
  readonly status: RunDocument["status"];
  /** True where nobody has anything to do until somebody answers. */
  readonly waits: boolean;
  readonly agents: number;
  readonly startedAt: string;
  readonly updatedAt: string;
  readonly goal: string;
  /** Its model was played by a server of this project: none of its figures is one of a real model. */
  readonly simulated: boolean;
}

/**
 * `GET /api/runs/:id`: what `swarm show --json` prints, and where its log stands; with `?brief=1` without what the log tells of
 * it: `agents`, `spending.agents` and `approvals` are empty then, and `cost` is left out. Of a large run it may be some seconds old.
 */
export interface ApiRun extends RunDocument {
  /** What it cost, and what it may still cost; a report that was written down has none. */
  readonly cost?: Awaited<ReturnType<typeof costOfRun>>;
  readonly goal: string;
  readonly kind: string;
  readonly model: string;
  readonly startedAt: string;
  readonly updatedAt: string;
  /** Number of its newest event. */
  readonly seq: number;
}

/**
 * `GET /api/runs/:id/agents?after=AGENT&limit=500` (limit at most 2,000): the tree, in the order of birth; parents stand
 * before their children. Counted from the log up to `seq`; `mail` and `pending` are as Redis has them now.
 */
export interface ApiAgents {
  readonly v: 1;
  readonly runId: string;
  /** Of the log that this was counted from: follow the events from here on. */
  readonly seq: number;
  readonly total: number;
  readonly agents: readonly ApiAgent[];
  readonly next: string | null;
}

export interface ApiAgent {
  readonly id: string;
  readonly type: string;
  readonly task: string;
  /** Who gave it its task; null for the coordinator. */
  readonly parent: string | null;
  /** `explore@1#8817886a`; "" before its first step. It names the chart: `GET /api/machines/:name/scene`, encoded. */
  readonly machine: string;
  /** Path of the state as the events `agent.state` tell it; "" before the first step. */
  readonly state: string;
  /** When it entered that state, and the number of the event that says so. */
  readonly since: string;
  readonly sinceSeq: number;
  /** Of its last step. */
  readonly steps: number;
  readonly mail: number;
  /** Effects that are out: model calls, tools, checks. */
  readonly pending: number;
  /** Of its newest answer; null before it. */
  readonly model: string | null;
  readonly modelCalls: number;
  /** Settled, by the log. */
  readonly tokens: number;
  readonly costUsd: number | null;
  /** Reserved for calls that are out. */
  readonly heldTokens: number;
  /** Share of the input that was read from the cache, 0 to 1; null where nobody told of a cache. */
  readonly cacheShare: number | null;
  /** Its own share of the run's budget; null where it has none, or another one is not told. */
  readonly tokensMax: number | null;
  /** Taken out of its life, or dead: why; null while it lives. */
  readonly over: string | null;
  /** Approvals that it waits for. */
  readonly asks: readonly string[];
}

/** `GET /api/runs/:id/mail`: who has something before it now; whoever has nothing is left out. 2,000 at most. */
export interface ApiMail {
  readonly v: 1;
  readonly runId: string;
  readonly agents: readonly {
    readonly id: string;
    readonly mail: number;
    /** Effects that are out. */
    readonly pending: number;
  }[];
  readonly more: boolean;
}

/**
 * `GET /api/runs/:id/actors/:actor?at=N`: one actor at its last step that had begun by event N (absent: its newest), with
 * the state before it and the edges that were taken, by folding its own entries alone. 404 where it had not begun.
 */
export interface ApiActor extends ActorAt {
  readonly v: 1;
  readonly runId: string;
  readonly actor: string;
}

/** `GET /api/runs/:id/log?after=0&limit=500&type=a,b` (limit at most 5,000): the same events as the stream, a page of them. */
export interface ApiLog {
  readonly v: 1;
  readonly runId: string;
  readonly events: readonly LoggedEvent[];
  /** Newest event that was looked at: give it as `after`. */
  readonly last: number;
  /** True: there was more. */
  readonly more: boolean;
}

/**
 * `GET /api/runs/:id/events?after=SEQ` (SSE): every event of one run, then as they come. `id` is its number; a browser
 * sends it again as `Last-Event-ID`, and nothing is lost or repeated. Messages without a type (`onmessage`), data {@link LoggedEvent}.
 *
 * `GET /api/events?runs=r_1:12,r_2:0` (SSE, 8 runs at most; none: the hive alone): one stream for a whole tab. `id` says how far each
 * run has got. Messages without a type are events ({@link LoggedEvent}; `run` says whose); type `hive`: {@link HiveNews}. Both send a comment
 * every 15 s. Type `gone`: a run that is not there any more, data `{"runId"}`. Where an entry cannot be read, `unreadable`,
 * data `{"runId","seq","message"}`, and the run is told no further.
 */
export interface HiveNews {
  readonly v: 1;
  readonly now: string;
  readonly redis: "up" | "down";
  /** Sent when the stream begins, when Redis goes or comes back, and when the counts have changed; null: cannot be asked. */
  readonly counts: ApiCounts | null;
}

/** `GET /api/runs/:id/blobs/:sha256?offset=0`: a long output as it was, as text/plain, 1 MB at a time; `X-Total-Bytes` says how much there is. */

/** `GET /api/runs/:id/cache`: what `swarm show --cache --json` prints. */
export type ApiCache = CacheLedger;

/** `GET /api/runs/:id/why?agent=AGENT`: what `swarm why --json` prints. */
export interface ApiWhy {
  readonly v: 1;
  readonly runId: string;
  readonly agent: string | null;
  /** What has to be undone first stands first; 100 at most. */
  readonly causes: readonly Cause[];
  /** There may be more than are told. */
  readonly more: boolean;
}
