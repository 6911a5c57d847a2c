/**
 * Which protected things a workspace holds at one moment: found before a command so that they can be bound, and after it
 * so that new ones are noticed. Links are looked at, never followed out of the workspace.
 */
import { lstatSync, readlinkSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Entry, entriesOf } from "./entries.ts";
import { gitParts, isGitFolder } from "./git-folder.ts";
import { type Protection, protectionOf, unlooked } from "./protected-names.ts";

export interface ProtectedItem {
  /** Absolute. */
  readonly path: string;
  readonly how: Protection;
  readonly kind: "file" | "folder" | "link";
  /** What a link says. */
  readonly target?: string;
  /** True for a part of a git folder, whose content decides whether a new one may stay. */
  readonly git?: true;
}

export interface ProtectedSet {
  readonly items: readonly ProtectedItem[];
  /** False where there were too many folders to look into all of them. */
  readonly whole: boolean;
}

/** A large monorepo has some ten thousand folders without its dependencies. */
const foldersMax = 20_000;
const depthMax = 64;

/** Looks through the folder, but not into what is `apart`. Both absolute and link-free. */
export function protectedIn(root: string, apart: ReadonlySet<string> = new Set()): ProtectedSet {
  const found = new Map<string, ProtectedItem>();
  const add = (path: string, how: Protection, git: boolean): void => {
    const item = itemAt(path, how, git);
    if (item === null) return;
    found.set(path, item);
    if (item.kind !== "link") return;
    // What it leads to is what counts; outside of the workspace nothing can be written anyhow, but it can be read.
    const real = realpathOf(path);
    const led = real === null ? null : itemAt(real, how, false);
    if (led !== null && (how === "hide" || real?.startsWith(`${root}/`) === true)) found.set(led.path, led);
  };
  let left = foldersMax;
  const visit = (folder: string, depth: number): void => {
    if (left <= 0 || depth > depthMax) {
      left = 0;
      return;
    }
    left -= 1;
    const entries = entriesOf(folder);
    if (isGitFolder(entries)) for (const path of gitParts(folder, null)) add(path, "keep", true);
    for (const entry of entries) look(folder, entry, depth);
  };
  const look = (folder: string, entry: Entry, depth: number): void => {
    const path = join(folder, entry.name);
    if (entry.name.toLowerCase() === ".git") {
      const parts = entry.isDirectory() ? gitParts(path, dirname(path)) : [path];
      for (const part of parts) if (part.startsWith(`${root}/`)) add(part, "keep", true);
      return;
    }
    const how = protectionOf(entry.name);
    if (how !== null) add(path, how, false);
    else if (entry.isDirectory() && !unlooked.has(entry.name) && !apart.has(path)) visit(path, depth + 1);
  };
  visit(root, 0);
  return { items: [...found.values()], whole: left > 0 };
}

export function itemAt(path: string, how: Protection, git: boolean): ProtectedItem | null {
  try {
    const stats = lstatSync(path);
    const about = { path, how, ...(git ? { git: true as const } : {}) };
    if (stats.isSymbolicLink()) return { ...about, kind: "link", target: readlinkSync(path) };
    return { ...about, kind: stats.isDirectory() ? "folder" : "file" };
  } catch {
    return null;
  }
}

function realpathOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null; // it leads nowhere
  }
}
