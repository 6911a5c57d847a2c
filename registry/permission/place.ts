/**
 * Where a path leads by its text: into the workspace, out of it, or nobody knows. Links are not looked at here; where
 * they lead is judged again by the box, at the moment of use.
 */
import { posix } from "node:path";
import { PUBLIC_READ, PUBLIC_WRITE } from "./protected-paths.ts";

export interface Place {
  /** `open`: outside, and everybody's; `unclear`: its text does not say where it leads. */
  readonly kind: "inside" | "outside" | "open" | "own" | "unclear";
  /** Null where it is unclear. */
  readonly absolute: string | null;
  /** For names: below the folder that it lies in, else from the root. */
  readonly parts: readonly string[];
  readonly fromRoot: boolean;
}

export interface Folders {
  readonly workspace: string;
  readonly addDirs: readonly string[];
  readonly ownDirs?: readonly string[];
  readonly home?: string;
}

const partsOf = (path: string): string[] => path.split("/").filter((part) => part !== "" && part !== ".");

export const isIn = (folder: string, path: string): boolean =>
  path === folder || path.startsWith(folder.endsWith("/") ? folder : `${folder}/`);

/** A path as a file tool takes it: nothing in it is expanded. */
export function placeOf(written: string, folders: Folders, access: "read" | "write"): Place {
  // The box refuses these; what `~` would mean to a shell is not to be found in the workspace by chance.
  if (written === "~" || written.startsWith("~/")) return placeInShell(written, folders, access);
  return known(posix.resolve(folders.workspace, written), folders, access);
}

/** A path as a command line has it: `~` and `$HOME` are expanded where they are known. */
export function placeInShell(written: string, folders: Folders, access: "read" | "write"): Place {
  const { home, workspace } = folders;
  const expanded = written
    .replace(/^(~|\$HOME|\$\{HOME\})(?=\/|$)/, (found) => home ?? found)
    .replace(/^(\$PWD|\$\{PWD\})(?=\/|$)/, () => workspace);
  const unclear: Place = { kind: "unclear", absolute: null, parts: partsOf(expanded), fromRoot: false };
  if (expanded.startsWith("~") || /[$`]/.test(expanded) || /\{[^}]*\//.test(expanded)) return unclear;
  // A glob that can mean the folder above: where it leads is not in the text.
  if (partsOf(expanded).some((part) => /^\.[*?[]/.test(part))) return unclear;
  return known(posix.resolve(workspace, expanded), folders, access);
}

function known(absolute: string, folders: Folders, access: "read" | "write"): Place {
  const { workspace, addDirs, ownDirs = [] } = folders;
  const home = [workspace, ...addDirs].find((folder) => isIn(folder, absolute));
  // A working tree of the run's own may lie in the swarm's folder: that it is the swarm's does not close it.
  const own = ownDirs.some((folder) => isIn(folder, absolute) && (home === undefined || !isIn(folder, home)));
  const parts = partsOf(home === undefined ? absolute : absolute.slice(home.length));
  const place = { absolute, parts, fromRoot: home === undefined };
  if (own) return { ...place, kind: "own" };
  if (home !== undefined) return { ...place, kind: "inside" };
  const open = access === "read" ? PUBLIC_READ : PUBLIC_WRITE;
  return { ...place, kind: open.some((one) => opens(one, absolute)) ? "open" : "outside" };
}

const opens = (one: string, path: string): boolean => (one.endsWith("/") ? isIn(one.slice(0, -1), path) : one === path);
