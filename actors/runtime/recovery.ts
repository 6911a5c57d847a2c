/**
 * What becomes of an effect that was ordered, is unanswered, and runs nowhere here: begun again where repeating is
 * harmless, declared lost where it is not.
 */

import type { PendingEffect } from "../../infra/store.ts";
import type { OutsideEffect } from "../../machines/effect.ts";
import { toolNamed } from "../../registry/tools/index.ts";
import { toolResultEntry } from "./conversation.ts";
import { brokenCall, lostCall } from "./effects/model-call.ts";
import type { Answer } from "./performer.ts";

export function recover(order: OutsideEffect, pending: PendingEffect): "begin" | Answer {
  if (pending.held) return "begin";
  switch (order.type) {
    case "session.assemble":
    case "result.verify":
      return "begin";
    case "model.call":
      // It may have been answered and billed; the machine asks again, under a new effect with money of its own.
      return lostCall(order, { effectId: pending.id, grant: pending.grant });
    case "tool.run":
      if (toolNamed(order.tool)?.repeat !== "unsafe") return "begin";
      return {
        event: {
          type: "tool.interrupted",
          call: order.call,
          reason: "its worker died while it ran",
        } as Answer["event"],
        told: [
          {
            type: "tool.interrupted",
            effect: pending.id,
            call: order.call,
            tool: order.tool,
            reason: "its worker died while it ran",
          },
        ],
      };
  }
}

/**
 * What is said of an effect whose performer threw: a bug of ours, told as a failure that the machine can count, so that
 * it ends in an explicit word and not in an activation that dies for ever.
 */
export function brokenAnswer(order: OutsideEffect, { id, grant }: PendingEffect, cause: unknown): Answer {
  const reason = `the runtime broke: ${cause instanceof Error ? cause.message : String(cause)}`;
  switch (order.type) {
    case "session.assemble":
      return { event: { type: "session.refused", reason } as Answer["event"], told: [] };
    case "result.verify":
      return { event: { type: "result.rejected", reasons: [reason] } as Answer["event"], told: [] };
    case "model.call":
      return brokenCall(order, { effectId: id, grant }, reason);
    case "tool.run":
      return {
        event: { type: "tool.finished", call: order.call, ok: false } as Answer["event"],
        entries: [toolResultEntry(order.call, reason, false)],
        told: [
          { type: "tool.failed", effect: id, call: order.call, tool: order.tool, bytes: reason.length, tookMs: 0 },
        ],
      };
  }
}
