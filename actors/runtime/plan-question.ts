/**
 * Who says yes to tasks that an agent proposes, and what they see before they do: every word that the agents of these
 * tasks will be told. Pure.
 */
import { planCall } from "../../machines/approval-calls.ts";
import type { Replan } from "../../machines/task-plan.ts";
import type { Proposal } from "./approvals.ts";
import type { AuditEntry } from "./audit-entry.ts";
import { inputHashOf } from "./judge.ts";
import type { PerformContext } from "./performer.ts";
import type { ReadyTasks } from "./planned-tasks.ts";
import type { RunRow } from "./run-row.ts";

export interface ProposedPlan {
  /** The result that proposes it: a second try is another question. */
  readonly result: string;
  /** The task that it is to replace; null: a first plan. */
  readonly instead: string | null;
  readonly read: Replan;
  readonly ready: ReadyTasks;
}

export interface Acceptance {
  readonly accept: "allow" | "ask" | "deny";
  readonly reason: string;
}

const REASONS: Readonly<Record<Acceptance["accept"], string>> = {
  ask: "a person looks at the plan before its tasks start",
  allow: "a plan gives no rights: what its tasks may do, the run says",
  deny: "nobody may say yes to a plan in this run",
};

export const acceptance = ({ plan }: Pick<RunRow["config"], "plan">): Acceptance => ({
  accept: plan,
  reason: REASONS[plan],
});

const RULE = "plan.adopt";

/** The question, worded whether or not it is asked, and what the audit keeps of it. */
export function questionOf(
  proposed: ProposedPlan,
  { address, run }: Pick<PerformContext, "address" | "run">,
): { proposal: Proposal; entry: AuditEntry } {
  const { accept, reason } = acceptance(run.config);
  const { length } = proposed.ready.tasks;
  const input = shownPlan(proposed, run.goal);
  const common = {
    call: planCall(proposed.result),
    tool: "Plan",
    inputHash: inputHashOf(input),
    agentType: address.type,
    policy: run.policy,
    // What its tasks then do is asked about, or not, by itself.
    risk: "read-only" as const,
    rule: RULE,
  };
  const about = proposed.instead === null ? "for the goal" : `in place of ${proposed.instead}`;
  const words = `${length} ${length === 1 ? "task" : "tasks"} ${about}; none starts before somebody says yes`;
  const handler = accept === "ask" ? "interactive" : "worker";
  return {
    proposal: { ...common, input, reason: words, touches: [] },
    entry: { ...common, handler, decision: accept, reason, mode: run.config.mode },
  };
}

interface ShownTask {
  readonly id: string;
  readonly agent: string;
  readonly needs: readonly string[];
  readonly goal: string;
  readonly why: string;
  readonly checks?: string;
  readonly [more: string]: unknown;
}

export interface ShownPlan {
  readonly goal: string;
  readonly instead?: string;
  readonly why: string;
  readonly tasks: readonly ShownTask[];
  readonly drops?: readonly string[];
  readonly notes?: readonly string[];
  readonly risks?: readonly string[];
}

function shownPlan({ instead, read, ready }: ProposedPlan, goal: string): ShownPlan {
  const { why, risks, drops } = read;
  return {
    goal,
    ...(instead === null ? {} : { instead }),
    why,
    tasks: ready.tasks.map((task) => shownTask(task, read, ready)),
    ...(drops.length > 0 ? { drops } : {}),
    ...(ready.notes.length > 0 ? { notes: ready.notes } : {}),
    ...(risks.length > 0 ? { risks } : {}),
  };
}

function shownTask({ id, needs, role, of }: ReadyTasks["tasks"][number], read: Replan, ready: ReadyTasks): ShownTask {
  const agent = ready.agents[id] ?? "";
  const checks = role === "check" && of !== undefined ? { checks: of } : {};
  const proposed = read.tasks.find((one) => one.id === id);
  if (proposed === undefined) {
    return { id, agent, needs, goal: `Check the result of ${of}.`, why: "The plan asks for it.", ...checks };
  }
  const { goal, why, contract, minutes, priority, topics } = proposed;
  const more = Object.entries({ contract, minutes, priority, topics }).filter(([, value]) => value !== undefined);
  return { id, agent, needs, goal, why, ...checks, ...Object.fromEntries(more) };
}
