/**
 * What goes wrong in one simulation: which kinds, how often, and for how long, all drawn from the seed. Most seeds know
 * some kinds only, so that rare ones are seen without the noise of the rest.
 */
import type { Random } from "./random.ts";

export const FAULT_KINDS = [
  "crash",
  "pause",
  "zombie",
  "lost reply",
  "lost call",
  "late call",
  "double call",
  "lost ring",
  "late ring",
  "lost wake-up",
  "removed job",
  "double job",
  "stalled job",
  "parked",
  "cancelled",
  "sent twice",
  "time leap",
  "lost claim",
  "new incarnation",
  "broken performer",
  "host gone",
  "poison",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** Probability at each place where it may strike, and how often in one simulation. */
const RATES: Readonly<Record<FaultKind, readonly [rate: number, most: number]>> = {
  crash: [0.02, 4],
  pause: [0.02, 4],
  zombie: [0.015, 2],
  "lost reply": [0.04, 6],
  "lost call": [0.03, 4],
  "late call": [0.02, 3],
  "double call": [0.04, 6],
  "lost ring": [0.3, 40],
  "late ring": [0.3, 40],
  "lost wake-up": [0.15, 12],
  "removed job": [0.05, 3],
  "double job": [0.05, 3],
  "stalled job": [0.05, 3],
  parked: [0.5, 2],
  cancelled: [0.12, 1],
  "sent twice": [0.5, 4],
  "time leap": [0.5, 2],
  "lost claim": [0.04, 2],
  "new incarnation": [0.5, 1],
  "broken performer": [0.01, 1],
  "host gone": [0.15, 1],
  poison: [0.06, 1],
};

export interface Faults {
  /** True where this kind strikes now; counted. */
  strikes(kind: FaultKind, weight?: number): boolean;
  /** False once nothing goes wrong any more. */
  lasts(): boolean;
  /** From here on nothing goes wrong any more. */
  end(): void;
  readonly counts: Readonly<Record<FaultKind, number>>;
}

/** Share of the kinds that a seed knows. */
const KNOWN_SHARE = 0.55;

export function faultsOf(random: Random): Faults {
  const counts = Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<FaultKind, number>;
  const known = new Set(FAULT_KINDS.filter(() => random.chance(KNOWN_SHARE)));
  let over = false;
  return {
    counts,
    strikes(kind, weight = 1) {
      if (over || weight === 0 || !known.has(kind)) return false;
      const [rate, most] = RATES[kind];
      if (counts[kind] >= most || !random.chance(rate * weight)) return false;
      counts[kind] += 1;
      return true;
    },
    lasts: () => !over,
    end() {
      over = true;
    },
  };
}
