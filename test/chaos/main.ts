/**
 * `npm run chaos`: breaks real processes for as long as it is told to, and says what it found. Exit 1 where a law was
 * broken; what one needs to look into it is then kept in a folder that it names.
 *
 *   npm run chaos -- --profile zombie --rounds 5 --seed 7
 *   npm run chaos -- --minutes 60 --report            all profiles in turn; writes docs/chaos-report.md
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { randomFrom } from "../simulation/random.ts";
import { attempt, orQuit, readFlags } from "../support/script-flags.ts";
import { seedFrom } from "../support/test-seed.ts";
import { type Arena, openArena } from "./arena.ts";
import { storedFactsOf } from "./graph/graph-facts.ts";
import { playGraphRound } from "./graph/graph-round.ts";
import { profileNamed, profiles } from "./profiles/index.ts";
import type { Profile } from "./profiles/profile.ts";
import { measureRecovery, type Recovery } from "./recovery.ts";
import { type ChaosResult, chaosReport } from "./report.ts";
import { playRound, type RoundResult } from "./round.ts";
import { factsOf } from "./run-facts.ts";
import { seedOf, todaysSeed } from "./seed.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const say = (line: string): void => void process.stdout.write(`${line}\n`);

const USAGE = `npm run chaos -- [--profile NAME]… [--minutes M | --rounds N] [--seed S] [--report]
                 [--runs N] [--faults-s SECONDS] [--samples N] [--round-seed S]
profiles: ${profiles.map(({ name }) => name).join(", ")}; without --minutes and --rounds one round of each`;

const values = orQuit(
  readFlags(process.argv.slice(2), USAGE, {
    profile: { type: "string", multiple: true },
    minutes: { type: "string" },
    rounds: { type: "string" },
    seed: { type: "string" },
    "round-seed": { type: "string" },
    runs: { type: "string", default: "6" },
    "faults-s": { type: "string", default: "6" },
    samples: { type: "string", default: "30" },
    report: { type: "boolean", default: false },
  }),
);

function numberOf(name: "minutes" | "rounds" | "runs" | "faults-s" | "samples"): number {
  const number = Number(values[name] ?? Number.POSITIVE_INFINITY);
  if (!(number >= 0)) throw new Error(`--${name} takes a number from 0, not "${values[name]}"`);
  return number;
}

const endless = values.minutes === undefined && values.rounds === undefined;
const { chosen, seed, ownSeed, roundsMax, endMs, runs, faultsMs, samples } = orQuit(
  attempt(() => {
    const chosen = values.profile?.map(profileNamed) ?? profiles;
    const one = values["round-seed"];
    return {
      chosen,
      seed: values.seed === undefined ? todaysSeed() : seedFrom(values.seed),
      ownSeed: one === undefined ? null : seedFrom(one),
      roundsMax: one !== undefined ? 1 : endless ? chosen.length : numberOf("rounds"),
      endMs: performance.now() + numberOf("minutes") * 60_000,
      runs: numberOf("runs"),
      faultsMs: numberOf("faults-s") * 1_000,
      samples: numberOf("samples"),
    };
  }, USAGE),
);
/** Rounds in one arena: long enough for workers to grow old, short enough to begin anew at times. */
const ARENA_ROUNDS = 4;

let interrupted = false;
process.once("SIGINT", () => {
  say("ending after this round");
  interrupted = true;
});

// Others may build while this goes on for an hour: what is examined is a copy that nobody touches.
const build = mkdtempSync(join(tmpdir(), "statehive-chaos-build-"));
process.once("exit", () => rmSync(build, { recursive: true, force: true }));
for (const name of ["dist", "package.json", "docs"]) cpSync(join(root, name), join(build, name), { recursive: true });
symlinkSync(join(root, "node_modules"), join(build, "node_modules"));
process.env.SWARM_TEST_CLI = join(build, "dist/apps/cli/main.js");

const startedAt = new Date();
const startedMs = performance.now();
const rounds: RoundResult[] = [];
let recovery: Recovery | null = null;

