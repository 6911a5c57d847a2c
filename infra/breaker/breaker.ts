/**
 * One breaker of this process: the pure chart with a clock beside it. For what only this process can reach, and for what
 * is asked too often to ask Redis first; what all workers share has a call gate (`call-gate.ts`).
 */
import { type BreakerContext, breakerMachine } from "../../machines/breaker-machine.ts";
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
  /** Milliseconds it stays open before its first probe. Default 15,000. */
  readonly coolingMs?: number;
  /** The most that failed probes make of it. Default 20 times the first. */
  readonly coolingLastMs?: number;
  /** After so many milliseconds a probe that told nothing gives way. Default 60,000. */
  readonly probeMs?: number;
  readonly monotonicMs: () => number;
}

const MEMORY_MS = 600_000;

export function breaker({
  name,
  failuresMax = 5,
  coolingMs = 15_000,
  coolingLastMs = coolingMs * 20,
  probeMs = 60_000,
  monotonicMs,
}: BreakerOptions): Breaker {
  let version = 1;
  const input = { failuresMax, coolingFirstMs: coolingMs, coolingLastMs, probeMs, memoryMs: MEMORY_MS };
  let state: ActorState = fold(breakerMachine, null, { version, cause: { input } }).state;
  let calls = 0;
  /** Nothing to fold for who is asked, or told of, far more often than anything fails. */
  let isWell = true;
  const take = (event: { readonly type: string; readonly by: string }): BreakerChange | null => {
    const from = statePath(state);
    const at = monotonicMs();
    version += 1;
    state = fold(breakerMachine, state, { version, cause: { event: { at, begunAt: at, ...event } as never } }).state;
    const to = statePath(state);
    isWell = to === "closed" && contextOf(state).failures === 0;
    return from === to ? null : { breaker: name, from, to };
  };
  return {
    ask() {
      if (isWell || statePath(state) === "closed") return { open: false };
      calls += 1;
      const by = String(calls);
      take({ type: "call.asked", by });
      const { probe, coolsAtMs } = contextOf(state);
      if (probe === by) return { open: false };
      // While the probe is out, the rest look again after a moment that is short beside the cooling time.
      const waitMs = Math.ceil(coolsAtMs - monotonicMs());
      return { open: true, name, waitMs: Math.max(waitMs, Math.ceil(coolingMs / 10)) };
    },
    // Who asks first and tells first is the same here: whatever is told while a probe is out counts as its end.
    tell: (well) =>
      well && isWell
        ? null
        : take({ type: well ? "call.succeeded" : "call.failed", by: contextOf(state).probe ?? String(calls) }),
  };
}

const contextOf = (state: ActorState): BreakerContext => state.snapshot.context as unknown as BreakerContext;
