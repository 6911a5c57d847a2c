/**
 * `npm run sim -- --seeds N [--from S] [--jobs J] [--plant NAME]`, or `--seed X --trace` for one seed step by step. Prints
 * what was run and what went wrong; exits 1 on a violation, and where a kind of fault that had its chance never struck.
 */
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { attempt, orQuit, readFlags, wholeNumber } from "../support/script-flags.ts";
import { addTo, type Campaign, campaign, emptyCampaign } from "./campaign.ts";
import { PLANTS } from "./plants.ts";
import { type Plants, simulate } from "./simulate.ts";

/** With fewer seeds it means nothing that a rare fault did not strike. */
const SEEDS_FOR_EVERY_FAULT = 1_000;

const USAGE = `npm run sim -- --seeds N [--from S] [--jobs J] [--plant NAME]   so many seeds
npm run sim -- --seed X [--trace]                               one, step by step
plants: ${PLANTS.map((plant) => plant.name).join(", ")}`;

const flags = orQuit(
  readFlags(process.argv.slice(2), USAGE, {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    jobs: { type: "string", default: String(availableParallelism()) },
    seed: { type: "string" },
    plant: { type: "string" },
    trace: { type: "boolean", default: false },
    child: { type: "boolean", default: false },
  }),
);

function plantNamed(name: string | undefined): Plants {
  if (name === undefined) return {};
  const found = PLANTS.find((plant) => plant.name === name);
  if (found === undefined) throw new Error(`no such plant; there are: ${PLANTS.map((plant) => plant.name).join(", ")}`);
  return found.plants;
}

async function oneSeed(seed: number): Promise<number> {
  const trace = flags.trace ? { trace: (line: string): unknown => process.stdout.write(`${line}\n`) } : {};
  const one = await simulate(seed, { plants: plantNamed(flags.plant), ...trace } as Parameters<typeof simulate>[1]);
  process.stdout.write(`${JSON.stringify(one, null, 2)}\n`);
  return one.violations.length === 0 ? 0 : 1;
}

/** The seeds in equal parts, a process each. */
async function manySeeds(from: number, seeds: number, jobs: number): Promise<number> {
  const startedMs = performance.now();
  const all = emptyCampaign(seeds);
  const share = Math.ceil(seeds / jobs);
  const parts = Array.from({ length: jobs }, (_, job) => ({
    first: from + job * share,
    count: Math.min(share, seeds - job * share),
  })).filter(({ count }) => count > 0);
  await Promise.all(parts.map(async ({ first, count }) => addTo(all, await inChild(first, count))));
  print(all, (performance.now() - startedMs) / 1_000, `${from}–${from + seeds - 1}`);
  const silent = Object.entries(all.faults).filter(([, times]) => times === 0);
  if (seeds >= SEEDS_FOR_EVERY_FAULT && silent.length > 0) {
    process.stdout.write(`faults that never struck: ${silent.map(([kind]) => kind).join(", ")}\n`);
    return 1;
  }
  return all.failures === 0 ? 0 : 1;
}

const inChild = (from: number, seeds: number): Promise<Campaign> =>
  new Promise((resolve, reject) => {
    const plant = flags.plant === undefined ? [] : ["--plant", flags.plant];
    const args = ["--child", "--from", String(from), "--seeds", String(seeds), ...plant];
    const child = fork(process.argv[1] as string, args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    let told: Campaign | null = null;
    child.on("message", (message) => {
      told = message as Campaign;
    });
    child.on("error", reject);
    child.on("exit", (code) => (told === null ? reject(new Error(`a child ended with ${code}`)) : resolve(told)));
  });

function print(all: Campaign, seconds: number, range: string): void {
  const perSeed = (sum: number): string => (sum / all.seeds).toFixed(1);
  const lines = [
    `seeds ${range}: ${all.seeds} in ${seconds.toFixed(1)} s, ${(all.seeds / seconds).toFixed(0)} a second`,
    `runs ${all.runs}, commits ${all.commits}, effects ${all.effects}, unsafe acts ${all.acts}; a seed has ${perSeed(all.commits)} commits in ${perSeed(all.virtualMs / 1_000)} virtual seconds`,
    `ends: ${Object.entries(all.ends)
      .map(([status, times]) => `${status} ${times}`)
      .join(", ")}`,
    `faults: ${Object.entries(all.faults)
      .map(([kind, times]) => `${kind} ${times}`)
      .join(", ")}`,
    `violations: ${all.failures} seeds`,
    ...all.failed.map(({ seed, violations }) => `  seed ${seed}: ${violations.join("\n    ")}`),
    ...all.failed.slice(0, 1).map(({ seed }) => `look closer: npm run sim -- --seed ${seed} --trace`),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

const given = orQuit(
  attempt(
    () => ({
      one: flags.seed === undefined ? null : wholeNumber("seed", flags.seed),
      from: wholeNumber("from", flags.from),
      seeds: wholeNumber("seeds", flags.seeds, 1),
      jobs: wholeNumber("jobs", flags.jobs, 1),
      plants: plantNamed(flags.plant),
    }),
    USAGE,
  ),
);
if (given.one !== null) process.exitCode = await oneSeed(given.one);
else if (flags.child) {
  process.send?.(await campaign(given));
  process.disconnect?.();
} else process.exitCode = await manySeeds(given.from, given.seeds, given.jobs);
