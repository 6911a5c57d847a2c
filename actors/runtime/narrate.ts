/** Tells a step as events: what came in, where it led, what it ordered. Pure. */
import { COORDINATOR_TYPE, type Commit, type Reservation } from "../../infra/store.ts";
import type { Remains } from "../../infra/store-deaths.ts";
import type { InsideEffect, OutsideEffect } from "../../machines/effect.ts";
import { type BudgetRefusal, type Cause, type Decision, statePath } from "../../machines/fold.ts";
import type { RunEvent } from "../../machines/run-event.ts";
import { type Asked, answerTold, type GivenUp } from "./approvals.ts";
import { callInput, type Entry } from "./conversation.ts";
import { agentEnded, fencedBox, runBox } from "./last-words.ts";
import { letterId } from "./letter-id.ts";
import type { Live } from "./live.ts";
import type { Answer } from "./performer.ts";
import { agentName } from "./run-row.ts";
import { wordsTold } from "./told-words.ts";

export interface Told {
  readonly told: readonly RunEvent[];
  /** Path of the state the step led to. */
  readonly state: string;
}

interface StepFacts {
  readonly live: Live;
  readonly cause: Cause;
  readonly decision: Decision;
  readonly answer: Answer | null;
  readonly orders: readonly {
    readonly id: string;
    readonly order: OutsideEffect;
    readonly reserve: Reservation | null;
  }[];
  readonly conversation: readonly Entry[];
  readonly asked: Asked;
  readonly givenUp: GivenUp;
  readonly refused: BudgetRefusal | undefined;
  /** Of those that this step ends badly; absent where it ends nobody so. */
  readonly remains: Remains | undefined;
  readonly by: Commit["by"];
}

export function eventsOf(facts: StepFacts): Told {
  const { live, cause, decision, answer, refused } = facts;
  const told: RunEvent[] = [];
  if ("input" in cause) told.push(...born(live, cause.input));
  if (answer !== null) told.push(...answer.told);
  told.push(...facts.asked.told, ...answerTold(cause), ...facts.givenUp.told);
  told.push(...wordsTold(live, cause, decision));
  if (answer?.settle !== undefined) {
    told.push({
      type: "budget.settled",
      effect: settledEffect(facts),
      tokens: answer.settle.tokens,
      nanoUsd: answer.settle.unpriced > 0 ? null : answer.settle.nanoUsd,
    });
  }
  if (refused !== undefined) told.push({ type: "budget.refused", ...refused });
  const to = statePath(decision.state);
  const from = live.state === null ? "" : statePath(live.state);
  if (from !== to) told.push({ type: "agent.state", from, to });
  told.push(...insideEvents(facts), ...outsideEvents(facts));
  if (facts.remains !== undefined) told.push(...agentEnded(live, decision, answeredBy(facts), facts.remains));
  // Every commit tells something: sequence numbers are drawn per event, and a silent step could not be found again.
  if (told.length === 0) told.push({ type: "message.taken", cause: causeName(cause), changed: decision.changed });
  return { told, state: to };
}

const answeredBy = ({ by }: StepFacts): string | null => ("effect" in by ? by.effect : null);

const causeName = (cause: Cause): string =>
  "event" in cause ? cause.event.type : "timer" in cause ? `timer ${cause.timer}` : "input";

/** What tells of a call that was paid for. */
const ANSWERS: ReadonlySet<string> = new Set<RunEvent["type"]>([
  "model.answered",
  "model.failed",
  "compaction.done",
  "compaction.failed",
]);

const settledEffect = (facts: StepFacts): string => {
  const told = facts.answer?.told.find(({ type }) => ANSWERS.has(type));
  return told !== undefined && "effect" in told ? told.effect : "";
};

function born(live: Live, input: unknown): RunEvent[] {
  const { address, run, machine } = live;
  if (address.type !== COORDINATOR_TYPE) {
    const { task } = input as { task: string };
    const agentType = agentName(run.config.profiles, task, address.type);
    return [{ type: "agent.started", agentType, task, machine: machine.name }];
  }
  const { graph } = input as { graph: readonly unknown[] };
  return [
    { type: "command.matched", query: run.kind, candidates: [run.kind], choice: run.kind },
    { type: "run.started", goal: run.goal, kind: run.kind, tasks: graph.length, model: run.model },
    ...givenAtStart(live),
    { type: "agent.started", agentType: address.type, task: "", machine: machine.name },
  ];
}

