/** The configuration files: where they are looked for, and what was read of one. What they mean is not decided here. */
import { existsSync, lstatSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { SwarmError } from "./errors.ts";
import { readPlainFile } from "./plain-file.ts";

/** Bytes of a file of settings, at most. */
const FILE_BYTES_MAX = 1024 * 1024;

const NAMES = ["swarm.config.mjs", "swarm.config.json"];

type Environment = Readonly<Record<string, string | undefined>>;

/** A variable that is set to nothing says nothing. */
export const nonEmpty = (value: string | undefined): string | undefined =>
  value === undefined || value === "" ? undefined : value;

/** In the order in which they count, the last one most. Throws SwarmError `config.missing`, exit 2, and as `nearestConfig`. */
export function configFiles(cwd: string, root: string, env: Environment): string[] {
  const xdg = join(nonEmpty(env.XDG_CONFIG_HOME) ?? join(homedir(), ".config"), "statehive");
  const files = [firstIn(xdg), nearestConfig(cwd, root)].filter((file) => file !== null);
  const named = nonEmpty(env.SWARM_CONFIG);
  if (named === undefined) return files;
  const file = resolve(cwd, named);
  if (!existsSync(file)) {
    throw new SwarmError("config.missing", `SWARM_CONFIG="${named}": there is no such file`, {
      exit: 2,
      hint: "Point SWARM_CONFIG at a .json or .mjs file, or unset it.",
    });
  }
  return [...files, file];
}

function firstIn(folder: string): string | null {
  return NAMES.map((name) => join(folder, name)).find((file) => existsSync(file)) ?? null;
}

/**
 * From the working folder up to the root of its repository. Throws SwarmError `config.stranger`, exit 2, where it is
 * another user's.
 */
export function nearestConfig(cwd: string, root: string): string | null {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const found = firstIn(folder);
    if (found !== null && isStrangers(found, cwd)) {
      throw new SwarmError("config.stranger", `${found} belongs to another user: it is not obeyed unasked`, {
        exit: 2,
        hint: "Name it by SWARM_CONFIG if you trust whoever wrote it, or work in another folder.",
      });
    }
    if (found !== null || folder === root || folder === dirname(folder)) return found;
  }
}

export function gitRootOf(cwd: string): string | null {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const git = join(folder, ".git");
    if (existsSync(git) && !isStrangers(git, cwd)) return folder;
    if (folder === dirname(folder)) return null;
  }
}

/** Neither ours nor of whoever owns the folder we work in: in a folder like /tmp anybody puts things above others. */
function isStrangers(path: string, cwd: string): boolean {
  const me = process.getuid?.();
  return me !== undefined && ![me, 0, statSync(cwd).uid].includes(lstatSync(path).uid);
}

export interface SettingsFile {
  readonly value: unknown;
  /** As it stands there, to say where in it something is; null for a program. */
  readonly source: string | null;
}

/** Throws SwarmError `config.unreadable`, exit 2. An `.mjs` is run. */
export async function readSettingsFile(file: string): Promise<SettingsFile> {
  try {
    const source = readPlainFile(file, FILE_BYTES_MAX);
    if (!file.endsWith(".mjs")) return { value: JSON.parse(source) as unknown, source };
    return { value: ((await import(pathToFileURL(file).href)) as { default?: unknown }).default, source: null };
  } catch (cause) {
    throw new SwarmError("config.unreadable", `${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      exit: 2,
      cause,
      hint: "Mend the file, or remove it.",
    });
  }
}
