/** What the command line costs before it does anything: CPU of `swarm --help` beside CPU of an empty Node process. */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { shown, spreadOf, verdict } from "./sample.ts";
import type { BenchOptions } from "./steps.ts";

const main = fileURLToPath(new URL("../../dist/apps/cli/main.js", import.meta.url));
const RUNS = 21;
const TARGET_MS = 30;

/** User and system milliseconds of one process, as the shell that waited for it was told. */
function cpuMs(args: readonly string[]): number {
  const script = 'TIMEFORMAT="%3U %3S"; { time "$@" >/dev/null 2>/dev/null; } 2>&1';
  const told = execFileSync("bash", ["-c", script, "bench", process.execPath, ...args], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", LC_ALL: "C", NODE_OPTIONS: "" },
  });
  const [user = Number.NaN, system = Number.NaN] = told.trim().split(" ").map(Number);
  if (!Number.isFinite(user + system)) throw new Error(`bash told no times: ${told}`);
  return (user + system) * 1_000;
}

export async function help({ say }: BenchOptions): Promise<void> {
  const bare: number[] = [];
  const whole: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    bare.push(cpuMs(["-e", "0"]));
    whole.push(cpuMs([main, "--help"]));
  }
  const added = spreadOf(whole.map((ms, run) => ms - (bare[run] ?? Number.NaN)));
  say(`CPU, median [range] of ${RUNS} interleaved runs`);
  say(`node -e 0:    ${shown(spreadOf(bare), 0)} ms`);
  say(`swarm --help: ${shown(spreadOf(whole), 0)} ms`);
  say(`target: at most ${TARGET_MS} ms more: ${shown(added, 0)} ms, ${verdict(added.median <= TARGET_MS)}`);
}
