/**
 * What becomes of an effect that was ordered, is unanswered, and runs nowhere here: begun again where repeating is
 * harmless, declared lost where it is not.
 */

import type { PendingEffect } from "../../infra/store.ts";
import type { OutsideEffect } from "../../machines/effect.ts";
import { toolResultEntry } from "./conversation.ts";
import { brokenCall, lostCall } from "./effects/model-call.ts";
import { brokenCompaction, lostCompaction } from "./effects/transcript-compact.ts";
import type { Ordered } from "./ordered.ts";
import type { Answer } from "./performer.ts";

export function recover(order: Ordered, pending: PendingEffect): "begin" | Answer {
  if (pending.held) return "begin";
  switch (order.type) {
    case "session.assemble":
    case "result.verify":
    case "tool.reconcile":
    case "workspace.collect":
    case "workspace.merge":
    case "task.join":
    case "workspace.rebuild":
    case "proposal.prepare":
    case "proposal.read":
    case "verdict.read":
    case "question.put":
      return "begin";
    case "model.call":
      // It may have been answered and billed; the machine asks again, under a new effect with money of its own.
      return lostCall(order, { effectId: pending.id, grant: pending.grant });
    case "transcript.compact":
      // By rule it costs nothing. A summary may have been written and billed: charged, and asked for anew a turn later.
      if (pending.grant === null) return "begin";
      return lostCompaction(order, { effectId: pending.id, grant: pending.grant });
    case "tool.run":
      if (order.place === undefined) return "begin";
      return unknownAnswer(order, pending.id, order.place);
  }
}

/** Begun, and nobody knows how it came out: the machine asks the world before it does anything else. */
export const unknownAnswer = ({ call }: Pick<ToolOrder, "call">, effect: string, place: string): Answer => ({
  event: { type: "tool.unknown", call, effect, place } as Answer["event"],
  told: [],
});

/** What is said of an effect whose host has not been seen for so long that nobody waits for it any more. */
export function goneAnswer(order: Ordered, effect: string): Answer {
  const asked = order.type === "tool.reconcile" ? order.effect : effect;
  const reason = `it was begun on another host (${order.place}) that is gone; it may or may not have happened`;
  return interruptedAnswer(order as ToolOrder, asked, reason);
}

type ToolOrder = Extract<OutsideEffect, { type: "tool.run" | "tool.reconcile" }>;

/** It may or may not have happened, and nobody can find out: said to the machine and to the model, never repeated. */
export function interruptedAnswer({ call, tool }: ToolOrder, effect: string, reason: string): Answer {
  return {
    event: { type: "tool.interrupted", call, reason } as Answer["event"],
    entries: [
      toolResultEntry(call, `interrupted: ${reason}. Look at the world before you do it again.`, false, {
        did: { effect, tool, ok: null },
      }),
    ],
    told: [{ type: "tool.interrupted", effect, call, tool, reason }],
  };
}

/**
 * What is said of an effect whose performer threw: a bug of ours, told as a failure that the machine can count, so that
 * it ends in an explicit word and not in an activation that dies for ever.
 */
export function brokenAnswer(order: Ordered, { id, grant }: PendingEffect, cause: unknown): Answer {
  const reason = `the runtime broke: ${cause instanceof Error ? cause.message : String(cause)}`;
  switch (order.type) {
    case "session.assemble":
      return { event: { type: "session.refused", reason } as Answer["event"], told: [] };
    case "result.verify":
      return { event: { type: "result.rejected", reasons: [reason] } as Answer["event"], told: [] };
    case "workspace.collect":
      return { event: { type: "workspace.uncollected", reason } as Answer["event"], told: [] };
    case "workspace.merge":
      return { event: { type: "workspace.left", reason } as Answer["event"], told: [] };
    case "task.join":
      return { event: { type: "task.unjoined", task: order.task, reason } as Answer["event"], told: [] };
    case "workspace.rebuild":
      return { event: { type: "workspace.unbuilt", reason } as Answer["event"], told: [] };
    case "proposal.prepare":
      return { event: { type: "proposal.unprepared", task: order.task, reason } as Answer["event"], told: [] };
    case "proposal.read":
      return { event: { type: "proposal.refused", task: order.task, problems: [reason] } as Answer["event"], told: [] };
    case "verdict.read": // what nobody could read holds nothing up, and lets nothing through
      return {
        event: {
          type: "verdict.read",
          task: order.task,
          of: order.of,
          holds: false,
          reasons: [reason],
        } as Answer["event"],
        told: [],
      };
    case "question.put":
      return { event: { type: "question.closed", question: order.question, reason } as Answer["event"], told: [] };
    case "model.call":
      return brokenCall(order, { effectId: id, grant }, reason);
    case "transcript.compact":
      return brokenCompaction(order, { effectId: id, grant }, reason);
    case "tool.reconcile":
      return interruptedAnswer(order, order.effect, reason);
    case "tool.run":
      if (order.place !== undefined) return unknownAnswer(order, id, order.place);
      return {
        event: { type: "tool.finished", call: order.call, ok: false } as Answer["event"],
        entries: [toolResultEntry(order.call, reason, false)],
        told: [
          { type: "tool.failed", effect: id, call: order.call, tool: order.tool, bytes: reason.length, tookMs: 0 },
        ],
      };
  }
}
