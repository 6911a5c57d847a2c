/**
 * Approvals as rows of a commit: what the answer of a model (or of another effect) proposes and the machine asks for is
 * written with the step, and what the step gives up is withdrawn with it. Pure.
 */
import { approvalId, INPUT_BYTES_MAX, type Proposed, proposalHash } from "../../infra/approval.ts";
import type { Commit } from "../../infra/store.ts";
import type { NewApproval } from "../../infra/store-approvals.ts";
import { type Call, isEnded } from "../../machines/agent-calls.ts";
import type { AgentEvent } from "../../machines/agent-event.ts";
import type { ActorState, Cause, Decision } from "../../machines/fold.ts";
import type { RunEvent } from "../../machines/run-event.ts";
import type { DecisionRisk } from "../../registry/permission/question.ts";
import { type Entry, toolResultEntry } from "./conversation.ts";
import type { Live } from "./live.ts";

/** Calls of one answer that somebody is asked about, at most: more are no question that a person could answer. */
export const ASKING_MAX = 16;
const MS_PER_HOUR = 3_600_000;

/** A call that nobody but a person, or who was given the right, may let through. */
export interface Proposal {
  readonly call: string;
  readonly tool: string;
  /** As the model gave it. */
  readonly input: unknown;
  readonly inputHash: string;
  readonly agentType: string;
  readonly risk: DecisionRisk;
  readonly rule: string;
  readonly reason: string;
  /** What it touches or would lose, in words that a person can be asked to type. */
  readonly touches: readonly string[];
  readonly policy: string;
}

export interface Asked {
  readonly rows: readonly NewApproval[];
  readonly told: readonly RunEvent[];
}

/** Throws where the machine asks about a call that nobody proposed: a bug, and nothing to be guessed at. */
export function askedIn(live: Live, decision: Decision, by: Commit["by"], proposals: readonly Proposal[]): Asked {
  const ttlMs = Math.max(1, Math.round(live.run.config.approvalHours * MS_PER_HOUR));
  const rows: NewApproval[] = [];
  const told: RunEvent[] = [];
  for (const order of decision.inside) {
    if (order.type !== "approval.request") continue;
    const proposal = proposals.find(({ call }) => call === order.call);
    if (proposal === undefined || !("effect" in by)) {
      throw new Error(`call ${order.call} asks for an approval that nobody has worded`);
    }
    const { call, tool, risk, rule, reason, agentType, inputHash, policy } = proposal;
    const id = approvalId(by.effect, call);
    const proposed = proposedOf(live, proposal, rows.length);
    const audit = { actor: live.address.actor, call, tool, agentType, policy, inputHash, risk, approval: id };
    rows.push({ id, json: JSON.stringify(proposed), call, hash: proposed.hash, ttlMs, audit });
    told.push({ type: "approval.requested", approval: id, call, tool, risk, rule, reason, ttlMs });
  }
  return { rows, told };
}

function proposedOf({ address }: Live, proposal: Proposal, order: number): Proposed {
  const { input, touches, ...rest } = proposal;
  const text = JSON.stringify(input) ?? "null";
  const cut = Buffer.byteLength(text) > INPUT_BYTES_MAX;
  return {
    v: 1,
    run: address.run,
    agent: address.actor,
    ...rest,
    order,
    input: cut ? Buffer.from(text).subarray(0, INPUT_BYTES_MAX).toString() : input,
    ...(cut ? { cut } : {}),
    touches: [...touches],
    hash: proposalHash({ run: address.run, agent: address.actor, call: rest.call, tool: rest.tool, input }),
  };
}

export interface GivenUp {
  /** Approvals that need no answer any more. */
  readonly withdrawn: Commit["withdrawn"];
  /** For the model: every call it made gets a result, those that never ran too. */
  readonly entries: readonly Entry[];
  readonly told: readonly RunEvent[];
}

const BEHIND = "not run: a changing call before it in the same answer did not come about";

/**
 * What the step makes of calls that were to run, or that somebody was asked about, and that will not run now: the denied
 * one, those behind one that failed, all that were open when the agent ended.
 */
export function givenUpIn(live: Live, cause: Cause, decision: Decision): GivenUp {
  const answer = answerIn(cause);
  const ended = decision.state.snapshot.status !== "active";
  const after = new Map(callsOf(decision.state).map((call) => [call.id, call]));
  const withdrawn: { id: string; reason: string }[] = [];
  const entries: Entry[] = [];
  const told: RunEvent[] = [];
  for (const call of callsOf(live.state)) {
    if (isEnded(call)) continue;
    const refused = after.get(call.id)?.status === "refused";
    const isAnswered = answer?.call === call.id;
    if (refused && !ended) {
      const reason = isAnswered ? deniedBecause(answer) : BEHIND;
      entries.push(toolResultEntry(call.id, reason, false));
      told.push({ type: "tool.refused", call: call.id, tool: call.tool, reason });
    }
    if (call.status === "asking" && (ended || refused) && !isAnswered && call.approval !== undefined) {
      const reason = ended ? "its agent has ended" : BEHIND;
      withdrawn.push({ id: call.approval, reason });
      told.push({ type: "approval.withdrawn", approval: call.approval, call: call.id, reason });
    }
  }
  return { withdrawn, entries, told };
}

const callsOf = (state: ActorState | null): readonly Call[] => (state?.snapshot.context.calls ?? []) as readonly Call[];

type Answered = Extract<AgentEvent, { type: "approval.answered" }>;

/** Told whether or not the machine had use for it: somebody said so. */
export function answerTold(cause: Cause): RunEvent[] {
  const answer = answerIn(cause);
  if (answer === null) return [];
  const { approval = "", call, allowed, by = "", reason = "", grant } = answer;
  return [
    {
      type: "approval.answered",
      approval,
      call,
      allowed,
      by,
      reason,
      ...(grant === undefined ? {} : { grant: { ...grant } }),
    },
  ];
}

const answerIn = (cause: Cause): Answered | null =>
  "event" in cause && cause.event.type === "approval.answered" ? (cause.event as Answered) : null;

/** Answers that no person gave. */
const NOBODY: ReadonlySet<string> = new Set(["timer", "fork"]);

/** In words for the model: it is to take the no as said, and not to try the same in other clothes. */
function deniedBecause({ by = "", reason = "" }: Answered): string {
  if (NOBODY.has(by)) return `refused: ${reason}. Go on without it, or report what stood in the way.`;
  const said = reason === "" ? "no reason was given" : reason;
  return `denied by a person: ${said}. Do not try the same in another way; go on without it, or report what stood in the way.`;
}
