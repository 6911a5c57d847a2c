/**
 * What the command line costs before it does anything: CPU of `swarm --help` beside CPU of an empty Node process, and of
 * `swarm status --line`, which a status bar asks every few seconds.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Redis } from "ioredis";
import { newRun } from "../../actors/runtime/new-run.ts";
import { keysFor } from "../../infra/redis/keys.ts";
import { redisStore } from "../../infra/redis/store.ts";
import { task } from "../support/mocked-hive.ts";
import { startRedis } from "../support/redis.ts";
import { shown, spreadOf, verdict } from "./sample.ts";
import type { BenchOptions } from "./steps.ts";

const main = fileURLToPath(new URL("../../dist/apps/cli/main.js", import.meta.url));
const RUNS = 21;
const TARGET_MS = 30;
const STATUS_TARGET_MS = 80;
/** Runs in the store that the status line counts. */
const STORED_RUNS = 200;

/** User and system milliseconds of one process, as the shell that waited for it was told. */
function cpuMs(args: readonly string[], env: Readonly<Record<string, string>> = {}): number {
  const script = 'TIMEFORMAT="%3U %3S"; { time "$@" >/dev/null 2>/dev/null; } 2>&1';
  const told = execFileSync("bash", ["-c", script, "bench", process.execPath, ...args], {
    encoding: "utf8",
    env: { ...process.env, NO_COLOR: "1", LC_ALL: "C", NODE_OPTIONS: "", ...env },
  });
  const [user = Number.NaN, system = Number.NaN] = told.trim().split(" ").map(Number);
  if (!Number.isFinite(user + system)) throw new Error(`bash told no times: ${told}`);
  return (user + system) * 1_000;
}

export async function help({ say }: BenchOptions): Promise<void> {
  const server = await startRedis({ fsync: "everysec" });
  try {
    await fill(server.options);
    const env = { REDIS_URL: `unix://${server.socket}` };
    const bare: number[] = [];
    const whole: number[] = [];
    const status: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      bare.push(cpuMs(["-e", "0"]));
      whole.push(cpuMs([main, "--help"]));
      status.push(cpuMs([main, "status", "--line"], env));
    }
    const over = (costs: readonly number[]) => spreadOf(costs.map((ms, run) => ms - (bare[run] ?? Number.NaN)));
    const line = execFileSync(process.execPath, [main, "status", "--line"], {
      encoding: "utf8",
      env: { ...process.env, ...env },
    });
    say(`CPU, median [range] of ${RUNS} interleaved runs`);
    say(`node -e 0:           ${shown(spreadOf(bare), 0)} ms`);
    say(`swarm --help:        ${shown(spreadOf(whole), 0)} ms`);
    say(`swarm status --line: ${shown(spreadOf(status), 0)} ms ("${line.trim()}")`);
    const [added, asked] = [over(whole), over(status)];
    say(`target: help at most ${TARGET_MS} ms more: ${shown(added, 0)} ms, ${verdict(added.median <= TARGET_MS)}`);
    say(
      `target: status at most ${STATUS_TARGET_MS} ms more: ${shown(asked, 0)} ms, ${verdict(asked.median <= STATUS_TARGET_MS)}`,
    );
  } finally {
    await server.stop();
  }
}

async function fill(options: { readonly path: string }): Promise<void> {
  const redis = new Redis(options);
  const store = redisStore(redis, keysFor("swarm"));
  for (let at = 0; at < STORED_RUNS; at += 1) {
    const plan = { run: `r_${at}`, goal: "g", kind: "run", graph: [task("a")], briefs: {}, model: "m", binding: "b" };
    const rest = { workspace: "/", config: {}, parallelMax: 1, tolerateFailures: false, options: {} };
    await store.create(newRun({ ...plan, ...rest }));
  }
  redis.disconnect();
}