say(`chaos, seed ${seed}: ${chosen.map(({ name }) => name).join(", ")}`);
if (samples > 0 && ownSeed === null) {
  const arena = await openArena();
  recovery = await measureRecovery(arena, samples, say);
  await arena.close();
  await writeReport();
}
for (let index = 0; goesOn(); ) {
  const profile = chosen[Math.floor(index / ARENA_ROUNDS) % chosen.length] as Profile;
  index = await inOneArena(profile, index);
}
const result = resultNow();
const violations = rounds.flatMap((round) => round.violations);
await writeReport();
say(`\n${await chaosReport(result)}`);
process.exitCode = violations.length === 0 ? 0 : 1;

function goesOn(): boolean {
  return !interrupted && rounds.length < roundsMax && performance.now() < endMs;
}

function resultNow(): ChaosResult {
  return { seed, startedAt, tookMs: performance.now() - startedMs, rounds, recovery };
}

/** After every round, so that a session that is broken off has its report too. */
async function writeReport(): Promise<void> {
  if (values.report) writeFileSync(join(root, "docs/chaos-report.md"), await chaosReport(resultNow()));
}

async function inOneArena(profile: Profile, from: number): Promise<number> {
  const fsync = randomFrom(seedOf(seed, profile.name, from)).pick(profile.fsync);
  const arena = await openArena({ fsync });
  let index = from;
  try {
    // A session of few rounds gives every profile its turn.
    const last = roundsMax <= chosen.length ? from + 1 : from + ARENA_ROUNDS;
    while (index < last && goesOn()) {
      const own = ownSeed ?? seedOf(seed, profile.name, index);
      const name = `r${index}`;
      index += 1;
      const options = { profile, seed: own, name, runs, faultsMs };
      const round = await (profile.plays === "graph" ? playGraphRound : playRound)(arena, options);
      rounds.push(round);
      tell(round, fsync);
      await writeReport();
      if (round.violations.length === 0) continue;
      say(`  kept: ${await keep(arena, round)}`);
      break;
    }
  } finally {
    await arena.close();
  }
  return roundsMax <= chosen.length ? from + ARENA_ROUNDS : index;
}

function tell(
  { profile, seed: own, runs, faults, tookMs, refused, violations: broken }: RoundResult,
  fsync: string,
): void {
  const count = (status: string): number => runs.filter((run) => run.status === status).length;
  const others = runs
    .filter(({ status }) => status !== "completed")
    .map((run) => `${run.run} ${run.status} ${run.reasons}`);
  const done = Object.entries(faults).map(([fault, times]) => `${fault} ${times}`);
  say(
    `${new Date().toISOString().slice(11, 19)} ${profile} ${own} (${fsync}): ${count("completed")}/${runs.length} completed, ${refused} refused; ${done.join(", ")}; ${(tookMs / 1_000).toFixed(1)} s`,
  );
  for (const other of others) say(`  ${other}`);
  for (const { run, told } of runs) if (told !== undefined) say(`  ${run} ${JSON.stringify(told)}`);
  for (const words of broken) say(`  VIOLATION ${words}`);
}

/** What the runs, their logs and the workers looked like. */
async function keep(arena: Arena, round: RoundResult): Promise<string> {
  const folder = join(tmpdir(), "statehive-chaos", `${seed}-${round.name}-${round.profile}-${round.seed}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "round.json"), JSON.stringify(round, null, 1));
  for (const { run, key, violations: broken } of round.runs) {
    const play = arena.plays.get(key);
    if (broken.length === 0) continue;
    const facts = play === undefined ? await storedFactsOf(arena, run) : await factsOf(arena, run, play);
    writeFileSync(join(folder, `${run}.json`), JSON.stringify(facts, null, 1));
  }
  for (const [index, { command, identity, killed }] of arena.workers.entries()) {
    const text = `pid ${identity.pid}, killed by us: ${killed}\n${command.stdout()}\n${command.stderr()}`;
    writeFileSync(join(folder, `worker-${index + 1}.log`), text);
  }
  return folder;
}
