// A few seconds of every profile of chaos, with the seed of all tests. More, and longer: `npm run chaos`.

import { afterAll, beforeAll, expect, test } from "vitest";
import { type Arena, openArena } from "./arena.ts";
import { playGraphRound } from "./graph/graph-round.ts";
import { profiles } from "./profiles/index.ts";
import { playRound } from "./round.ts";
import { gateSeed, seedOf } from "./seed.ts";

const SEED = gateSeed();
const RUNS = { agent: 3, graph: 1 };
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
    const { plays = "agent" } = profile;
    const play = plays === "graph" ? playGraphRound : playRound;
    const round = await play(arena, { profile, seed, name, runs: RUNS[plays], tasks: 3, faultsMs: FAULTS_MS });
    console.info(JSON.stringify({ name, faults: round.faults, ended: round.runs.map(({ status }) => status) }));
    expect(round.violations).toEqual([]);
    expect(Object.values(round.faults).length).toBeGreaterThan(0);
    expect(round.runs.length + round.refused).toBeGreaterThanOrEqual(RUNS[plays]);
  },
  600_000,
);
