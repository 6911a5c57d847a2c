/** One simulation: a world, some workers, some runs, and faults until the seed has had enough; then everything must end. */
import { steadyStore } from "../../infra/steady-store.ts";
import { type Address, type Commit, memberOf, type Store } from "../../infra/store.ts";
import type { Log } from "../../infra/log.ts";
import type { Flaws } from "../support/memory-store/flaws.ts";
import { memoryStore } from "../support/memory-store/memory-store.ts";
import { shardNamed } from "../support/memory-store/state.ts";
import { type Client, startClient } from "./client.ts";
import { type FaultKind, type Faults, faultsOf } from "./faults.ts";
import { faultyStore, type Network } from "./faulty-store.ts";
import { checkAtRest } from "./final-checks.ts";
import { type GateFlaws, openWorld } from "./gate.ts";
import { type Hints, hints } from "./hints.ts";
import { imitation, withUnsafeTool } from "./imitation.ts";
import { type Oracle, oracle } from "./oracle.ts";
import { type Random, randomFrom } from "./random.ts";
import { type Owner, type Scheduler, scheduler } from "./scheduler.ts";
import type { UnsafeFlaws } from "./unsafe-tool.ts";
import { type SimWorker, startWorker } from "./worker.ts";

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

/** As many as there are runs at most: every shard is swept by every worker, and an empty one shows nothing. */
const SHARDS = ["s00", "s01"];
const shardOf = (run: string): string => SHARDS[run.charCodeAt(run.length - 1) % SHARDS.length] as string;
/** How long everything may take once nothing goes wrong any more. */
const PATIENCE_MS = 4 * 3_600_000;
const STEPS_MAX = 200_000;
/** Whoever comes late has come by then. */
const AFTERMATH_MS = 10_000;
const VIOLATIONS_MAX = 20;

const SILENT = { debug() {}, info() {}, warn() {}, error() {} } as unknown as Log;

export async function simulate(seed: number, { plants = {}, deep = true, trace }: SimulateOptions = {}): Promise<Simulated> {
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
  const stage = setUp({ random, time, plants, tell, violation });
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
    steps: time.steps(),
    virtualMs: time.nowMs() - startMs,
    ends,
  };
}

interface SetUp {
  readonly random: Random;
  readonly time: Scheduler;
  readonly plants: Plants;
  readonly tell: (line: () => string) => void;
  readonly violation: (what: string) => void;
}

