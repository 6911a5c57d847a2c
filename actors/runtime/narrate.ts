/** Tells a step as events: what came in, where it led, what it ordered. Pure. */
import { COORDINATOR_TYPE, type Reservation } from "../../infra/store.ts";
import type { OutsideEffect } from "../../machines/effect.ts";
import { type BudgetRefusal, type Cause, type Decision, statePath } from "../../machines/fold.ts";
import type { RunEvent } from "../../machines/run-event.ts";
import { callInput, type Entry } from "./conversation.ts";
import type { Live } from "./live.ts";
import type { Answer } from "./performer.ts";

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
  readonly orders: readonly { readonly id: string; readonly order: OutsideEffect }[];
  readonly effects: readonly { readonly id: string; readonly reserve: Reservation | null }[];
  readonly conversation: readonly Entry[];
  readonly refused?: BudgetRefusal;
}

export function eventsOf(facts: StepFacts): Told {
  const { live, cause, decision, answer, refused } = facts;
  const told: RunEvent[] = [];
  if ("input" in cause) told.push(...born(live, cause.input));
  if (answer !== null) told.push(...answer.told);
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
  return { told, state: to };
}

const settledEffect = (facts: StepFacts): string => {
  const told = facts.answer?.told.find((event) => event.type === "model.answered" || event.type === "model.failed");
  return told !== undefined && "effect" in told ? told.effect : "";
};

function born(live: Live, input: unknown): RunEvent[] {
  const { address, run, machine } = live;
  if (address.type !== COORDINATOR_TYPE) {
    const { task } = input as { task: string };
    return [{ type: "agent.started", agentType: address.type, task, machine: machine.name }];
  }
  const { graph } = input as { graph: readonly unknown[] };
  return [
    { type: "command.matched", query: run.kind, candidates: [run.kind], choice: run.kind },
    { type: "run.started", goal: run.goal, kind: run.kind, tasks: graph.length, model: run.model },
    { type: "agent.started", agentType: address.type, task: "", machine: machine.name },
  ];
}

function insideEvents({ live, decision }: StepFacts): RunEvent[] {
  return decision.inside.flatMap((order): RunEvent[] => {
    switch (order.type) {
      case "actor.spawn":
        return [
          {
            type: "task.routed",
            task: order.input.task,
            agentType: order.agentType,
            to: order.actor,
            reason: order.input.standsOn.length > 0 ? `all it stands on is verified: ${order.input.standsOn.join(", ")}` : "it stands on nothing else",
          },
        ];
      case "result.put": {
        const { id, task, status, reasons } = order.result;
        if (status === "verified") return [{ type: "result.verified", result: id, task }];
        return [{ type: "result.rejected", result: id, task, reasons: [`${status}`, ...reasons] }];
      }
      case "run.end":
        return [{ type: `run.${order.status}`, reasons: [...order.reasons] } as RunEvent];
      case "prompt.append":
        return [{ type: "message.started", from: order.note.kind, bytes: 0 }];
      case "message.send":
        return [];
      default:
        return unexpected(live, order);
    }
  });
}

function unexpected(live: Live, order: never): never {
  throw new Error(`${live.address.actor}: no event tells of ${JSON.stringify(order)}`);
}

function outsideEvents({ orders, effects, conversation }: StepFacts): RunEvent[] {
  return orders.flatMap(({ id, order }, index): RunEvent[] => {
    switch (order.type) {
      case "model.call": {
        const reserve = effects[index]?.reserve ?? null;
        return [
          { type: "model.called", effect: id, turn: order.turn, attempt: order.attempt },
          ...(reserve === null ? [] : [reserved(id, reserve)]),
        ];
      }
      case "tool.run": {
        const input = callInput(conversation, order.call)?.input;
        return [{ type: "tool.intended", effect: id, call: order.call, tool: order.tool, input }];
      }
      case "session.assemble":
      case "result.verify":
        return [];
    }
  });
}

/** What is asked for; what was granted stands beside the entry, because only the script knows it. */
const reserved = (effect: string, reserve: Reservation): RunEvent => ({
  type: "budget.reserved",
  effect,
  tokens: reserve.inTokens + reserve.outTokensWanted,
  nanoUsd: reserve.inTokens * reserve.inNanoUsd + reserve.outTokensWanted * reserve.outNanoUsd,
});
