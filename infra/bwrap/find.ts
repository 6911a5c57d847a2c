/**
 * Finds bubblewrap on this machine and asks it what it can do; where there is none, unpacks the system's own package
 * into this host's state folder, without root. A file of the workspace is never run for it.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type AptWish, unpackFromApt } from "../apt-unpack.ts";
import { SwarmError } from "../errors.ts";
import { errnoOf } from "../journal/durable-file.ts";
import { findExecutable } from "../redis/find-binary.ts";
import { retry, seeded } from "../retry.ts";

const run = promisify(execFile);
/** Of one try; an idle machine takes some milliseconds. */
const helpTimeoutMs = 20_000;
/** A busy machine is asked again: what it lacks for a moment says nothing of the program. */
const patiently = { attemptsMax: 3, patienceMs: 60_000, firstPauseMs: 500, lastPauseMs: 2_000, again: () => false };

export interface Bubblewrap {
  /** Absolute. */
  readonly path: string;
  readonly version: string;
  /** What its help names. */
  readonly options: ReadonlySet<string>;
}

export interface FindOptions {
  /** SWARM_BWRAP_BIN. */
  readonly bin: string | undefined;
  readonly install: "auto" | "never";
  readonly searchPath: string;
  /** This host's state folder: it lies outside of every workspace and belongs to this user alone. */
  readonly state: string;
  readonly say: (line: string) => void;
  /** Try to fetch it although that failed a moment ago. */
  readonly again?: boolean;
}

/** Why there is none, in a sentence. */
export interface Missing {
  readonly why: string;
}

/** One line per system, for a machine on which nothing can be done without its owner. */
export const installLines: readonly string[] = [
  "Debian, Ubuntu:   sudo apt-get install bubblewrap",
  "Fedora, RHEL:     sudo dnf install bubblewrap",
  "Arch:             sudo pacman -S bubblewrap",
  "Alpine:           sudo apk add bubblewrap bash",
  "openSUSE:         sudo zypper install bubblewrap",
  "macOS, Windows:   not available; run the worker in a Linux machine, container or WSL",
];

/** The configured one, else the system's, else a copy, made now if need be. Throws only where the configured one fails. */
export async function findBubblewrap(options: FindOptions): Promise<Bubblewrap | Missing> {
  if (process.platform !== "linux") return { why: `bubblewrap is not available on ${process.platform}` };
  if (options.bin !== undefined) {
    const named = await ask(options.bin);
    if ("path" in named) return named;
    throw new SwarmError("sandbox.bad_binary", `SWARM_BWRAP_BIN=${options.bin} cannot be used: ${named.why}.`, {
      hint: "Point SWARM_BWRAP_BIN at a bubblewrap, or unset it.",
      exit: 2,
    });
  }
  const found = await findExecutable("bwrap", options.searchPath);
  const system = found === undefined ? { why: "there is no bwrap on this machine" } : await ask(found);
  if ("path" in system) return system;
  const place = join(options.state, "bwrap");
  const copy = await ask(join(place, SCRIPT));
  if ("path" in copy) return copy;
  if (options.install === "never") return { why: `${system.why}, and SWARM_SANDBOX_INSTALL=never forbids to fetch it` };
  const note = join(options.state, "bwrap.failed");
  if (options.again !== true && (await isRecent(note))) {
    return { why: `${system.why}, and it could not be fetched within the last hour (swarm doctor tries again)` };
  }
  try {
    return (await install(place, options)) ?? { why: `${system.why}, and no apt-get to fetch it with` };
  } catch (cause) {
    await writeFile(note, "", { mode: 0o600 });
    return { why: `${system.why}, and it could not be fetched: ${cause instanceof Error ? cause.message : cause}` };
  }
}

/** A machine without a way to its package sources must not wait for them at every start. In milliseconds. */
const RETRY_MS = 3_600_000;

