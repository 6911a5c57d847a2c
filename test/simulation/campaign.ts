/** Many seeds one after the other, and what they came to. */
import { FAULT_KINDS, type FaultKind } from "./faults.ts";
import { type Plants, type Simulated, simulate } from "./simulate.ts";

export interface Campaign {
  readonly seeds: number;
  readonly faults: Record<FaultKind, number>;
  readonly ends: Record<string, number>;
  runs: number;
  commits: number;
  effects: number;
  acts: number;
  fenced: number;
  steps: number;
  virtualMs: number;
  /** Seeds that showed a violation, the first ones only. */
  readonly failed: { readonly seed: number; readonly violations: readonly string[] }[];
  failures: number;
}

export interface CampaignOptions {
  readonly from: number;
  readonly seeds: number;
  readonly plants?: Plants;
  /** Logs are folded again for one seed in so many. Default 4. */
  readonly deepEvery?: number;
  /** Stops at the first violation. */
  readonly first?: boolean;
}

const KEPT_MAX = 50;
const DEEP_EVERY = 4;

export async function campaign(options: CampaignOptions): Promise<Campaign> {
  const { from, seeds, plants = {}, deepEvery = DEEP_EVERY, first = false } = options;
  const all = emptyCampaign(seeds);
  for (let seed = from; seed < from + seeds; seed += 1) {
    count(all, await simulate(seed, { plants, deep: seed % deepEvery === 0 }));
    if (first && all.failures > 0) break;
    // Lets a signal, or a message from another process, come through.
    if (seed % 200 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return all;
}

export const emptyCampaign = (seeds: number): Campaign => ({
  seeds,
  faults: Object.fromEntries(FAULT_KINDS.map((kind) => [kind, 0])) as Record<FaultKind, number>,
  ends: {},
  runs: 0,
  commits: 0,
  effects: 0,
  acts: 0,
  fenced: 0,
  steps: 0,
  virtualMs: 0,
  failed: [],
  failures: 0,
});

function count(all: Campaign, one: Simulated): void {
  for (const kind of FAULT_KINDS) all.faults[kind] += one.faults[kind];
  for (const [status, times] of Object.entries(one.ends)) all.ends[status] = (all.ends[status] ?? 0) + times;
  for (const what of SUMS) all[what] += one[what];
  if (one.violations.length === 0) return;
  all.failures += 1;
  if (all.failed.length < KEPT_MAX) all.failed.push({ seed: one.seed, violations: one.violations });
}

const SUMS = ["runs", "commits", "effects", "acts", "fenced", "steps", "virtualMs"] as const;

/** Adds what another process saw. */
export function addTo(all: Campaign, other: Campaign): void {
  for (const kind of FAULT_KINDS) all.faults[kind] += other.faults[kind];
  for (const [status, times] of Object.entries(other.ends)) all.ends[status] = (all.ends[status] ?? 0) + times;
  for (const what of SUMS) all[what] += other[what];
  all.failures += other.failures;
  all.failed.push(...other.failed.slice(0, Math.max(0, KEPT_MAX - all.failed.length)));
}
