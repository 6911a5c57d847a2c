/** Where the page reads from and writes to: a server, or the data inside a report. Everything it shows comes through here. */
import type { ActorAt } from "../../../actors/runtime/actor-at.ts";
import type { LoggedEvent } from "../../../machines/run-event.ts";
import type { ApiCache, ApiRun, ApiRuns, ApiWhy } from "../../server/api.ts";
import type {
  AnswerDone,
  AnswerOrder,
  ApiApprovalDetail,
  ApiApprovals,
  ApiLetterDetail,
  ApiLetters,
  LetterDone,
  RequeueOrder,
  RunDone,
} from "../../server/api-orders.ts";
import type { ApiQueues, ApiStatus } from "../../server/api-swarm.ts";
import type { Scene } from "../chart-scene.ts";

/** What a door refused, in its own words. */
export class SourceError extends Error {
  readonly code: string;
  readonly hint: string | null;
  readonly status: number;
  constructor(status: number, code: string, message: string, hint: string | null) {
    super(message);
    this.code = code;
    this.hint = hint;
    this.status = status;
  }
}

export interface Mailbox {
  readonly mail: number;
  readonly pending: number;
}

export interface Following {
  /** A batch of events, in order; may repeat what was had. */
  readonly onEvents: (events: readonly LoggedEvent[]) => void;
  /** `live`: connected and at the end. `lost`: tries again by itself. `over`: nothing more will come. */
  readonly onState: (state: "loading" | "live" | "lost" | "over", problem?: SourceError) => void;
}

export interface Source {
  /** A report is a file: nothing in it changes, and nothing can be answered. */
  readonly frozen: boolean;
  /** Said where something was left out; "" otherwise. */
  readonly caveat: string;
  readonly status: () => Promise<ApiStatus | null>;
  readonly runs: (after: string | null) => Promise<ApiRuns>;
  /** Without its agents one by one: the log tells them. */
  readonly run: (run: string) => Promise<ApiRun>;
  /** From the beginning of the log, then as it grows; the returned function ends it. */
  readonly follow: (run: string, following: Following) => () => void;
  readonly scene: (machine: string) => Promise<Scene>;
  /** Null where this source cannot tell. */
  readonly actorAt: (run: string, actor: string, seq: number) => Promise<ActorAt | null>;
  /** Those that wait, a page at a time; `after`: as `next` of the page before. */
  readonly approvals: (run: string | null, after: string | null) => Promise<ApiApprovals>;
  readonly approval: (id: string) => Promise<ApiApprovalDetail>;
  readonly answer: (id: string, order: AnswerOrder) => Promise<AnswerDone>;
  readonly letters: (after: string | null) => Promise<ApiLetters>;
  readonly letter: (id: string) => Promise<ApiLetterDetail>;
  readonly requeue: (id: string, order: RequeueOrder) => Promise<LetterDone>;
  readonly drop: (id: string) => Promise<LetterDone>;
  readonly setGoing: (run: string, order: "stop" | "resume") => Promise<RunDone>;
  /** What lies in the mailboxes now, and how many effects are out; agents without either are left out. */
  readonly mailboxes: (run: string) => Promise<ReadonlyMap<string, Mailbox>>;
  /** Null where this source cannot tell. */
  readonly why: (run: string, agent: string | null) => Promise<ApiWhy | null>;
  /** What the prompt cache did, call by call. Null where this source cannot tell. */
  readonly cache: (run: string) => Promise<ApiCache | null>;
  readonly queues: () => Promise<ApiQueues | null>;
}
