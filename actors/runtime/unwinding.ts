/**
 * What is left to do for an actor that was fenced for good: what it had begun in the world ends on the host that began it,
 * and only then is the actor forgotten. Done again after a crash in the middle, it finds the same and does the rest.
 */
import type { Address, PendingEffect } from "../../infra/store.ts";
import type { ActivationDeps } from "./activation-deps.ts";
import { orderedFrom } from "./ordered.ts";

type UnwindingDeps = Pick<ActivationDeps, "store" | "effects" | "calledOff" | "handOver" | "place" | "log">;

/** Throws StoreError where that cannot be written down; the actor then stays on the list of those that need looking after. */
export async function unwind(deps: UnwindingDeps, address: Address, pending: Iterable<PendingEffect>): Promise<void> {
  const ended: string[] = [];
  for (const one of pending) {
    const order = orderedFrom(one);
    deps.effects.cancel(one.id);
    if (order.place === undefined) continue;
    if (order.place === deps.place) {
      if (await deps.calledOff(order, one.id)) ended.push(one.id);
    } else if (!(await deps.handOver(address, order.place))) {
      deps.log.warn(
        { ...address, effect: one.id, place: order.place },
        "its host is gone: what it began cannot be ended",
      );
      ended.push(one.id);
    }
  }
  if (ended.length > 0) await deps.store.unwound(address, ended);
}
