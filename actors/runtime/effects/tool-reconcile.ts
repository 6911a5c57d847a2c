/** Finds out what became of a tool call whose worker was lost. Without a trace of it, that is what it says. */
import type { Performer } from "../performer.ts";
import { interruptedAnswer } from "../recovery.ts";

export function toolReconcile(): Performer<"tool.reconcile"> {
  return (order) => Promise.resolve(interruptedAnswer(order, order.effect, "its worker died while it ran"));
}
