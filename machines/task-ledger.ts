/**
 * What the coordinator keeps its books in: the tasks, what it has sent for, what supervision counts, and what the step at
 * hand owes the world. Everything here is plain data; the files `task-*` say how one state of it follows another.
 */
import type { FencedActor, InsideEffect, MessageEvent, OutsideEffect, SupervisionDecision } from "./effect.ts";
import { type PlannedTask, type Tasks, withdrawn } from "./task-graph.ts";

/** As in OTP: who else starts again where one does, how often within what time, and what follows where it is too often. */
export interface SupervisionPolicy {
  readonly strategy: "one-for-one" | "one-for-all" | "rest-for-one";
  readonly restartsMax: number;
  /** Milliseconds after which a restart is forgotten; null: never. */
  readonly windowMs: number | null;
  /** `give-up`: this task alone ends. `escalate`: the whole run does. */
  readonly then: "give-up" | "escalate";
}

/** What a run was asked for beyond its graph; null in runs that were asked for nothing of it. */
export interface RunPolicy {
  readonly supervision: SupervisionPolicy | null;
  /** New plans that may be asked for. */
  readonly replansMax: number;
  /** Whether an agent puts the verified results together at the end. */
  readonly synthesis: boolean;
}

/** What the coordinator sent for: one thing at a time, so that the run's tree has one writer and each answer one question. */
export interface Errand {
  readonly type: Extract<
    OutsideEffect["type"],
    "task.join" | "workspace.rebuild" | "proposal.prepare" | "proposal.read" | "verdict.read" | "question.put"
  >;
  /** Task, or id of the task to be; the question's id; "" where it is about the whole tree. */
  readonly about: string;
  /** Result that it is about: an answer about another one comes too late. */
  readonly result?: string;
  /** Why a task is prepared, and for the sake of which. */
  readonly kind?: "replan" | "synthesis" | "resolve";
  readonly of?: string;
}

/** A plan that somebody is asked about. */
export interface Proposal {
  readonly tasks: readonly PlannedTask[];
  readonly drops: readonly string[];
  readonly ends: readonly string[];
}

export interface Question {
  readonly question: string;
  readonly actor: string;
  /** Until it is on its way to where somebody finds it. */
  readonly text?: string;
  /** Somebody is asked. */
  readonly open?: true;
}

type Inside<Type extends InsideEffect["type"]> = Omit<Extract<InsideEffect, { type: Type }>, "type">;
export type MessageOrder = { readonly to: string; readonly toType: string; readonly event: MessageEvent };

/** Orders of the step at hand, gathered while the books are made up; nothing is owed between two steps. */
export interface Due {
  readonly fences: readonly Inside<"actor.fence">[];
  readonly revokes: readonly Inside<"result.revoke">[];
  readonly decisions: readonly SupervisionDecision[];
  readonly letters: readonly Inside<"letter.put">[];
  readonly messages: readonly MessageOrder[];
  readonly approvals: readonly { readonly call: string; readonly tool: string }[];
}

export interface LedgerInput {
  readonly actor: string;
  readonly seed: string;
  readonly policy: RunPolicy | null;
  readonly parallelMax: number;
  readonly tolerateFailures: boolean;
  readonly branch: string | null;
}

export interface Ledger {
  /** What its coordinator was born with, and keeps; under one key, so that the whole copies fast (decision 0143). */
  readonly input: LedgerInput;
  readonly tasks: Tasks;
  /** Proposals that somebody is asked about, by the task that made them; null once that is decided. */
  readonly proposals: Readonly<Record<string, Proposal | null>>;
  readonly cancelReason: string | null;
  /** True where supervision, and nobody else, called the run off. */
  readonly escalated: boolean;
  /** What else keeps the run from having done what it was asked for. */
  readonly shortfall: string | null;
  readonly errand: Errand | null;
  /** Numbers of the restarts that are not forgotten. */
  readonly restarts: readonly number[];
  /** New plans asked for. */
  readonly replans: number;
  /** Works joined to the run's tree, those that left it again among them. */
  readonly joins: number;
  /** The run's tree holds what was revoked. */
  readonly stale: boolean;
  readonly questions: readonly Question[];
  /** Messages between agents that were handed on. */
  readonly posts: number;
  readonly due: Due | null;
}

const NOTHING: Due = { fences: [], revokes: [], decisions: [], letters: [], messages: [], approvals: [] };

/** What a ledger holds before anything happened; also what is not stored while it is so. */
export const FRESH_LEDGER = {
  cancelReason: null,
  escalated: false,
  shortfall: null,
  errand: null,
  restarts: [],
  replans: 0,
  joins: 0,
  stale: false,
  questions: [],
  posts: 0,
  due: null,
} satisfies Partial<Ledger>;

/** The ledger that owes this as well. */
export function owing(ledger: Ledger, owed: Partial<Due>): Ledger {
  const due = ledger.due ?? NOTHING;
  return {
    ...ledger,
    due: {
      fences: [...due.fences, ...(owed.fences ?? [])],
      revokes: [...due.revokes, ...(owed.revokes ?? [])],
      decisions: [...due.decisions, ...(owed.decisions ?? [])],
      letters: [...due.letters, ...(owed.letters ?? [])],
      messages: [...due.messages, ...(owed.messages ?? [])],
      approvals: [...due.approvals, ...(owed.approvals ?? [])],
    },
  };
}

/** Actors are fenced for one reason at a time; nobody to be fenced is no order. */
export const fencing = (ledger: Ledger, actors: readonly FencedActor[], reason: string): Ledger =>
  actors.length === 0 ? ledger : owing(ledger, { fences: [{ actors, reason }] });

/** Inside effects that are owed; decisions are told in one. */
export const owed = ({ due }: Ledger): number =>
  due === null
    ? 0
    : due.fences.length +
      due.revokes.length +
      Math.min(1, due.decisions.length) +
      due.letters.length +
      due.messages.length +
      due.approvals.length;

/** Calls the whole run off: nothing new is begun, whoever works is told to stop, and the run ends as failed. */
export const calledOff = (ledger: Ledger, reason: string): Ledger =>
  ledger.cancelReason === null
    ? { ...ledger, escalated: true, cancelReason: reason, tasks: withdrawn(ledger.tasks, reason) }
    : ledger;

/** Words that ride in rows and briefs, cut where somebody was carried away. */
const REASON_CHARS_MAX = 500;
const EARLIER_MAX = 5;

export const inShort = (text: string): string =>
  text.length <= REASON_CHARS_MAX ? text : `${text.slice(0, REASON_CHARS_MAX - 1)}…`;

/** What the next attempt is told of those before it. */
export const earlierWith = (earlier: readonly string[] | undefined, reasons: readonly string[]): readonly string[] =>
  [...(earlier ?? []), inShort(reasons.join("; "))].slice(-EARLIER_MAX);
