/** Everything that is looked at to say why a run, or one of its agents, does not move. Types only: `apps/orders/why-facts.ts` gathers it. */
import type { SwarmBreakers } from "../../../infra/breaker/views.ts";
import type { LeftEffect } from "../../../machines/events/death.ts";
import type { RunDocument, ShownApproval } from "../run-document.ts";
import type { ShownBudget } from "../spending.ts";

export interface WhyFacts {
  readonly run: string;
  /** Redis's clock. */
  readonly nowMs: number;
  readonly status: RunDocument["status"];
  /** Why it is held; null where it is not. */
  readonly hold: string | null;
  readonly reasons: readonly string[];
  /** Whose access to a model it was begun with. */
  readonly binding: string;
  readonly agents: readonly AgentFacts[];
  readonly tasks: readonly TaskFacts[];
  /** Those that wait for an answer. */
  readonly approvals: readonly AskedFacts[];
  readonly timers: readonly TimerFacts[];
  readonly letters: readonly LetterFacts[];
  readonly known: SwarmBreakers;
  readonly workers: readonly WorkerFacts[];
  /** Workers are started by whoever commands, not by somebody else's service. */
  readonly ownWorkers: boolean;
  readonly stranded: readonly string[];
  readonly budget: ShownBudget;
  readonly log: LogFacts;
}

export interface AskedFacts
  extends Pick<ShownApproval, "id" | "agent" | "tool" | "risk" | "rule" | "reason" | "askedAt"> {
  /** The one that says yes. */
  readonly command: string;
}

export interface AgentFacts {
  readonly id: string;
  readonly type: string;
  readonly task: string;
  /** Path of its state; "" before its first step. */
  readonly state: string;
  /** Its chart has come to an end. */
  readonly ended: boolean;
  readonly fenced: string | null;
  /** Failed attempts at the call that is due. */
  readonly attempt: number;
  readonly reasons: readonly string[];
  /** What it asked its parent and was not told yet. */
  readonly questions: readonly string[];
  readonly mail: number;
  readonly pending: readonly PendingFacts[];
}

export interface PendingFacts {
  readonly id: string;
  /** `model.call`, `tool.run` … */
  readonly type: string;
  readonly tool: string | null;
}

export interface TaskFacts {
  readonly id: string;
  readonly status: string;
  readonly attempt: number;
}

export interface TimerFacts {
  readonly actor: string;
  readonly id: string;
  readonly dueMs: number;
}

export interface LetterFacts {
  readonly id: string;
  readonly actor: string;
  readonly task: string | null;
  readonly reason: string;
  readonly atMs: number;
}

export interface WorkerFacts {
  readonly id: string;
  readonly types: readonly string[];
  readonly bindings: readonly string[];
}

/** An event that a cause stands on. */
export interface Told {
  readonly seq: number;
  readonly at: string;
}

/** What was known of an agent when it was found. */
export interface Death extends Told {
  readonly reason: string;
  /** What it had out: of none of it anybody has told the agent how it came out. */
  readonly effects: readonly LeftEffect[];
}

/** Of the log's end, as far as it was read. */
export interface LogFacts {
  /** Newest step of each agent from one state to another. */
  readonly since: ReadonlyMap<string, Told>;
  /** When each effect that is named in `pending` was begun. */
  readonly begun: ReadonlyMap<string, Told>;
  /** What the model's server said last where it failed, by agent; gone with the next answer. */
  readonly failed: ReadonlyMap<string, Told & { readonly reason: string; readonly message: string }>;
  /** Messages that changed nothing in the state that the agent is in now. */
  readonly refused: ReadonlyMap<string, readonly Told[]>;
  /** Last event before the step in which the budget was refused; null: it was not. */
  readonly beforeRefusal: number | null;
  /** The first step in which an agent had no turn left: last event before it, and the turns that it had; null: there was none. */
  readonly outOfTurns: { readonly before: number; readonly turnsMax: number } | null;
  /** Agents that were found dead and that no worker has taken up since. */
  readonly lost: ReadonlyMap<string, Death>;
  /** Plugin servers whose tools were called, with the newest call of each. */
  readonly plugins: ReadonlyMap<string, Told>;
  /** Who asked for it, and when; null: it is not, or that lies further back. */
  readonly parked: (Told & { readonly reason: string }) | null;
}
