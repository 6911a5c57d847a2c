/**
 * What becomes of an effect that was ordered, is unanswered, and runs nowhere here: begun again where repeating is
 * harmless, declared lost where it is not.
 */

import type { PendingEffect } from "../../infra/store.ts";
import type { OutsideEffect } from "../../machines/effect.ts";
import { toolNamed } from "../../registry/tools/index.ts";
import { lostCall } from "./effects/model-call.ts";
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
