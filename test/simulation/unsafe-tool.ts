/**
 * An unsafe tool in the simulated world, and the one who finds out what became of it: gate, act, record; and afterwards
 * gate, outcome, holder, world, in this order. The protocol is the production one; only the world is made up.
 */
import { toolResultEntry } from "../../actors/runtime/conversation.ts";
import { type Answer, EffectAborted, type Performer } from "../../actors/runtime/performer.ts";
import { interruptedAnswer } from "../../actors/runtime/recovery.ts";
import type { Gate, GateOutcome, World } from "./gate.ts";
import type { Random } from "./random.ts";
import type { Scheduler } from "./scheduler.ts";
import type { SimWorker } from "./worker.ts";

export interface UnsafeParts {
  readonly world: World;
  readonly random: Random;
  readonly scheduler: Scheduler;
  /** Whether whoever holds a gate still lives: a process that is only frozen does. */
  readonly isAlive: (holder: string) => boolean;
  readonly trace: (line: () => string) => void;
  readonly flaws: UnsafeFlaws;
}

export interface UnsafeFlaws {
  /** Whoever finds a lost effect says that it never happened, without looking. */
  readonly blindRepeat?: boolean;
  /** A holder that is silent is taken for dead. */
  readonly silentIsDead?: boolean;
  /** What was missed is not closed against whoever may still be on the way. */
  readonly missedStaysOpen?: boolean;
}

type Order = Parameters<Performer<"tool.run">>[0];

const LOOK_EVERY_MS = 400;

export const finished = ({ call, tool }: Pick<Order, "call" | "tool">, effect: string, ok: boolean): Answer => ({
  event: { type: "tool.finished", call, ok } as Answer["event"],
  entries: [toolResultEntry(call, ok ? "done" : "failed", ok)],
  told: [{ type: ok ? "tool.finished" : "tool.failed", effect, call, tool, bytes: 4, tookMs: 1 }],
});

/** In this process, or by a recorder of its own that outlives it. */
export function unsafeRun(parts: UnsafeParts, worker: SimWorker): Performer<"tool.run"> {
  const { random, world, scheduler, trace } = parts;
  return async (order, { effectId, address, signal, isWanted }) => {
    const gate = world.gateOf(worker.place);
    const { underWay } = worker;
    const key = `${address.run}/${address.actor} ${order.call}`;
    // Here, and once it has the gate, a process can do the most harm by falling silent.
    await worker.step(random.below(50), 5);
    if (signal.aborted || (await isWanted?.()) === false) throw new EffectAborted(effectId);
    if (random.chance(0.4)) {
      scheduler.at(random.below(30), () => recorder(parts, gate, effectId, key));
    } else {
      if (!gate.take(effectId, worker.name)) throw new Error("its gate was taken by another");
      underWay.add(effectId);
      trace(() => `${worker.name} holds the gate of ${effectId}`);
      await worker.step(random.below(1_500), 5);
      const outcome: GateOutcome = signal.aborted ? "never" : random.chance(0.9) ? "done" : "failed";
      if (outcome !== "never") {
        trace(() => `${worker.name} acts: ${effectId}`);
        world.act(effectId, key);
      }
      await worker.step();
      gate.record(effectId, outcome);
      underWay.delete(effectId);
      await worker.step();
      if (outcome === "never") throw new EffectAborted(effectId);
      return finished(order, effectId, outcome === "done");
    }
    for (;;) {
      await new Promise<void>((resolve) => scheduler.at(LOOK_EVERY_MS, resolve, worker, 0.2));
      if (signal.aborted) throw new EffectAborted(effectId);
      const taken = gate.look(effectId);
      if (taken?.outcome === "done" || taken?.outcome === "failed")
        return finished(order, effectId, taken.outcome === "done");
      // Never begun, or begun and not ended by somebody who is gone: the machine has to ask.
      if (taken === null || taken.outcome === "never" || !parts.isAlive(taken.holder))
        throw new Error("the recorder left no outcome");
    }
  };
}

/** A process of its own: what happens to the worker does not touch it. Now and then it dies too. */
function recorder({ world, random, scheduler, trace }: UnsafeParts, gate: Gate, effect: string, key: string): void {
  const dies = random.chance(0.15) ? random.below(3) : 3;
  if (dies === 0) return;
  if (!gate.take(effect, dies < 3 ? "recorder that dies" : "recorder")) return;
  scheduler.at(random.below(2_500), () => {
    if (dies === 1) return;
    trace(() => `a recorder acts: ${effect}`);
    world.act(effect, key);
    if (dies === 2) return;
    scheduler.at(random.below(10), () => gate.record(effect, random.chance(0.9) ? "done" : "failed"));
  });
}

/** How long one who dies may still act: whoever asks about it waits that long before he looks at the world. */
const LAST_BREATH_MS = 3_000;

export function reconcile(parts: UnsafeParts, worker: SimWorker): Performer<"tool.reconcile"> {
  const { random, world, scheduler, flaws } = parts;
  return async (order, { effectId, signal }) => {
    const gate = world.gateOf(worker.place);
    const { effect } = order;
    const answer = (happened: boolean): Answer => ({
      event: { type: "tool.reconciled", call: order.call, happened } as Answer["event"],
      entries: happened ? [toolResultEntry(order.call, "it happened", true)] : [],
      told: [{ type: "tool.reconciled", effect, call: order.call, tool: order.tool, happened }],
    });
    await worker.step(random.below(20));
    if (flaws.blindRepeat === true) return answer(false);
    for (;;) {
      if (signal.aborted) throw new EffectAborted(effectId);
      const taken = gate.look(effect);
      if (taken === null) {
        if (flaws.missedStaysOpen === true) return answer(false);
        const won = gate.take(effect, worker.name);
        await worker.step();
        if (!won) continue;
        gate.record(effect, "never");
        return answer(false);
      }
      if (taken.outcome === "never") return answer(false);
      if (taken.outcome !== null) return finished(order, effect, taken.outcome === "done");
      const acts = taken.holder === worker.name ? worker.underWay.has(effect) : parts.isAlive(taken.holder);
      if (acts && flaws.silentIsDead !== true) {
        await new Promise<void>((resolve) => scheduler.at(LOOK_EVERY_MS, resolve, worker, 0.2));
        continue;
      }
      if (flaws.silentIsDead !== true) await worker.step(LAST_BREATH_MS);
      // It has come to its end meanwhile.
      if ((gate.look(effect)?.outcome ?? null) !== null) continue;
      if (random.chance(0.3)) return interruptedAnswer(order, effect, "its holder died, and the world does not tell");
      return answer(world.happened(effect));
    }
  };
}
