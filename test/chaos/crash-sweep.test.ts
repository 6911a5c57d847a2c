// SIGKILL at every commit, every model call and every effect of a reference run: real processes, a real Redis, and no
// hook in the product. Whatever the point, another worker ends the run, and nothing was done twice.
//
// CI takes each commit once, before or after by the seed of all tests; CHAOS_SWEEP=all takes every point.

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomFrom } from "../simulation/random.ts";
import { eventually } from "../support/swarm-cli.ts";
import { type Arena, openArena } from "./arena.ts";
import { allPoints, type CrashPoint, commitsOf, nameOf, strikeAt } from "./crash-points.ts";
import { ACTING } from "./reference-run.ts";
import { orphansOf, workerViolations } from "./run-facts.ts";
import { gateSeed } from "./seed.ts";
import { judged, queueViolations } from "./settle.ts";

/** Commits and model calls of the reference run; a test of its own sees to it that they are still right. */
const COMMITS = ACTING ? 18 : 15;
const TURNS = ACTING ? 6 : 5;
const SEED = gateSeed();
/** Points are played one after the other in each of these. */
const LANES = 3;

const points = chosen(allPoints(COMMITS, TURNS));

/** Of what differs only in `when`, CI takes one; commands are few and all taken. */
function chosen(all: readonly CrashPoint[]): readonly CrashPoint[] {
  if (process.env.CHAOS_SWEEP === "all") return all;
  const random = randomFrom(SEED);
  const groups = new Map<string, CrashPoint[]>();
  for (const point of all) {
    const name = point.at === "command" ? nameOf(point) : nameOf(point).split(",")[0];
    groups.set(name as string, [...(groups.get(name as string) ?? []), point]);
  }
  return [...groups.values()].map((group) => random.pick(group));
}

let arena: Arena;
/** For the commands that kill their worker: out of the sandbox nobody's number is known. */
let unconfined: Arena;

beforeAll(async () => {
  arena = await openArena({ asks: true });
  unconfined = await openArena({ asks: true, confined: false });
});

afterAll(async () => {
  await arena?.close();
  await unconfined?.close();
});

test("the undisturbed run breaks no law, and has as many commits as the sweep has points for", async () => {
  // The first run brings the scripts to the server; what the second one sends is one command per commit.
  for (const prefix of ["warm", "reference"]) {
    const own = await arena.beside(prefix);
    const { commits, play, run } = await commitsOf(own, prefix);
    expect(await judged(own, run, play)).toMatchObject({ status: "completed", violations: [] });
    if (prefix === "reference") expect(commits).toBe(COMMITS);
    await own.endWorkers();
  }
});

interface Lane {
  /** What was begun here last, however it ended. */
  done: Promise<unknown>;
  /** By the ground they stand on. */
  readonly own: Map<Arena, Promise<Arena>>;
}

const lanes = Array.from({ length: LANES }, (): Lane => ({ done: Promise.resolve(), own: new Map() }));

/** One point after the other, each in a lane. Where one broke a law, the next begins with workers of its own. */
function inLane<Answer>(index: number, ground: Arena, play: (own: Arena) => Promise<Answer>): Promise<Answer> {
  const lane = lanes[index % LANES] as Lane;
  const before = lane.done;
  const now = (async () => {
    await before;
    const beside = lane.own.get(ground) ?? ground.beside(`p${index}`);
    lane.own.set(ground, beside);
    const own = await beside;
    try {
      return await play(own);
    } catch (cause) {
      lane.own.delete(ground);
      await own.endWorkers();
      throw cause;
    }
  })();
  lane.done = now.catch(() => {});
  return now;
}

describe.concurrent("killed at", () => {
  afterAll(async () => {
    for (const { own } of lanes) for (const beside of own.values()) await (await beside).endWorkers();
  });

  test.each(points.map((point, index) => ({ point, name: nameOf(point), index })))(
    `$name, the run ends and nothing was done twice (seed ${SEED})`,
    ({ point, index }) =>
      inLane(index, point.at === "command" ? unconfined : arena, async (own) => {
        const { play, run, hit } = await strikeAt(own, point, `p${index}`);
        const { status, violations } = await judged(own, run, play);
        expect({ violations, status, hit }).toEqual({ violations: [], status: "completed", hit: true });
        expect(await queueViolations(own)).toEqual([]);
        expect(workerViolations(own)).toEqual([]);
      }),
    900_000,
  );
});

test("in the end no process is left behind", async () => {
  expect(points.length).toBeGreaterThan(15);
  await eventually("no process is left", () => orphansOf(arena).length + orphansOf(unconfined).length === 0);
});
