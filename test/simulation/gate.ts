/**
 * The world that unsafe effects change, and the gate before it: per place one folder in which an effect is taken once, by
 * one holder ever, before it is carried out, and in which its outcome is kept. It outlives every process.
 */

export type GateOutcome = "done" | "failed" | "never";

export interface Taken {
  readonly holder: string;
  readonly outcome: GateOutcome | null;
}

/** What a performer needs of it. Every call is one indivisible step of the world. */
export interface Gate {
  /** True for one caller ever. */
  take(effect: string, holder: string): boolean;
  record(effect: string, outcome: GateOutcome): void;
  look(effect: string): Taken | null;
}

export interface World {
  gateOf(place: string): Gate;
  /** The effect happens: the world is another one from here on. */
  act(effect: string, call: string): void;
  happened(effect: string): boolean;
  /** How often, by effect and by `run/actor call`. */
  readonly byEffect: ReadonlyMap<string, number>;
  readonly byCall: ReadonlyMap<string, number>;
  readonly acts: () => number;
}

export interface GateFlaws {
  /** Whoever asks gets it. */
  readonly noGate?: boolean;
}

export function openWorld(flaws: GateFlaws): World {
  const gates = new Map<string, Map<string, Taken>>();
  const byEffect = new Map<string, number>();
  const byCall = new Map<string, number>();
  let acts = 0;
  const more = (counts: Map<string, number>, key: string): void => {
    counts.set(key, (counts.get(key) ?? 0) + 1);
  };
  return {
    gateOf(place) {
      const folder = gates.get(place) ?? new Map<string, Taken>();
      gates.set(place, folder);
      return {
        take(effect, holder) {
          if (folder.has(effect) && flaws.noGate !== true) return false;
          folder.set(effect, { holder, outcome: null });
          return true;
        },
        record(effect, outcome) {
          const taken = folder.get(effect);
          if (taken !== undefined && taken.outcome === null) folder.set(effect, { ...taken, outcome });
        },
        look: (effect) => (flaws.noGate === true ? null : (folder.get(effect) ?? null)),
      };
    },
    act(effect, call) {
      acts += 1;
      more(byEffect, effect);
      more(byCall, call);
    },
    happened: (effect) => (byEffect.get(effect) ?? 0) > 0,
    byEffect,
    byCall,
    acts: () => acts,
  };
}
