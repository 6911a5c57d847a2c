/** A breaker around the uses of one thing, whether this process alone can reach it or all workers do. */
import { newNonce } from "../ids.ts";
import type { Breaker } from "./breaker.ts";
import type { CallGate } from "./call-gate.ts";

export interface UseGate {
  enter(): Promise<Use | { readonly open: true; readonly waitMs: number }>;
}

export interface Use {
  readonly open: false;
  /** Has to be told how it went; null where that says nothing of the other side. */
  ended(well: boolean | null): Promise<void>;
}

export const ownUse = (breaker: Breaker): UseGate => ({
  async enter() {
    const asked = breaker.ask();
    if (asked.open) return asked;
    return {
      open: false,
      async ended(well) {
        if (well !== null) breaker.tell(well);
      },
    };
  },
});

/** `resource` is what everybody calls it who can reach it. */
export const sharedUse = (gate: CallGate, resource: string): UseGate => ({
  async enter() {
    const asked = await gate.ask(resource, { by: newNonce(), run: "" });
    if (asked.open) return { open: true, waitMs: asked.waitMs };
    return {
      open: false,
      async ended(well) {
        await gate.tell(asked.ticket, { how: well === null ? "gone" : well ? "well" : "failed" });
      },
    };
  },
});
