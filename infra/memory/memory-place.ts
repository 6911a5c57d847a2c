/**
 * Which workspace a memory is of: the top of the git repository that a folder lies in, or the folder itself, by its real
 * path on this host. Every item is borne out by files, and files are what differs between two checkouts of one project.
 */
import { realpathSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { gitRootOf } from "../config-files.ts";
import { shortHash } from "../ids.ts";

/** How long an item is kept where nobody says otherwise, in days, and at most: ten years. */
export const MEMORY_DAYS = 90;
export const MEMORY_DAYS_MAX = 3_650;

export interface MemoryPlace {
  /** Absolute, link-free: the workspace that is remembered about. */
  readonly top: string;
  /** The folder that was asked about, below the top, with `/`; "" is the top itself. */
  readonly below: string;
  /** Name of its folder. */
  readonly name: string;
}

/** Null where there is no such folder on this host. */
export function memoryPlaceOf(folder: string): MemoryPlace | null {
  let real: string;
  try {
    real = realpathSync(folder);
  } catch {
    return null;
  }
  const top = gitRootOf(real) ?? real;
  return { top, below: relative(top, real).split(sep).join("/"), name: shortHash(top) };
}

/** Below the state folder of this host's user: no repository can bring it along, no tool can see it. */
export const memoriesIn = (stateFolder: string): string => join(stateFolder, "memory");
