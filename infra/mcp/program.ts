/**
 * What the command of a plugin server really is on this machine: the file it begins with, and the package it comes from,
 * by version and hash. A person approves that, not a name that somebody else can fill anew.
 */
import { createHash } from "node:crypto";
import { accessSync, constants, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, delimiter, dirname, isAbsolute, join, resolve } from "node:path";
import { readPlainFile } from "../plain-file.ts";

export interface Program {
  /** As it was asked for: name and version, where one was named. */
  readonly package?: { readonly name: string; readonly wanted: string | null };
  /** What is installed, where it is installed. */
  readonly installed?: { readonly name: string; readonly version: string };
  /** Absolute, link-free. */
  readonly file?: string;
  readonly sha256?: string;
}

export interface FoundProgram {
  readonly program: Program;
  /** Index of the argument that names the file; -1: the command itself; null: no file of this machine. */
  readonly at: number | null;
  /** What somebody should know before they approve it. */
  readonly told: readonly string[];
}

export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly home: string;
  readonly searchPath: string;
}

/** Programs that run a script which is an argument of theirs. */
const INTERPRETERS = /^(node|nodejs|bun|deno|python[\d.]*|ruby|perl|php|bash|sh|zsh|tsx)$/;
const NODE_FETCHERS: ReadonlySet<string> = new Set(["npx", "bunx", "pnpx"]);
const PYTHON_FETCHERS: ReadonlySet<string> = new Set(["uvx", "pipx"]);
/** Programs that take settings, or code, from the folder that they are started in. */
const OBEYING: ReadonlySet<string> = new Set([
  "bun",
  "deno",
  "tsx",
  "uv",
  "npm",
  "pnpm",
  "yarn",
  "go",
  "cargo",
  "make",
]);
/** Larger files are no script and no launcher. */
const FILE_BYTES_MAX = 256 * 1024 * 1024;

const nameOf = (command: string): string => basename(command).replace(/\.(cmd|exe)$/i, "");

/**
 * Whether whoever wrote files into the folder that it is started in decides what it runs: where a registry is, what is
 * loaded before it, which module goes by a name.
 */
export function obeysItsFolder({ command, args }: Pick<ProgramOptions, "command" | "args">): boolean {
  const name = nameOf(command);
  if (name === "env") return true; // what it starts is anything
  if (NODE_FETCHERS.has(name) || PYTHON_FETCHERS.has(name) || OBEYING.has(name)) return true;
  const script = args.findIndex((one) => !one.startsWith("-"));
  const options = script < 0 ? args : args.slice(0, script);
  return /^(python.*|(ba|da|z)?sh)$/.test(name) && options.some((one) => /^-[A-Za-z]*[mc]/.test(one));
}

export function programOf(options: ProgramOptions): FoundProgram {
  const name = nameOf(options.command);
  if (NODE_FETCHERS.has(name)) return fetchedByNode(options, name);
  if (PYTHON_FETCHERS.has(name)) return fetchedByPython(options, name);
  if (name === "docker" || name === "podman") return container(options);
  if (INTERPRETERS.test(name)) return script(options);
  const found = commandFile(options);
  if (found === null) return { program: {}, at: null, told: [`there is no ${options.command} on this machine`] };
  if (isSystems(found)) return { program: { file: found }, at: null, told: [] };
  return { program: { ...installedAt(found), file: found, ...hashOf(found) }, at: -1, told: [] };
}

function script(options: ProgramOptions): FoundProgram {
  const at = options.args.findIndex(
    (one) => !one.startsWith("-") && (isFile(resolve(options.home, one)) || isAbsolute(one)),
  );
  const named = options.args[at];
  if (named === undefined) return { program: {}, at: null, told: ["what it runs is not a file that could be pinned"] };
  const loose = options.args
    .slice(0, at)
    .filter((one) =>
      /^(-r|--require|--import|--loader|--experimental-loader|-e|--eval|-c|-m)$/.test(one.split("=")[0] ?? ""),
    );
  const told = loose.length === 0 ? [] : [`${loose.join(" ")} runs more than the file that is pinned`];
  const file = realFile(resolve(options.home, named));
  if (file === null) return { program: {}, at: null, told: [...told, `there is no file ${named}`] };
  return { program: { ...installedAt(file), file, ...hashOf(file) }, at, told };
}

