// The simulation can see: each mechanism of the design that is switched off is found by its violation. Which seed found
// it is printed, because a mechanism that only one seed in thousands misses needs that many.
import { expect, it } from "vitest";
import { campaign } from "./campaign.ts";
import { PLANTS } from "./plants.ts";

/** Seeds that a mistake may stay hidden for. */
const SEEDS_MAX = 6_000;
const TIMEOUT_MS = 600_000;

it.each(PLANTS)("$name is found", { timeout: TIMEOUT_MS }, async ({ name, plants, shows, seed }) => {
  const search = async (from: number, seeds: number) =>
    (await campaign({ from, seeds, plants, deepEvery: 1, first: true })).failed[0];
  const found = (seed === undefined ? undefined : await search(seed, 1)) ?? (await search(1, SEEDS_MAX));
  expect(found, `a violation within ${SEEDS_MAX} seeds`).toBeDefined();
  expect(found?.violations.join("\n")).toMatch(shows);
  process.stdout.write(`${name}: seed ${found?.seed}, ${found?.violations[0]}\n`);
});

it("without a plant the same seeds show nothing", { timeout: TIMEOUT_MS }, async () => {
  const { failed, commits } = await campaign({ from: 1, seeds: 200, deepEvery: 1 });
  expect(failed).toEqual([]);
  expect(commits).toBeGreaterThan(1_000);
});
