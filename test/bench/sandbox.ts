/**
 * What confinement costs a command: the same command through the same recorder with and without it, turn about, so that
 * whatever else this machine does falls on both; and the probe that a worker makes when it starts.
 */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openHostState } from "../../infra/journal/host-state.ts";
import { type Journal, openJournal } from "../../infra/journal/journal.ts";
import { bubblewrap, openTestSandbox } from "../support/sandbox.ts";
import { percentile, shown, spreadOf, table } from "./sample.ts";
import type { BenchOptions } from "./steps.ts";

const recorder = fileURLToPath(new URL("../../dist/infra/journal/recorder.js", import.meta.url));
const COMMANDS_A_ROUND = 30;
/** Folders of the larger workspace: about what a repository of some thousand files has. */
const FOLDERS = 300;
const never = new AbortController().signal;

export async function sandbox({ rounds, say }: BenchOptions): Promise<void> {
  if ((await bubblewrap()) === null) {
    say("not measured: nothing on this machine confines commands");
    return;
  }
  const home = realpathSync(mkdtempSync(join(tmpdir(), "statehive-bench-")));
  try {
    const state = await openHostState([join(home, "state")]);
    const env = { PATH: process.env.PATH ?? "" };
    const probes: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const fromMs = performance.now();
      await openTestSandbox({ env, state: state.folder });
      probes.push(performance.now() - fromMs);
    }
    const { level, reasons, confinement } = await openTestSandbox({ env, state: state.folder });
    say(`level ${level}${reasons.map((reason) => `; ${reason}`).join("")}`);
    const journals = {
      free: openJournal({ state, env, recorder, confinement: "off" }),
      confined: openJournal({ state, env, recorder, confinement }),
    };
    const rows: string[][] = [];
    for (const [name, folders] of [["empty", 0] as const, [`${FOLDERS} folders`, FOLDERS] as const]) {
      const workspace = workspaceOf(join(home, name.replace(" ", "-")), folders);
      rows.push(...(await compare(journals, workspace, name, rounds)));
    }
    say(
      `true(1), from the worker's order to its outcome, ${rounds} rounds of ${COMMANDS_A_ROUND} each way, turn about\n`,
    );
    say(table(["workspace", "way", "p50 ms [least–most of rounds]", "p90 ms [least–most of rounds]"], rows));
    say(`\nprobe at a worker's start: ${shown(spreadOf(probes), 1)} ms, ${rounds} times`);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

function workspaceOf(path: string, folders: number): string {
  mkdirSync(path);
  for (let index = 0; index < folders; index += 1) {
    const folder = join(path, `part${index % 20}`, `folder${index}`);
    mkdirSync(folder, { recursive: true });
    for (let file = 0; file < 8; file += 1) writeFileSync(join(folder, `file${file}.ts`), "export {};\n");
  }
  return path;
}

let effects = 0;

async function once(journal: Journal, cwd: string): Promise<number> {
  effects += 1;
  const order = { effect: `r_bench/a_goal/0.${effects}:0`, inputHash: "h", command: "true", cwd, timeoutMs: 60_000 };
  const fromMs = performance.now();
  const end = await journal.run(order, never);
  const tookMs = performance.now() - fromMs;
  if (end.kind !== "ended" || end.outcome.code !== 0)
    throw new Error(`true(1) did not end well: ${JSON.stringify(end)}`);
  return tookMs;
}

async function compare(
  { free, confined }: { readonly free: Journal; readonly confined: Journal },
  workspace: string,
  name: string,
  rounds: number,
): Promise<string[][]> {
  const figures = { free: [] as number[][], confined: [] as number[][], more: [] as number[][] };
  await once(free, workspace);
  await once(confined, workspace);
  for (let round = 0; round < rounds; round += 1) {
    const took = { free: [] as number[], confined: [] as number[] };
    for (let turn = 0; turn < COMMANDS_A_ROUND; turn += 1) {
      took.free.push(await once(free, workspace));
      took.confined.push(await once(confined, workspace));
    }
    figures.free.push(took.free);
    figures.confined.push(took.confined);
    figures.more.push(took.confined.map((ms, index) => ms - (took.free[index] ?? 0)));
  }
  const row = (way: string, samples: readonly number[][]): string[] => [
    name,
    way,
    shown(spreadOf(samples.map((sample) => percentile(sample, 0.5))), 1),
    shown(spreadOf(samples.map((sample) => percentile(sample, 0.9))), 1),
  ];
  return [row("as it is", figures.free), row("confined", figures.confined), row("more, pair by pair", figures.more)];
}
