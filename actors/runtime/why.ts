/**
 * Why a run, or one of its agents, does not move: every cause that the facts show, the likeliest first, each with what it
 * was computed from and the command that unblocks it. Pure, and it guesses nothing: where no fact explains a wait it says so.
 */
import { agentCauses } from "./why/agent-causes.ts";
import type { WhyFacts } from "./why/facts.ts";
import { runCauses } from "./why/run-causes.ts";

export type CauseKind =
  | "ended"
  | "parked"
  | "quarantine"
  | "found-dead"
  | "person"
  | "stranded"
  | "no-worker"
  | "breaker"
  | "rate-limit"
  | "budget"
  | "resting"
  | "question"
  | "working"
  | "mail"
  | "timer"
  | "child"
  | "refused-event"
  | "unexplained";

export interface Cause {
  readonly kind: CauseKind;
  /** Null: the whole run. */
  readonly agent: string | null;
  readonly text: string;
  /** ISO 8601; null where nobody knows. */
  readonly since: string | null;
  /** Null: nothing to do but wait, or nothing that a command could do. */
  readonly command: string | null;
  /** `event 12`, ids of approvals, letters, effects, timers. */
  readonly facts: readonly string[];
}

/** What has to be undone first stands first: whoever answers a person's question in a parked run changes nothing. */
const RANK: { readonly [Kind in CauseKind]: number } = {
  ended: 0,
  parked: 1,
  quarantine: 2,
  "found-dead": 3,
  person: 4,
  stranded: 5,
  "no-worker": 6,
  breaker: 7,
  "rate-limit": 8,
  budget: 9,
  resting: 10,
  question: 11,
  working: 12,
  mail: 13,
  timer: 14,
  child: 15,
  "refused-event": 16,
  unexplained: 17,
};

/** Causes that are told, at most: of a thousand agents that wait for the same the first are enough. */
export const CAUSES_MAX = 100;

/** `agent`: only what holds that one up, and its run; null: the whole run. */
export function causesOf(facts: WhyFacts, agent: string | null): readonly Cause[] {
  const ofRun = runCauses(facts);
  const isOver = ofRun.some(({ kind }) => kind === "ended");
  const concerned = facts.agents.filter(({ id }) => agent === null || id === agent);
  const ofAgents = isOver ? [] : concerned.flatMap((one) => agentCauses(facts, one, agent !== null));
  const all = [...ofRun, ...ofAgents].sort(
    (one, other) => RANK[one.kind] - RANK[other.kind] || (one.since ?? "").localeCompare(other.since ?? ""),
  );
  return all.slice(0, CAUSES_MAX);
}
