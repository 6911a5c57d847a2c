/** One simulation: a world, some workers, some runs, and faults until the seed has had enough; then everything must end. */

import type { Log } from "../../infra/log.ts";
import { steadyStore } from "../../infra/steady-store.ts";
import type { Commit } from "../../infra/store.ts";
import type { Flaws } from "../support/memory-store/flaws.ts";
import { memoryStore } from "../support/memory-store/memory-store.ts";
import { type Client, startClient } from "./client.ts";
import { hire, shardOf } from "./crew.ts";
import { type FaultKind, faultsOf } from "./faults.ts";
import { faultyStore, type Network } from "./faulty-store.ts";
import { checkAtRest } from "./final-checks.ts";
import { type GateFlaws, openWorld } from "./gate.ts";
import { type Hints, hints } from "./hints.ts";
import { imitation, withUnsafeTool } from "./imitation.ts";
import { forgetful, mischief } from "./mischief.ts";
import { oracle } from "./oracle.ts";
import { type Random, randomFrom } from "./random.ts";
import { type Owner, type Scheduler, scheduler } from "./scheduler.ts";
import type { UnsafeFlaws } from "./unsafe-tool.ts";
import type { SimWorker } from "./worker.ts";

/** Mistakes planted for the simulation to find; none in a simulation of the product. */
export interface Plants {
  readonly store?: Flaws;
  readonly gate?: GateFlaws;
  readonly tool?: UnsafeFlaws;
}

export interface Simulated {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly faults: Readonly<Record<FaultKind, number>>;
  readonly runs: number;
  readonly commits: number;
  readonly effects: number;
  readonly acts: number;
  /** Actors that were fenced for good. */
  readonly fenced: number;
  readonly steps: number;
  readonly virtualMs: number;
  readonly ends: Readonly<Record<string, number>>;
}

export interface SimulateOptions {
  readonly plants?: Plants;
  /** Whether every log is read and folded again at the end, through the product's own replay. Default true. */
  readonly deep?: boolean;
  /** Told every step, as a line. */
  readonly trace?: (line: string) => void;
}

/** How long everything may take once nothing goes wrong any more. */
const PATIENCE_MS = 4 * 3_600_000;
const STEPS_MAX = 200_000;
/** Whoever comes late has come by then. */
const AFTERMATH_MS = 10_000;
const VIOLATIONS_MAX = 20;
/** Tells the seeds of what is drawn apart from the others. */
const DOUBTS = 1_000_003;

const SILENT = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log;

export async function simulate(
  seed: number,
  { plants = {}, deep = true, trace }: SimulateOptions = {},
): Promise<Simulated> {
  withUnsafeTool();
  const random = randomFrom(seed);
  const time = scheduler(random);
  const startMs = time.nowMs();
  const violations: string[] = [];
  const tell = (line: () => string): void => {
    if (trace !== undefined) trace(`${String(time.nowMs() - startMs).padStart(7)} ${line()}`);
  };
  const violation = (what: string): void => {
    tell(() => `VIOLATION ${what}`);
    if (violations.length < VIOLATIONS_MAX) violations.push(what);
  };
  const doubts = randomFrom(seed + DOUBTS);
  const stage = setUp({ random, doubts, time, plants, tell, violation });
  const { client, faults, memory, watched, world } = stage;

  const statusOf = (run: string): string => memory.runs.get(run)?.fields.get("status") ?? "none";
  const ended = (): boolean => client.runs.every((run) => !["none", "running"].includes(statusOf(run)));
  time.at(random.between(3_000, 16_000), () => {
    faults.end();
    tell(() => "faults end");
    client.settle();
  });
  const how = await time.run(ended, { untilMs: startMs + PATIENCE_MS, stepsMax: STEPS_MAX });
  faults.end();
  if (how !== "done") {
    const open = client.runs.map((run) => `${run} ${statusOf(run)}`).join(", ");
    violation(`not everything has come to an end (${how}): ${open}`);
  } else {
    const restMs = time.nowMs() + AFTERMATH_MS;
    await time.run(() => time.nowMs() > restMs, { untilMs: restMs, stepsMax: STEPS_MAX });
    const { poisoned } = stage;
    await checkAtRest({ memory, books: watched.books, world, runs: client.runs, poisoned, deep, violation });
  }
  const ends: Record<string, number> = {};
  for (const run of client.runs) ends[statusOf(run)] = (ends[statusOf(run)] ?? 0) + 1;
  return {
    seed,
    violations,
    faults: faults.counts,
    runs: client.runs.length,
    commits: watched.books.commits.length,
    effects: watched.books.effects(),
    acts: world.acts(),
    fenced: watched.books.fenced.size,
    steps: time.steps(),
    virtualMs: time.nowMs() - startMs,
    ends,
  };
}

