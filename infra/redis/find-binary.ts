/**
 * Finds a Redis-compatible server on this machine and proves it by running `--version`. A binary that does not start,
 * or is older than what BullMQ's scripts need, is never returned.
 */
import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access, realpath } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { promisify } from "node:util";
import { SwarmError } from "../errors.ts";

const run = promisify(execFile);

/** The oldest server accepted, found or foreign: BullMQ's recommendation. */
export const oldestVersion = "6.2.0";

/** Valkey first: same protocol, and its licence lets a company ship it. */
const serverNames = ["valkey-server", "redis-server"] as const;

/** Where package managers put servers although many shells leave it out of PATH. */
const usualFolders = [
  "/opt/homebrew/bin",
  "/home/linuxbrew/.linuxbrew/bin",
  "/usr/local/bin",
  "/usr/local/sbin",
  "/usr/bin",
  "/usr/sbin",
  "/run/current-system/sw/bin",
];

const probeTimeoutMs = 10_000;

export interface ServerBinary {
  /** Absolute. */
  readonly path: string;
  readonly product: "redis" | "valkey";
  readonly version: string;
}

export type Probe =
  | { readonly ok: true; readonly binary: ServerBinary }
  | { readonly ok: false; readonly path: string; readonly why: string };

/** Runs `<path> --version`, at most 10 s. Never throws: a binary that cannot run is an answer. */
export async function probeBinary(path: string): Promise<Probe> {
  try {
    const { stdout } = await run(path, ["--version"], { timeout: probeTimeoutMs, maxBuffer: 64 * 1024 });
    const version = /\bv=(\d+\.\d+\.\d+)/.exec(stdout)?.[1];
    if (version === undefined) return { ok: false, path, why: "its --version does not answer like a Redis server" };
    if (isOlder(version, oldestVersion)) {
      return { ok: false, path, why: `version ${version} is older than ${oldestVersion}` };
    }
    return { ok: true, binary: { path, product: /valkey/i.test(stdout) ? "valkey" : "redis", version } };
  } catch (cause) {
    return { ok: false, path, why: `it does not run (${firstLine(cause)})` };
  }
}

/**
 * The configured binary, else the first working `valkey-server` or `redis-server` on the search path and in the usual
 * folders. Relative entries of the search path are skipped: the working directory may be a stranger's repository.
 * `rejected` collects what was found and why it was passed over. Throws `redis.bad_binary` (exit 2) when a binary was
 * configured and does not serve.
 */
export async function findBinary(
  configured: string | undefined,
  searchPath: string,
  rejected: string[] = [],
): Promise<ServerBinary | undefined> {
  if (configured !== undefined) {
    const probe = await probeBinary(configured);
    if (probe.ok) return probe.binary;
    throw new SwarmError("redis.bad_binary", `SWARM_REDIS_BIN=${configured} cannot be used: ${probe.why}.`, {
      hint: `Point SWARM_REDIS_BIN at a redis-server or valkey-server ${oldestVersion} or newer, or unset it.`,
      exit: 2,
    });
  }
  const seen = new Set<string>();
  for (const name of serverNames) {
    for (const folder of foldersOf(searchPath)) {
      const path = join(folder, name);
      const real = await executable(path);
      if (real === undefined || seen.has(real + name)) continue;
      seen.add(real + name);
      const probe = await probeBinary(path);
      if (probe.ok) return probe.binary;
      rejected.push(`${path}: ${probe.why}`);
    }
  }
  return undefined;
}

/** The first executable of that name on the absolute entries of the search path, then in the usual folders. */
export async function findExecutable(name: string, searchPath: string): Promise<string | undefined> {
  for (const folder of foldersOf(searchPath)) {
    const path = join(folder, name);
    if ((await executable(path)) !== undefined) return path;
  }
  return undefined;
}

/** Compares the numeric parts only; a missing part counts as 0. */
export function isOlder(version: string, than: string): boolean {
  const left = version.split(".").map(Number);
  const right = than.split(".").map(Number);
  for (let part = 0; part < 3; part += 1) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function foldersOf(searchPath: string): readonly string[] {
  return [...searchPath.split(delimiter).filter((folder) => isAbsolute(folder)), ...usualFolders];
}

async function executable(path: string): Promise<string | undefined> {
  try {
    await access(path, constants.X_OK);
    return await realpath(path);
  } catch {
    return undefined;
  }
}

function firstLine(cause: unknown): string {
  const stderr = typeof cause === "object" && cause !== null && "stderr" in cause ? String(cause.stderr) : "";
  const text = stderr.trim() !== "" ? stderr : cause instanceof Error ? cause.message : String(cause);
  return text.trim().split("\n")[0]?.slice(0, 200) ?? "";
}
