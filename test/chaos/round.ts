/**
 * One round of chaos: several runs begin, a profile breaks things for some seconds, then it is calm, and every run has
 * to come to its end. What is found goes into the result, with what one needs to look into it.
 */
import { setTimeout as pause } from "node:timers/promises";
import { randomFrom } from "../simulation/random.ts";
import { eventually } from "../support/swarm-cli.ts";
import type { Arena } from "./arena.ts";
import { disturbed, type Profile } from "./profiles/profile.ts";
import { type Play, playOf } from "./reference-run.ts";
import { orphansOf, orphanWords, workerViolations } from "./run-facts.ts";
import { type Judged, judged, queueViolations } from "./settle.ts";

export interface RoundOptions {
  readonly profile: Profile;
  readonly seed: number;
  /** Distinguishes this round's runs from those of the arena's other rounds; letters and digits. */
  readonly name: string;
  readonly runs: number;
  /** Tasks of each graph, where graphs are played. */
  readonly tasks?: number;
  /** How long things break, in milliseconds. */
  readonly faultsMs: number;
}

export interface RoundResult {
  readonly profile: string;
  readonly seed: number;
  readonly name: string;
  readonly faults: Readonly<Record<string, number>>;
  readonly runs: readonly Judged[];
  /** Commands `swarm run` that could not get through, and said so. */
  readonly refused: number;
  readonly tookMs: number;
  readonly violations: readonly string[];
}

const WORKERS = 2;

export async function playRound(arena: Arena, options: RoundOptions): Promise<RoundResult> {
  const { profile, seed, name, faultsMs } = options;
  const startedMs = performance.now();
  const random = randomFrom(seed);
  const plays = Array.from({ length: options.runs }, (_, index) =>
    playOf(`${name}n${index}`, {
      beforeMs: random.between(0, 1_000),
      afterMs: random.between(0, 1_500),
      thinkingMs: (turn) => 20 + ((seed + turn * 197 + index * 331) % 700),
    }),
  );
  await staff(arena);
  const begun = new Map<Play, string | null>();
  const begin = async (play: Play): Promise<void> => void begun.set(play, await arena.begin(play));
  const half = Math.ceil(plays.length / 2);
  await Promise.all(plays.slice(0, half).map(begin));
  const later = plays.slice(half).map((play) => ({ play, afterMs: random.below(faultsMs * 0.7) }));
  const [{ faults }] = await Promise.all([
    disturbed(profile, arena, random, faultsMs),
    ...later.map(({ play, afterMs }) => pause(afterMs).then(() => begin(play))),
  ]);
  await staff(arena);
  const found = await runsOf(arena, plays);
  const lost = profile.losesAcknowledged
    ? []
    : [...begun].filter(([, run]) => run !== null && ![...found.values()].includes(run));
  const runs = await Promise.all([...found].map(([play, run]) => judged(arena, run, play, profile.losesAcknowledged)));
  await eventually("no process is left", () => orphansOf(arena).length === 0).catch(() => {});
  const violations = [
    ...lost.map(([play, run]) => `run ${run} of ${play.key} was begun, and is not there`),
    ...runs.flatMap((run) => run.violations),
    ...orphanWords(arena),
    ...(await queueViolations(arena)),
    ...workerViolations(arena),
  ];
  const refused = [...begun.values()].filter((run) => run === null).length;
  const tookMs = Math.round(performance.now() - startedMs);
  return { profile: profile.name, seed, name, faults, runs, refused, tookMs, violations };
}

/** At least so many workers live, and take work. */
export async function staff(arena: Arena): Promise<void> {
  const missing = WORKERS - arena.living().length;
  await Promise.all(Array.from({ length: Math.max(0, missing) }, () => arena.startWorker()));
}

/** What Redis knows of them: a run whose command was not answered may be there all the same. */
async function runsOf({ reader }: Arena, plays: readonly Play[]): Promise<Map<Play, string>> {
  const rows = await reader.runs();
  const found = new Map<Play, string>();
  for (const play of plays) {
    const row = rows.find(({ fields }) => fields.goal?.includes(`[[${play.key}]]`));
    if (row !== undefined) found.set(play, row.run);
  }
  return found;
}
