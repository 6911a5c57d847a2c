/**
 * Unpacks a Redis from the system's own apt sources without root: a private package state, so that neither the system's
 * lists nor its locks are needed, apt's signature checks, and only those libraries that the system lacks.
 */
import { execFile } from "node:child_process";
import { chmod, mkdir, readdir, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { SwarmError } from "../errors.ts";
import { copyServer } from "./installed-copy.ts";

const run = promisify(execFile);

/** Per apt step; the lists of a Debian release are some 10 MB. */
const stepTimeoutMs = 180_000;

/** A server, its tools and a few libraries. More would mean that apt wants to change the system instead. */
const packagesMax = 40;

interface Output {
  readonly stdout: string;
  readonly stderr: string;
}

type Call = (tool: "apt-get" | "apt-cache", args: readonly string[]) => Promise<Output>;

const serverPackages = ["redis-server", "valkey-server", "redis"] as const;

/**
 * Fills `target` with the server, its missing libraries and a start script named `redis-server`. `work` is scratch
 * space that the caller removes. Throws `redis.install_failed` naming the step that failed and what to do about it.
 */
export async function unpackFromApt(apt: string, dpkgDeb: string, work: string, target: string): Promise<void> {
  const state = join(work, "apt");
  const debs = join(work, "debs");
  await mkdir(join(state, "state", "lists", "partial"), { recursive: true });
  await mkdir(join(state, "cache", "archives", "partial"), { recursive: true });
  await mkdir(debs);
  const call: Call = (tool, args) => callApt(join(dirname(apt), tool), [...privateState(state), ...args], debs);

  // One broken third-party source must not stop the others, and apt only warns of it: whether the lists suffice shows
  // in the next step, whose error then needs these warnings.
  const lists = await call("apt-get", ["update"]).catch((cause: unknown) => cause);
  const packages = await choosePackages(call, lists);
  const fetched = await outcome(call("apt-get", ["download", ...packages]));
  if (fetched !== undefined) throw failed(`download ${packages.join(" ")}`, fetched);

  const root = join(target, "root");
  await mkdir(root);
  for (const deb of (await readdir(debs)).filter((name) => name.endsWith(".deb")).sort()) {
    const unpacked = await outcome(run(dpkgDeb, ["-x", join(debs, deb), root], { timeout: stepTimeoutMs }));
    if (unpacked !== undefined) throw failed(`unpack ${deb}`, unpacked);
  }
  await writeStartScript(target, root);
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
 * libraries that are already here are not named. Of that, the server and libraries are kept, never system services.
 */
async function choosePackages(call: Call, lists: unknown): Promise<readonly string[]> {
  let cause: unknown = complaints(lists).length === 0 ? undefined : lists;
  for (const server of serverPackages) {
    try {
      // Already known to dpkg but not found by the search: fetched again, together with what it consists of.
      const parts = [server, ...(await partsOf(call, server))];
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
  throw failed("find a redis-server package in this system's sources", cause);
}

/** The packages that carry the server itself, as its own dependencies name them. */
async function partsOf(call: Call, server: string): Promise<readonly string[]> {
  const { stdout: shown } = await call("apt-cache", ["depends", server]);
  return [...shown.matchAll(/^\s*\|?Depends: ((?:redis|valkey)\S*)$/gm)].map((match) => match[1] ?? "");
}

async function callApt(tool: string, args: readonly string[], cwd: string): Promise<Output> {
  // Through env(1), because apt's words are parsed and must not be translated, while the proxy settings of the user stay.
  return run("env", ["LC_ALL=C", "DEBIAN_FRONTEND=noninteractive", tool, "-q", ...args], {
    cwd,
    timeout: stepTimeoutMs,
    maxBuffer: 16 * 1024 * 1024,
  });
}

async function writeStartScript(target: string, root: string): Promise<void> {
  const files = await readdir(root, { recursive: true, withFileTypes: true });
  const server = files.find((file) => /^(valkey|redis)-server$/.test(file.name) && file.parentPath.endsWith("/bin"));
  if (server === undefined) throw failed("find the server in what was unpacked", undefined);
  const libraries = new Set(
    files.filter((file) => /\.so(\.|$)/.test(file.name)).map((file) => relative(target, file.parentPath)),
  );
  const script = [
    "#!/bin/sh",
    "# Starts the unpacked server with the libraries that came with it, wherever this folder lies.",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: shell syntax
    'here=$(CDPATH= cd -- "${0%/*}" && pwd -P) || exit 1',
    `LD_LIBRARY_PATH="${[...libraries].map((folder) => `$here/${folder}`).join(":")}"`,
    "export LD_LIBRARY_PATH",
    `exec "$here/${relative(target, join(server.parentPath, server.name))}" "$@"`,
    "",
  ].join("\n");
  await writeFile(copyServer(target), script);
  await chmod(copyServer(target), 0o700);
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

function failed(step: string, cause: unknown): SwarmError {
  const said = complaints(cause)
    .map((line) => `\n${line}`)
    .join("");
  return new SwarmError("redis.install_failed", `The rootless install of Redis could not ${step}.${said}`, {
    hint: "Check the network and /etc/apt, or install it with root: sudo apt-get install redis-server\nOr set REDIS_URL, or SWARM_REDIS_BIN.",
    retry: true,
    exit: 7,
    cause,
  });
}