interface SetUp {
  readonly random: Random;
  readonly doubts: Random;
  readonly time: Scheduler;
  readonly plants: Plants;
  readonly tell: (line: () => string) => void;
  readonly violation: (what: string) => void;
}

function setUp({ random, doubts, time, plants, tell, violation }: SetUp) {
  const faults = faultsOf(random);
  const workers: SimWorker[] = [];
  const ring = (_: string, name: string): void => {
    for (const worker of workers) {
      if (!worker.alive || faults.strikes("lost ring")) continue;
      const lateMs = faults.strikes("late ring") ? random.below(5_000) : random.below(3);
      time.at(lateMs, () => worker.rang(name), worker, 0.1);
    }
  };
  const kept = memoryStore({ nowMs: time.nowMs, ring, shardOf, flaws: plants.store ?? {} });
  const watched = forgetful(oracle(kept, violation), kept, { random, time, faults, tell, workers });
  const world = openWorld(plants.gate ?? {});
  const deadly = new Set<string>();
  const poisoned = new Set<string>();
  const network: Network = {
    scheduler: time,
    random,
    faults,
    trace: tell,
    learned: watched.learned,
    deadly: (commit, owner) => isDeadly(commit, owner, deadly, workers),
  };
  const turns = random.below(3);
  const person: Owner = { alive: true, frozenUntilMs: 0, struck: () => false };
  // A person tries again until it works.
  const steady = { log: SILENT, monotonicMs: time.nowMs, random: random.next, patienceMs: 3_600_000 };
  const client: Client = startClient({
    store: steadyStore(faultyStore(watched.store, "client", person, network), {
      ...steady,
      after: (delayMs, act) => time.at(delayMs, act, person),
    }),
    scheduler: time,
    random,
    faults,
    runs: Array.from({ length: random.chance(0.2) ? 2 : 1 }, (_, n) => `r_${n}`),
    turns,
    doubts,
    problem: (what, cause) => violation(`a client's ${what} failed: ${String(cause)}`),
  });
  const queue: Hints = hints({ scheduler: time, random, faults, workers, trace: tell });
  const performers = imitation({
    world,
    random,
    scheduler: time,
    faults,
    turns,
    isAlive: (holder) => holder === "recorder" || workers.some(({ name, alive }) => name === holder && alive),
    asked: client.asked,
    trace: tell,
    flaws: plants.tool ?? {},
  });
  const crew = {
    runs: client.runs.length,
    random,
    time,
    faults,
    workers,
    network,
    queue,
    performers,
    watched,
    poisoned,
    violation,
    tell,
  };
  hire(crew);
  mischief({ ...crew, kept, deadly, client });
  return { client, faults, memory: kept.memory, watched, world, poisoned };
}

/** One that kills whoever takes it: what it is found in is poisoned. */
function isDeadly(commit: Commit, owner: Owner, deadly: ReadonlySet<string>, workers: readonly SimWorker[]): boolean {
  if (!("mail" in commit.by) || !deadly.has(commit.by.mail)) return false;
  const worker = workers.find((one) => one === owner);
  worker?.crash();
  return worker !== undefined;
}