async function isRecent(note: string): Promise<boolean> {
  try {
    return Date.now() - (await stat(note)).mtimeMs < RETRY_MS;
  } catch {
    return false; // never failed
  }
}

const SCRIPT = "bwrap";

const wish: AptWish = {
  packages: ["bubblewrap"],
  parts: /^bubblewrap$/,
  program: /^bwrap$/,
  script: SCRIPT,
  failed: (step, said, cause) => new Error([`could not ${step}`, ...said].join("; "), { cause }),
};

/** Undefined where there is no apt. Two at once are safe: one copy wins, whole. */
async function install(place: string, { searchPath, state, say }: FindOptions): Promise<Bubblewrap | undefined> {
  const apt = await findExecutable("apt-get", searchPath);
  const dpkgDeb = await findExecutable("dpkg-deb", searchPath);
  if (apt === undefined || dpkgDeb === undefined) return undefined;
  const work = await mkdtemp(join(state, ".install-bwrap-"));
  try {
    const fresh = join(work, "copy");
    await mkdir(fresh, { mode: 0o700 });
    await unpackFromApt(wish, { apt, dpkgDeb }, work, fresh);
    const works = await ask(join(fresh, SCRIPT));
    if (!("path" in works)) throw new Error(works.why);
    await rename(fresh, place).catch(async (cause: unknown) => {
      if (!["ENOTEMPTY", "EEXIST"].includes(errnoOf(cause) ?? "")) throw cause;
      // Somebody was faster; or what lies there does not run, and goes.
      if ("path" in (await ask(join(place, SCRIPT)))) return;
      await rename(place, join(work, "found"));
      await rename(fresh, place);
    });
    const copy = await ask(join(place, SCRIPT));
    if (!("path" in copy)) throw new Error(copy.why);
    say(`bubblewrap ${copy.version} was unpacked into ${place} from this system's packages.`);
    return copy;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

const ask = (path: string): Promise<Asked> =>
  retry<Asked>(
    { ...patiently, unit: seeded(path), unsatisfied: (answer) => !("path" in answer || answer.lasting) },
    () => askOnce(path),
  );

/** Errors of starting a process that pass; a program that somebody is just writing is one. */
const passing = new Set(["EAGAIN", "ENOMEM", "EMFILE", "ENFILE", "ETXTBSY"]);

type Asked = Bubblewrap | (Missing & { readonly lasting: boolean });

async function askOnce(path: string): Promise<Asked> {
  try {
    const [{ stdout: version }, { stdout: help }] = await Promise.all([
      run(path, ["--version"], { timeout: helpTimeoutMs, env: {} }),
      run(path, ["--help"], { timeout: helpTimeoutMs, env: {} }),
    ]);
    const number = /^bubblewrap (\d+\.\d+\S*)/.exec(version)?.[1];
    if (number === undefined) return { why: `${path} does not answer like bubblewrap`, lasting: true };
    return { path, version: number, options: new Set(help.match(/--[a-z-]+/g) ?? []) };
  } catch (cause) {
    const errno = errnoOf(cause) ?? "";
    if (errno === "ENOENT") return { why: `there is no ${path}`, lasting: true };
    const { killed, signal } = cause as { killed?: boolean; signal?: NodeJS.Signals | null };
    if (killed === true) return { why: `${path} does not answer within ${helpTimeoutMs / 1_000} s`, lasting: false };
    const lasting = !passing.has(errno) && signal == null;
    return { why: `${path} does not run: ${lastWordOf(cause)}`, lasting };
  }
}

/** What it said last, else what Node says of it. */
function lastWordOf(cause: unknown): string {
  const { stderr = "", signal } = cause as { stderr?: string; signal?: NodeJS.Signals | null };
  const said = stderr.trim().split("\n").at(-1) || (signal == null ? "" : `ended by ${signal}`);
  return (said || (cause instanceof Error ? cause.message : String(cause))).trim().slice(0, 200);
}