function givenAtStart({ run }: Live): RunEvent[] {
  const { grants } = run.config;
  if (grants.length === 0) return [];
  return [{ type: "grants.given", grants: grants.map(({ id, rule, by, origin }) => ({ id, rule, by, origin })) }];
}

function insideEvents(facts: StepFacts): RunEvent[] {
  const { decision, live } = facts;
  return decision.inside.flatMap((order, index) => {
    if (order.type === "run.end" || order.type === "actor.fence") return endEvents(order, facts);
    if (order.type !== "letter.put") return insideEvent(order, live.run.config.profiles);
    const letter = letterId(live.address, live.version + 1, index);
    return [{ type: "letter.written", letter, task: order.task, reasons: [...order.reasons] }];
  });
}

type End = Extract<InsideEffect, { type: "run.end" | "actor.fence" }>;

function endEvents(order: End, facts: StepFacts): RunEvent[] {
  const { remains, live } = facts;
  if (order.type === "run.end") {
    const box = order.status === "completed" || remains === undefined ? {} : runBox(live, answeredBy(facts), remains);
    return [{ type: `run.${order.status}`, reasons: [...order.reasons], ...box }];
  }
  const { reason, actors } = order;
  return actors.map(({ actor }) => ({
    ...{ type: "actor.fenced", fenced: actor, reason },
    ...(remains === undefined ? {} : fencedBox(actor, remains)),
  }));
}

/** `profiles`: what people call an agent that was made from an agent file. */
function insideEvent(
  order: Exclude<InsideEffect, End>,
  profiles: Readonly<Record<string, string>> | undefined,
): RunEvent[] {
  switch (order.type) {
    case "actor.spawn": {
      const { task, standsOn } = order.input;
      const reason =
        standsOn.length > 0 ? `all it stands on is verified: ${standsOn.join(", ")}` : "it stands on nothing else";
      return [
        { type: "task.routed", task, agentType: agentName(profiles, task, order.agentType), to: order.actor, reason },
      ];
    }
    case "result.put": {
      const { id, task, status, reasons } = order.result;
      if (status === "verified") return [{ type: "result.verified", result: id, task }];
      return [{ type: "result.rejected", result: id, task, reasons: [status, ...reasons] }];
    }
    case "prompt.append":
      return [
        {
          type: "message.started",
          from: order.note.kind,
          bytes: 0,
          ...(order.note.kind === "report_rejected" ? { reasons: [...order.note.reasons] } : {}),
        },
      ];
    case "result.revoke":
      return order.results.map(({ result, task }) => ({
        type: "result.revoked",
        result,
        task,
        root: order.root,
        reason: order.reason,
        by: order.by,
      }));
    case "decision.tell":
      return order.decisions.map((decision) => ({ type: "supervision.decided", ...decision }));
    case "message.send": // words are told with what came of them
    case "letter.put": // told with its id
    case "approval.request": // told with what it is about
      return [];
  }
}

function outsideEvents({ orders, conversation }: StepFacts): RunEvent[] {
  return orders.flatMap(({ id, order, reserve }): RunEvent[] => {
    if (order.type === "model.call") {
      const called: RunEvent = { type: "model.called", effect: id, turn: order.turn, attempt: order.attempt };
      return reserve === null ? [called] : [called, reserved(id, reserve)];
    }
    if (order.type === "transcript.compact") {
      const { turn, by } = order;
      const started: RunEvent = { type: "compaction.started", effect: id, turn, by };
      return reserve === null ? [started] : [started, reserved(id, reserve)];
    }
    if (order.type !== "tool.run") return [];
    const input = callInput(conversation, order.call)?.input;
    return [{ type: "tool.intended", effect: id, call: order.call, tool: order.tool, input }];
  });
}

/** What is asked for; what was granted stands beside the entry, because only the script knows it. */
const reserved = (effect: string, reserve: Reservation): RunEvent => ({
  type: "budget.reserved",
  effect,
  tokens: reserve.inTokens + reserve.outTokensWanted,
  nanoUsd: reserve.inTokens * reserve.inNanoUsd + reserve.outTokensWanted * reserve.outNanoUsd,
});
