/** One breaker of this process: the pure chart with a clock beside it. Its changes are told to the run that saw them. */
import { breakerMachine } from "../../machines/breaker-machine.ts";
import { type ActorState, fold, statePath } from "../../machines/fold.ts";

export interface BreakerChange {
  readonly breaker: string;
  readonly from: string;
  readonly to: string;
}

export interface Breaker {
  /** May a call be made now? In half-open state one caller gets through; the others wait. */
  ask(): { readonly open: false } | { readonly open: true; readonly name: string; readonly waitMs: number };
  /** How a call came out; the change it caused, if any. */
  tell(well: boolean): BreakerChange | null;
}

export interface BreakerOptions {
  readonly name: string;
  /** Failures in a row that open it. Default 5. */
  readonly failuresMax?: number;
  /** Milliseconds it stays open before a probe. Default 15,000. */
  readonly coolingMs?: number;
  readonly monotonicMs: () => number;
}

export function breaker({ name, failuresMax = 5, coolingMs = 15_000, monotonicMs }: BreakerOptions): Breaker {
  let version = 1;
  let state: ActorState = fold(breakerMachine, null, { version, cause: { input: { failuresMax } } }).state;
  let openedMs = 0;

  const take = (type: "call.succeeded" | "call.failed" | "breaker.cooled"): BreakerChange | null => {
    const from = statePath(state);
    version += 1;
    state = fold(breakerMachine, state, { version, cause: { event: { type } } }).state;
    const to = statePath(state);
    if (to === "open" && from !== "open") openedMs = monotonicMs();
    return from === to ? null : { breaker: name, from, to };
  };

  return {
    ask() {
      const now = statePath(state);
      if (now === "closed") return { open: false };
      const waitMs = Math.ceil(openedMs + coolingMs - monotonicMs());
      if (now === "open" && waitMs <= 0) {
        take("breaker.cooled");
        return { open: false };
      }
      // While the probe is out, the rest look again after a moment that is short beside the cooling time.
      return { open: true, name, waitMs: Math.max(waitMs, Math.ceil(coolingMs / 10)) };
    },
    tell: (well) => take(well ? "call.succeeded" : "call.failed"),
  };
}
