/**
 * Unpacks a program from the system's own apt sources without root: a private package state, so that neither the
 * system's lists nor its locks are needed, apt's signature checks, and only those libraries that the system lacks.
 */
import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Per apt step; the lists of a Debian release are some 10 MB. */
const stepTimeoutMs = 180_000;

/** A program, its tools and a few libraries. More would mean that apt wants to change the system instead. */
const packagesMax = 40;

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

type Call = (tool: "apt-get" | "apt-cache", args: readonly string[]) => Promise<Output>;

/** Which program is wanted. */
export interface AptWish {
  /** Packages that have it; the first that this system knows is taken. */
  readonly packages: readonly string[];
  /** Dependencies of such a package that belong to the program itself. */
  readonly parts: RegExp;
  /** Name of the program's file, in a folder named `bin`. */
  readonly program: RegExp;
  /** Name of the start script. */
  readonly script: string;
  /** The error of a step that failed; `said` is what apt complained of, in lines. */
  failed(step: string, said: readonly string[], cause: unknown): Error;
}

/** The tools it is done with. */
export interface AptTools {
  readonly apt: string;
  readonly dpkgDeb: string;
}

/**
 * Fills `target` with the program, its missing libraries and a start script. `work` is scratch space that the caller
 * removes. Throws the wish's error, naming the step that failed.
 */
export async function unpackFromApt(
  wish: AptWish,
  { apt, dpkgDeb }: AptTools,
  work: string,
  target: string,
): Promise<void> {
  const state = join(work, "apt");
  const debs = join(work, "debs");
  await mkdir(join(state, "state", "lists", "partial"), { recursive: true });
  await mkdir(join(state, "cache", "archives", "partial"), { recursive: true });
  await mkdir(debs);
  const call: Call = (tool, args) => callApt(join(dirname(apt), tool), [...privateState(state), ...args], debs);

  // One broken third-party source must not stop the others, and apt only warns of it: whether the lists suffice shows
  // in the next step, whose error then needs these warnings.
  const lists = await call("apt-get", ["update"]).catch((cause: unknown) => cause);
  const packages = await choosePackages(wish, call, lists);
  const fetched = await outcome(call("apt-get", ["download", ...packages]));
  if (fetched !== undefined) throw failed(wish, `download ${packages.join(" ")}`, fetched);

  const root = join(target, "root");
  await mkdir(root);
  for (const deb of (await readdir(debs)).filter((name) => name.endsWith(".deb")).sort()) {
    const unpacked = await outcome(run(dpkgDeb, ["-x", join(debs, deb), root], { timeout: stepTimeoutMs }));
    if (unpacked !== undefined) throw failed(wish, `unpack ${deb}`, unpacked);
  }
  await writeStartScript(wish, target, root);
}

/** The package state of this install alone; the sources, keys and the list of what is installed stay the system's. */
function privateState(folder: string): readonly string[] {
  return [
    `Dir::State=${folder}/state`,
    "Dir::State::status=/var/lib/dpkg/status",
    `Dir::Cache=${folder}/cache`,
    "Debug::NoLocking=1",
    "APT::Sandbox::User=",
    "APT::Get::AllowUnauthenticated=false",
    "Acquire::AllowInsecureRepositories=false",
    "Acquire::Languages=none",
    "Acquire::IndexTargets::deb-src::Sources::DefaultEnabled=false",
    "Acquire::Retries=2",
    "Acquire::http::Timeout=20",
    "Acquire::https::Timeout=20",
  ].flatMap((option) => ["-o", option]);
}

/**
 * Lets apt's own resolver say what an install would add to this very system: names differ between releases, and
 * libraries that are already here are not named. Of that, the program and libraries are kept, never system services.
 */
async function choosePackages(wish: AptWish, call: Call, lists: unknown): Promise<readonly string[]> {
  let cause: unknown = complaints(lists).length === 0 ? undefined : lists;
  for (const server of wish.packages) {
    try {
      // Already known to dpkg but not found by the search: fetched again, together with what it consists of.
      const parts = [server, ...(await partsOf(wish, call, server))];
      const { stdout: plan } = await call("apt-get", [
        "--simulate",
        "--reinstall",
        "--no-install-recommends",
        "install",
        ...parts,
      ]);
      const names = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? "");
      const wanted = names.filter((name) => parts.includes(name) || name.startsWith("lib"));
      if (!wanted.includes(server) || wanted.length > packagesMax) continue;
      return wanted;
    } catch (error) {
      cause ??= error;
    }
  }
  throw failed(wish, `find a ${wish.packages[0]} package in this system's sources`, cause);
}

/** The packages that carry the program itself, as its own dependencies name them. */
async function partsOf(wish: AptWish, call: Call, server: string): Promise<readonly string[]> {
  const { stdout: shown } = await call("apt-cache", ["depends", server]);
  return [...shown.matchAll(/^\s*\|?Depends: (\S+)$/gm)]
    .map((match) => match[1] ?? "")
    .filter((name) => wish.parts.test(name));
}

async function callApt(tool: string, args: readonly string[], cwd: string): Promise<Output> {
  // Through env(1), because apt's words are parsed and must not be translated, while the proxy settings of the user stay.
  return run("env", ["LC_ALL=C", "DEBIAN_FRONTEND=noninteractive", tool, "-q", ...args], {
    cwd,
    timeout: stepTimeoutMs,
    maxBuffer: 16 * 1024 * 1024,
  });
}

async function writeStartScript(wish: AptWish, target: string, root: string): Promise<void> {
  const files = await readdir(root, { recursive: true, withFileTypes: true });
  const program = files.find((file) => wish.program.test(file.name) && file.parentPath.endsWith("/bin"));
  if (program === undefined) throw failed(wish, "find the program in what was unpacked", undefined);
  const libraries = new Set(
    files.filter((file) => /\.so(\.|$)/.test(file.name)).map((file) => relative(target, file.parentPath)),
  );
  const script = [
    "#!/bin/sh",
    "# Starts the unpacked program with the libraries that came with it, wherever this folder lies.",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell syntax
    'here=$(CDPATH= cd -- "${0%/*}" && pwd -P) || exit 1',
    `LD_LIBRARY_PATH="${[...libraries].map((folder) => `$here/${folder}`).join(":")}"`,
    "export LD_LIBRARY_PATH",
    `exec "$here/${relative(target, join(program.parentPath, program.name))}" "$@"`,
    "",
  ].join("\n");
  await writeFile(join(target, wish.script), script);
  await chmod(join(target, wish.script), 0o700);
}

/** What a step failed with, or undefined. */
async function outcome(step: Promise<unknown>): Promise<unknown> {
  try {
    await step;
    return undefined;
  } catch (cause) {
    return cause;
  }
}

/** Apt's warnings and errors, from what a step printed or failed with. */
function complaints(output: unknown): readonly string[] {
  const stderr = typeof output === "object" && output !== null && "stderr" in output ? String(output.stderr) : "";
  return stderr
    .split("\n")
    .filter((line) => /^[EW]:/.test(line))
    .slice(0, 5);
}

const failed = (wish: AptWish, step: string, cause: unknown): Error => wish.failed(step, complaints(cause), cause);