/** `npx -y name@version`: what the workspace has installed under that name is what runs. */
function fetchedByNode({ args, home }: ProgramOptions, by: string): FoundProgram {
  const option = args.findIndex((one) => one === "-p" || one === "--package");
  const spec =
    option >= 0
      ? args[option + 1]
      : (args.find((one) => one.startsWith("--package="))?.slice(10) ?? args.find((one) => !one.startsWith("-")));
  const [, name, wanted = null] = /^((?:@[\w.-]+\/)?[\w.-]+)(?:@(.+))?$/.exec(spec ?? "") ?? [];
  if (name === undefined) return { program: {}, at: null, told: [`${by} is told of no package that could be pinned`] };
  const told = isExact(wanted) ? [] : [floating(by, name, wanted)];
  const folder = realFolder(join(home, "node_modules", name));
  const installed = folder === null ? null : manifestOf(folder);
  if (folder === null || installed === null) return { program: { package: { name, wanted } }, at: null, told };
  const file = realFile(join(folder, installed.entry));
  const { version } = installed;
  return {
    program: {
      package: { name, wanted },
      installed: { name: installed.name, version },
      ...(file === null ? {} : { file, ...hashOf(file) }),
    },
    at: null,
    told:
      isExact(wanted) && wanted !== version
        ? [`the workspace has ${name} ${version} installed, not ${wanted}`]
        : isExact(wanted)
          ? []
          : [`the version is not written down; the workspace has ${version}`],
  };
}

function fetchedByPython({ args }: ProgramOptions, by: string): FoundProgram {
  const from = args.indexOf("--from");
  const spec = from >= 0 ? args[from + 1] : args.find((one) => !one.startsWith("-") && one !== "run");
  const [, name, wanted = null] = /^([\w.-]+)(?:\[[^\]]*\])?(?:(?:==|@)(.+))?$/.exec(spec ?? "") ?? [];
  if (name === undefined) return { program: {}, at: null, told: [`${by} is told of no package that could be pinned`] };
  return {
    program: { package: { name, wanted } },
    at: null,
    told: isExact(wanted) ? [] : [floating(by, name, wanted)],
  };
}

function container({ args }: ProgramOptions): FoundProgram {
  const image = args
    .slice(args.indexOf("run") + 1)
    .find((one) => /^[\w.-]+(\/[\w.-]+)+(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/.test(one));
  const fixed = image?.includes("@sha256:") === true;
  return {
    program: {},
    at: null,
    told: fixed ? [] : ["the image is not named by its digest: what runs can change unseen"],
  };
}

const isExact = (wanted: string | null): boolean =>
  wanted !== null && /^\d+\.\d+(\.\d+)?([-+.][\w.+-]*)?$/.test(wanted);

const floating = (by: string, name: string, wanted: string | null): string =>
  `${by} fetches whatever ${name}${wanted === null ? "" : `@${wanted}`} is when it starts: name an exact version`;

function commandFile({ command, home, searchPath }: ProgramOptions): string | null {
  if (command.includes("/")) return realFile(resolve(home, command));
  for (const folder of searchPath.split(delimiter)) {
    if (folder === "") continue;
    const file = join(folder, command);
    try {
      accessSync(file, constants.X_OK);
      return realFile(file);
    } catch {} // not here
  }
  return null;
}

/** What the system's own packages bring changes with them, and only root can change it otherwise. */
const isSystems = (file: string): boolean => /^\/(usr\/(bin|sbin|lib|libexec|share)|bin|sbin|nix\/store)\//.test(file);

function hashOf(file: string): { sha256?: string } {
  if (statSync(file).size > FILE_BYTES_MAX) return {};
  return { sha256: createHash("sha256").update(readFileSync(file)).digest("hex") };
}

function installedAt(file: string): { installed?: { name: string; version: string } } {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const found = manifestOf(folder);
    if (found !== null) return { installed: { name: found.name, version: found.version } };
    if (basename(folder) === "node_modules") break;
  }
  return {};
}

const MANIFEST_BYTES_MAX = 1024 * 1024;

function manifestOf(folder: string): { name: string; version: string; entry: string } | null {
  try {
    const path = join(folder, "package.json");
    const { name, version, bin, main } = JSON.parse(readPlainFile(path, MANIFEST_BYTES_MAX)) as Record<string, unknown>;
    if (typeof name !== "string" || typeof version !== "string") return null;
    const first = typeof bin === "object" && bin !== null ? Object.values(bin)[0] : bin;
    const entry = typeof first === "string" ? first : typeof main === "string" ? main : "index.js";
    return { name: name.slice(0, 214), version: version.slice(0, 100), entry };
  } catch {
    return null;
  }
}

function realFile(path: string): string | null {
  try {
    const real = realpathSync(path);
    return statSync(real).isFile() ? real : null;
  } catch {
    return null;
  }
}

function realFolder(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

const isFile = (path: string): boolean => realFile(path) !== null;
