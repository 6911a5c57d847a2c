// A few seconds of every profile of chaos, with a seed that wanders from day to day. More, and longer: `npm run chaos`.

import { afterAll, beforeAll, expect, test } from "vitest";
import { type Arena, openArena } from "./arena.ts";
import { profiles } from "./profiles/index.ts";
import { playRound } from "./round.ts";
import { seedOf, todaysSeed } from "./seed.ts";

const SEED = todaysSeed();
const RUNS = 3;
const FAULTS_MS = 3_000;

let arena: Arena;

beforeAll(async () => {
  arena = await openArena();
});

afterAll(async () => {
  await arena?.close();
});

test.each(profiles.map((profile) => ({ profile, name: profile.name })))(
  `under "$name" every run ends, and nothing is done twice (CHAOS_SEED=${SEED})`,
  async ({ profile, name }) => {
    const seed = seedOf(SEED, name, "ci");
    const round = await playRound(arena, { profile, seed, name, runs: RUNS, faultsMs: FAULTS_MS });
    console.info(JSON.stringify({ name, faults: round.faults, ended: round.runs.map(({ status }) => status) }));
    expect(round.violations).toEqual([]);
    expect(Object.values(round.faults).length).toBeGreaterThan(0);
    expect(round.runs.length + round.refused).toBeGreaterThanOrEqual(RUNS);
  },
  600_000,
);