function setUp({ random, time, plants, tell, violation }: SetUp) {
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
  const steady = { log: SILENT, monotonicMs: time.nowMs, random: random.next };
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
  const crew = { runs: client.runs.length, random, time, faults, workers, network, queue, performers, watched, poisoned, violation, tell };
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

interface Crew extends Omit<SetUp, "plants"> {
  readonly faults: Faults;
  readonly workers: SimWorker[];
  readonly network: Network;
  readonly queue: Hints;
  readonly performers: ReturnType<typeof imitation>;
  readonly watched: Oracle;
  readonly poisoned: Set<string>;
  readonly runs: number;
}

/** Two or three processes at one or two places; who dies is followed by another at the same place. */
function hire({ runs, random, time, workers, network, queue, performers, watched, poisoned, violation, tell, faults }: Crew): void {
  const places = random.chance(0.5) ? ["here", "there"] : ["here"];
  const count = random.between(places.length, 3);
  const unable = random.chance(0.2) && count > places.length;
  const gone = new Set<string>();
  let names = 0;
  const start = (place: string, able: boolean): void => {
    if (gone.has(place)) return;
    names += 1;
    const worker = startWorker({
      name: `w${names}`,
      place,
      able,
      store: watched.store,
      network,
      hints: () => queue,
      shards: SHARDS.slice(0, runs),
      shardOf,
      performers,
      isGone: (asked) => gone.has(asked),
      crashed: (dead) => {
        const at = workers.indexOf(dead);
        if (at >= 0) workers.splice(at, 1);
        time.at(random.between(200, 3_000), () => start(place, able));
      },
      problem: (what: string, cause: unknown, address: Address) => {
        if (!poisoned.has(memberOf(address))) violation(`${what} (${memberOf(address)}): ${String((cause as Error)?.stack ?? cause)}`);
      },
      trace: tell,
    });
    tell(() => `${worker.name} starts at ${place}${able ? "" : ", without access"}`);
    workers.push(worker);
    time.at(0, () => worker.start(), worker);
  };
  for (let n = 0; n < count; n += 1) start(places[n % places.length] as string, !(unable && n === count - 1));
  time.at(random.between(1_000, 8_000), () => {
    if (places.length < 2 || !faults.strikes("host gone")) return;
    tell(() => "the host there is gone for good");
    gone.add("there");
    for (const worker of workers.filter(({ place }) => place === "there")) worker.crash();
  });
}

/**
 * A server that now and then comes back without its last write, where that was a claim: the epoch is given a second time,
 * and only the nonce tells one claim from the other.
 */
function forgetful(
  watched: Oracle,
  { memory }: ReturnType<typeof memoryStore>,
  { random, time, faults, tell, workers }: Pick<Crew, "random" | "time" | "faults" | "tell" | "workers">,
): Oracle {
  const claim: Store["claim"] = (address, nonce, served) => {
    const snapshots = memory.runs.get(address.run)?.snapshots;
    const before = { ...snapshots?.get(address.actor) };
    const answered = watched.store.claim(address, nonce, served);
    const actor = snapshots?.get(address.actor);
    if (actor === undefined || before.epoch === undefined || before.epoch === actor.epoch) return answered;
    if ([...actor.pending.values()].some(({ held }) => held !== null) || !faults.strikes("lost claim")) return answered;
    const { epoch } = actor;
    time.at(random.below(600), () => {
      if (actor.epoch !== epoch || actor.version !== before.version || actor.quarantined === epoch) return;
      tell(() => `the claim ${nonce} of ${memberOf(address)} is lost`);
      const { nonce: earlier = null, incarnation = 0, claims = 0, claimsAt = null } = before;
      Object.assign(actor, { epoch: epoch - 1, nonce: earlier, incarnation, claims, claimsAt });
      watched.forgotClaim(memberOf(address), earlier);
      // Connections were cut with it, and locks with them: the job goes to somebody.
      time.at(random.below(50), () => {
        const awake = workers.filter((worker) => worker.awake());
        if (awake.length > 0) random.pick(awake).activate(address, () => {});
      });
    });
    return answered;
  };
  return { ...watched, store: { ...watched.store, claim } };
}

interface Mischief extends Crew {
  readonly kept: ReturnType<typeof memoryStore>;
  readonly deadly: Set<string>;
  readonly client: Client;
}

/** What strikes the store itself, and time. */
function mischief({ random, time, faults, kept, deadly, client, watched, poisoned, tell }: Mischief): void {
  const { memory } = kept;
  for (const beforeMs of [5_000, 12_000]) {
    time.at(random.below(beforeMs), () => {
      if (!faults.strikes("time leap")) return;
      tell(() => "time leaps");
      time.jump(random.between(500, 40_000));
    });
  }
  time.at(random.below(8_000), () => {
    if (!faults.strikes("new incarnation")) return;
    tell(() => "a new incarnation");
    shardNamed(memory, shardOf(random.pick(client.runs))).incarnation += 1;
  });
  time.at(random.between(500, 5_000), () => {
    const run = random.pick(client.runs);
    const stored = memory.runs.get(run);
    const actor = random.pick([...(stored?.actors.keys() ?? [])]);
    if (stored === undefined || actor === undefined || stored.fields.get("status") !== "running") return;
    if (!faults.strikes("poison")) return;
    const type = actor === "a_coordinator" ? "coordinator" : "explore";
    const address = { run, actor, type };
    poisoned.add(memberOf(address));
    tell(() => `poison for ${memberOf(address)}`);
    deadly.add("poison");
    void watched.store.send(address, { id: "poison", event: { type: "poison" } });
  });
}
