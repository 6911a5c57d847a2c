/** The configuration files: where they are looked for, and what was read of one. What they mean is not decided here. */
import { existsSync, lstatSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { SwarmError } from "./errors.ts";

/** Bytes of a file of settings, at most. */
const FILE_BYTES_MAX = 1024 * 1024;

const NAMES = ["swarm.config.mjs", "swarm.config.json"];

export function firstIn(folder: string): string | null {
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
    const { size } = statSync(file);
    if (size > FILE_BYTES_MAX) throw new Error(`it has ${size} bytes; at most ${FILE_BYTES_MAX} are read`);
    if (!file.endsWith(".mjs")) return readJson(file);
    return { value: ((await import(pathToFileURL(file).href)) as { default?: unknown }).default, source: null };
  } catch (cause) {
    throw new SwarmError("config.unreadable", `${file}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      exit: 2,
      cause,
      hint: "Mend the file, or remove it.",
    });
  }
}

function readJson(file: string): SettingsFile {
  const source = readFileSync(file, "utf8");
  return { value: JSON.parse(source) as unknown, source };
}
