/**
 * Puts a Redis under `<data>/bin` without root where the system's package manager allows it, and says exactly how to
 * get one where it does not. What it leaves behind is complete and has been run once, or nothing.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { SwarmError } from "../errors.ts";
import { ensureDataDir } from "./data-dir.ts";
import { findBinary, findExecutable, probeBinary, type ServerBinary } from "./find-binary.ts";
import { unpackRedis } from "./install-apt.ts";
import { copyFolder, copyServer, findCopy, pinCopy } from "./installed-copy.ts";
import { identifyProcess } from "./process-identity.ts";

const run = promisify(execFile);

/** Brew may have to update itself first. */
const brewTimeoutMs = 15 * 60_000;

export interface InstallOptions {
  /** One line per thing that a person should know. */
  readonly say: (line: string) => void;
  /** PATH, where apt-get, dpkg-deb and brew are looked for. */
  readonly searchPath: string;
  /** XDG_RUNTIME_DIR. */
  readonly runtimeDir?: string | undefined;
}

/** One line per system, for a machine on which nothing can be done without its owner. */
const installLines: readonly string[] = [
  "Debian, Ubuntu:   sudo apt-get install redis-server",
  "Fedora, RHEL:     sudo dnf install valkey",
  "Arch:             sudo pacman -S valkey",
  "Alpine:           sudo apk add valkey",
  "openSUSE:         sudo zypper install redis",
  "macOS:            brew install redis",
  "Windows:          use WSL, then as Debian or Ubuntu",
  "Docker:           docker run -d -p 127.0.0.1:6379:6379 redis redis-server --appendonly yes --appendfsync always",
  "                  and set REDIS_URL=redis://127.0.0.1:6379",
];

/**
 * Installs a server for this data dir, or returns the copy that is there already. Two installs at once are safe: both
 * end with one whole copy. Throws `redis.install_failed`, or `redis.none_found` where there is no way without root.
 */
export async function installRedis(dataDir: string, options: InstallOptions): Promise<ServerBinary> {
  const data = await ensureDataDir(dataDir);
  const present = await findCopy(data, options.runtimeDir);
  if (present !== undefined) return present;
  const apt = await findExecutable("apt-get", options.searchPath);
  const dpkg = await findExecutable("dpkg-deb", options.searchPath);
  if (apt !== undefined && dpkg !== undefined) return installCopy(data, apt, dpkg, options);
  const brew = await findExecutable("brew", options.searchPath);
  if (brew !== undefined) {
    await installByBrew(brew);
    const found = await findBinary(undefined, options.searchPath);
    if (found !== undefined) return found;
    throw new SwarmError("redis.install_failed", "brew install redis ended well, yet no redis-server was found.", {
      hint: "Set SWARM_REDIS_BIN to the server that brew installed.",
      exit: 7,
    });
  }
  throw noRedis("This machine has no Redis, and neither apt-get nor brew to fetch one without root.");
}

/** The error of a machine without Redis, with one install line per system. */
export function noRedis(message: string, rejected: readonly string[] = [], cause?: unknown): SwarmError {
  const passedOver = rejected.length === 0 ? [] : ["Found, but not usable:", ...rejected.map((line) => `  ${line}`)];
  return new SwarmError("redis.none_found", [message, ...passedOver].join("\n"), {
    hint: [
      "Install one (nothing else is needed; it is found by itself), or set REDIS_URL or SWARM_REDIS_BIN:",
      ...installLines.map((line) => `  ${line}`),
    ].join("\n"),
    exit: 7,
    cause,
  });
}

async function installCopy(data: string, apt: string, dpkg: string, options: InstallOptions): Promise<ServerBinary> {
  await sweepAbandoned(data);
  const work = await mkdtemp(join(data, `.install-${process.pid}-`));
  try {
    const fresh = join(work, "bin");
    await mkdir(fresh, { mode: 0o700 });
    await unpackRedis(apt, dpkg, work, fresh);
    const probe = await probeBinary(copyServer(fresh));
    if (!probe.ok) {
      throw new SwarmError(
        "redis.install_failed",
        `The Redis from the system's packages cannot be used: ${probe.why}.`,
        {
          hint: `Install one yourself, then try again:\n${installLines.map((line) => `  ${line}`).join("\n")}`,
          exit: 7,
        },
      );
    }
    await pinCopy(fresh, options.runtimeDir);
    const copy = await publish(data, work, fresh, options.runtimeDir);
    options.say(`Redis ${copy.version} was unpacked into ${copyFolder(data)} from this system's packages.`);
    return copy;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Moves the fresh copy into its place. A whole copy that another install put there meanwhile wins; anything else goes. */
async function publish(
  data: string,
  work: string,
  fresh: string,
  runtimeDir: string | undefined,
): Promise<ServerBinary> {
  const place = copyFolder(data);
  for (let attempt = 0; attempt < 10; attempt += 1) {
    await renameUnless(["ENOTEMPTY", "EEXIST", "ENOTDIR"], fresh, place);
    const copy = await findCopy(data, runtimeDir);
    if (copy !== undefined) return copy;
    await renameUnless(["ENOENT"], place, join(work, `found-${attempt}`));
  }
  throw new SwarmError("redis.install_failed", `${place} is being changed by something else all the time.`, {
    hint: `Remove ${place}, then run: swarm redis install`,
    exit: 7,
  });
}

async function renameUnless(expected: readonly string[], from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
    if (!expected.includes(code)) throw cause;
  }
}

/** Removes what an install left that was killed. One that still runs keeps its folder. */
async function sweepAbandoned(data: string): Promise<void> {
  for (const name of await readdir(data)) {
    const pid = /^\.install-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || identifyProcess(Number(pid)) !== undefined) continue;
    await rm(join(data, name), { recursive: true, force: true });
  }
}

async function installByBrew(brew: string): Promise<void> {
  try {
    await run(brew, ["install", "redis"], { timeout: brewTimeoutMs, maxBuffer: 16 * 1024 * 1024 });
  } catch (cause) {
    throw new SwarmError("redis.install_failed", "brew install redis failed.", {
      hint: "Run brew install redis yourself and read what it says, or set REDIS_URL.",
      exit: 7,
      cause,
    });
  }
}
