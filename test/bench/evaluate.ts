/** `swarm evaluate` of a generated repository of 2,000 files: how long it takes, and what its processes hold. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { redisServerBinary } from "../support/redis.ts";
import { verdict } from "./sample.ts";
import { sourceFile } from "./source-file.ts";
import type { BenchOptions } from "./steps.ts";

const main = fileURLToPath(new URL("../../dist/apps/cli/main.js", import.meta.url));
const FILES = 2_000;
const RSS_TARGET_MB = 500;
/** Milliseconds after which an evaluation is called off. */
const PATIENCE_MS = 180_000;
const LOOK_MS = 100;

export async function evaluate({ say }: BenchOptions): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "statehive-bench-"));
  const repository = join(home, "repository");
  const bytes = writeRepository(repository);
  const { REDIS_URL: _, ANTHROPIC_API_KEY: _key, ANTHROPIC_BASE_URL: _url, ...rest } = process.env;
  const env = {
    ...rest,
    SWARM_REDIS_BIN: await redisServerBinary(),
    SWARM_DATA_DIR: join(home, "data"),
    SWARM_LOG_LEVEL: "error",
  };
  try {
    const peaks = new Map<number, { name: string; mb: number }>();
    const fromMs = performance.now();
    const child = spawn(process.execPath, [main, "evaluate", repository, "--json"], {
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let told = "";
    let complaint = "";
    child.stdout.on("data", (chunk: Buffer) => (told += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
    const looking = setInterval(() => lookAt(child.pid ?? -1, peaks), LOOK_MS);
    const patience = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
    const [code] = (await once(child, "close")) as [number | null];
    const seconds = (performance.now() - fromMs) / 1_000;
    clearInterval(looking);
    clearTimeout(patience);
    if (code !== 0) {
      say(
        `not measured: evaluate ended with ${code ?? "a signal"} after ${seconds.toFixed(1)} s: ${(complaint || told).slice(-500)}`,
      );
      return;
    }
    const { primitives } = JSON.parse(told) as { primitives: readonly unknown[] };
    say(
      `${FILES} files, ${(bytes / 1_048_576).toFixed(1)} MB, TypeScript and Python; one cold run, with its Redis and its worker`,
    );
    say(`${primitives.length} primitives judged in ${seconds.toFixed(1)} s`);
    for (const { name, mb } of peaks.values()) say(`peak resident: ${mb.toFixed(0)} MB, ${name}`);
    if (peaks.size === 0) say("peak resident: not measured, this system has no /proc");
    else {
      const most = Math.max(...[...peaks.values()].map(({ mb }) => mb));
      say(`target: under ${RSS_TARGET_MB} MB each: ${most.toFixed(0)} MB, ${verdict(most < RSS_TARGET_MB)}`);
    }
  } finally {
    execFileSync(process.execPath, [main, "down"], { env, stdio: "ignore" });
    rmSync(home, { recursive: true, force: true });
  }
}

function writeRepository(root: string): number {
  let bytes = 0;
  for (let index = 0; index < FILES; index += 1) {
    const { path, text } = sourceFile(index);
    const file = join(root, path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, text);
    bytes += Buffer.byteLength(text);
  }
  return bytes;
}

/** Notes the peak of the command and of every process of ours below it: its worker. */
function lookAt(root: number, peaks: Map<number, { name: string; mb: number }>): void {
  const family = new Set([root]);
  const rows = processes();
  for (let grew = true; grew; ) {
    grew = false;
    for (const { pid, parent } of rows) {
      if (!family.has(parent) || family.has(pid)) continue;
      family.add(pid);
      grew = true;
    }
  }
  for (const { pid, name, peakMb } of rows)
    if (family.has(pid) && name.startsWith("swarm ")) peaks.set(pid, { name, mb: peakMb });
}

function processes(): { pid: number; parent: number; name: string; peakMb: number }[] {
  let pids: string[];
  try {
    pids = readdirSync("/proc").filter((entry) => /^\d+$/.test(entry));
  } catch {
    return []; // not Linux: said where the peaks are printed
  }
  return pids.flatMap((pid) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
      const peakMb = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1_024;
      const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
      const name =
        words[1]?.endsWith("main.js") === true ? `swarm ${words[2]}` : (words[0]?.split(/[/ ]/).at(-1) ?? "");
      return [{ pid: Number(pid), parent, name, peakMb }];
    } catch {
      return []; // gone between the listing and the look
    }
  });
}
