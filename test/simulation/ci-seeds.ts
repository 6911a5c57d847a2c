/**
 * The seeds that every build runs, in parts, so that every core has one to do at any time: no violation, and every kind of fault at work.
 * More of them: `npm run sim -- --seeds N`.
 */
import { expect, it } from "vitest";
import { campaign } from "./campaign.ts";

const SEEDS = 10_000;
const PARTS = 4;
/** Ten times what a part takes on two idle cores that do nothing else. */
const TIMEOUT_MS = 900_000;

export function seedsHold(part: number): void {
  const seeds = SEEDS / PARTS;
  const from = 1 + (part - 1) * seeds;
  it(`seeds ${from} to ${from + seeds - 1} hold every invariant under every kind of fault`, {
    timeout: TIMEOUT_MS,
  }, async () => {
    const startedMs = performance.now();
    const all = await campaign({ from, seeds });
    const seconds = (performance.now() - startedMs) / 1_000;
    process.stdout.write(
      `${seeds} seeds, ${(seeds / seconds).toFixed(0)} a second; faults ${JSON.stringify(all.faults)}\n`,
    );
    expect(all.failed).toEqual([]);
    for (const [kind, times] of Object.entries(all.faults)) expect(times, `times of ${kind}`).toBeGreaterThan(0);
    for (const end of ["completed", "failed", "exhausted", "cancelled"]) expect(all.ends[end], end).toBeGreaterThan(0);
    expect(all.ends.running).toBeUndefined();
    // A simulation in which little happens finds little.
    expect(all.commits).toBeGreaterThan(10 * seeds);
    expect(all.acts).toBeGreaterThan(seeds);
    expect(all.fenced).toBeGreaterThan(seeds / 50);
  });
}
