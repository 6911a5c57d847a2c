/** Writes what chaos found as a page: what ran, on what, with which seeds, how often it broke what, and what came of it. */
import { execFileSync } from "node:child_process";
import { cpus, release, type as systemName, totalmem } from "node:os";
import { VERSION } from "../../infra/version.ts";
import { redisServerBinary } from "../support/redis.ts";
import { profileNamed } from "./profiles/index.ts";
import { percentile, type Recovery } from "./recovery.ts";
import type { RoundResult } from "./round.ts";

export interface ChaosResult {
  readonly seed: number;
  readonly startedAt: Date;
  readonly tookMs: number;
  readonly rounds: readonly RoundResult[];
  readonly recovery: Recovery | null;
}

/** Share of runs that may end in explicit failure, in percent. */
const FAILED_TARGET = 5;
const SUPERVISED_TARGET_MS = 100;
const ALONE_TARGET_MS = 8_000;

export async function chaosReport(result: ChaosResult): Promise<string> {
  const { rounds, recovery, seed, tookMs, startedAt } = result;
  const violations = rounds.flatMap((round) => round.violations);
  const runs = rounds.flatMap((round) => round.runs);
  return [
    "# Chaos report",
    "",
    "Written by `npm run chaos -- --report`; not edited by hand. What is broken and what must hold all the same stands in",
    "[test/chaos](../test/chaos) (`profiles/`, `oracle.ts`).",
    "",
    ...(await circumstances(startedAt)),
    `- Seed ${seed}; ${rounds.length} rounds, ${runs.length} runs, ${(tookMs / 60_000).toFixed(1)} minutes`,
    `- Violations: **${violations.length}**`,
    "",
    ...violations.map((words) => `  - ${words.split("\n")[0]}`),
    ...(violations.length === 0 ? [] : [""]),
    "## Profiles",
    "",
    ...profileTable(rounds),
    "",
    `Explicit failure: the run ended, said so, and was not completed; target at most ${FAILED_TARGET} %. Interrupted: calls of which nobody can`,
    "say whether they happened, told to the model as such; the run went on. Reconciled: calls whose worker died and of which the",
    "world was asked. Under `graph` results are taken back for good at times, and checks refute: such runs fail on purpose.",
    "",
    "## Faults",
    "",
    ...faultTable(rounds),
    "",
    "## Recovery after SIGKILL of a worker",
    "",
    ...recoveryTable(recovery),
    "",
    "## Rounds",
    "",
    "A round is repeated with `npm run chaos -- --profile NAME --round-seed SEED`; the faults are drawn the same, what they meet is not.",
    "",
    ...[...new Set(rounds.map(({ profile }) => profile))].map((name) => {
      const seeds = rounds.filter(({ profile }) => profile === name).map((round) => round.seed);
      return `- ${name}: ${seeds.join(" ")}`;
    }),
    "",
  ].join("\n");
}

async function circumstances(startedAt: Date): Promise<string[]> {
  const redis = execFileSync(await redisServerBinary(), ["--version"], { encoding: "utf8" });
  const version = /v=(\S+)/.exec(redis)?.[1] ?? redis.trim();
  const memory = (totalmem() / 2 ** 30).toFixed(0);
  return [
    `- ${startedAt.toISOString().slice(0, 16).replace("T", " ")} UTC; statehive ${VERSION}, ${commit()}`,
    `- ${cpus().length} cores, ${cpus()[0]?.model}; ${memory} GiB; ${systemName()} ${release()}; Node ${process.version}; Redis ${version}`,
  ];
}

function commit(): string {
  try {
    const id = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
    const changed = execFileSync("git", ["status", "--porcelain"], { encoding: "utf8" }).trim() !== "";
    return `commit ${id}${changed ? " with changes" : ""}`;
  } catch {
    return "no commit known";
  }
}

function profileTable(rounds: readonly RoundResult[]): string[] {
  const played = [...new Set(rounds.map(({ profile }) => profile))].map(profileNamed);
  const rows = played.flatMap(({ name, what }) => {
    const own = rounds.filter(({ profile }) => profile === name);
    const runs = own.flatMap((round) => round.runs);
    const failed = runs.filter(({ status }) => status !== "completed").length;
    const sum = (count: (run: (typeof runs)[number]) => number): number =>
      runs.reduce((all, run) => all + count(run), 0);
    const refused = own.reduce((all, round) => all + round.refused, 0);
    const cells = [
      `\`${name}\`: ${what}`,
      own.length,
      runs.length,
      `${failed} (${runs.length === 0 ? "-" : ((100 * failed) / runs.length).toFixed(1)} %)`,
      sum(({ interrupted }) => interrupted),
      sum(({ reconciled }) => reconciled),
      `${sum(({ callsLost }) => callsLost)} / ${sum(({ callsFailed }) => callsFailed)}`,
      refused,
      own.flatMap((round) => round.violations).length,
    ];
    return [`| ${cells.join(" | ")} |`];
  });
  const head =
    "| Profile | Rounds | Runs | Explicit failure | Interrupted | Reconciled | Model calls lost / failed | Refused at the start | Violations |";
  return [head, "| --- | --: | --: | --: | --: | --: | --: | --: | --: |", ...rows];
}

function faultTable(rounds: readonly RoundResult[]): string[] {
  const counts = new Map<string, number>();
  for (const { profile, faults } of rounds) {
    for (const [fault, count] of Object.entries(faults)) {
      const name = `${profile} | ${fault}`;
      counts.set(name, (counts.get(name) ?? 0) + count);
    }
  }
  return [
    "| Profile | Fault | Times |",
    "| --- | --- | --: |",
    ...[...counts].map(([name, n]) => `| ${name} | ${n} |`),
  ];
}

function recoveryTable(recovery: Recovery | null): string[] {
  if (recovery === null) return ["Not measured in this session."];
  const row = (name: string, samples: readonly number[], targetMs: number): string => {
    const ms = (share: number): string => percentile(samples, share).toFixed(0);
    return `| ${name} | ${samples.length} | ${ms(0.5)} | ${ms(0.99)} | ${Math.max(...samples).toFixed(0)} | ${targetMs} |`;
  };
  return [
    "From the signal to the next commit of the run, by another worker. The run was waiting for its model. In milliseconds.",
    "",
    "| | n | median | p99 | worst | target |",
    "| --- | --: | --: | --: | --: | --: |",
    row("another worker lives on the host", recovery.supervised, SUPERVISED_TARGET_MS),
    row("a fresh worker, started at once", recovery.alone, ALONE_TARGET_MS),
  ];
}
