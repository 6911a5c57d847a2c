/**
 * What is dangerous inside a git folder: everything that makes git run something or look elsewhere for its settings.
 * Objects, refs and the index are not; a command may commit.
 */
import { readFileSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { type Entry, entriesOf } from "./entries.ts";

/** Modules within modules, at most so deep. */
const depthMax = 4;
const fileBytesMax = 256 * 1024;

/** Paths in and around a git folder that are to be kept as they are; whether they exist is the caller's to find out. */
export function gitParts(folder: string, workTree: string | null): string[] {
  const config = readText(join(folder, "config"));
  return [
    ...partsOf(folder),
    ...below(join(folder, "modules"), 0).flatMap(partsOf),
    ...namesIn(join(folder, "worktrees")).flatMap((name) => {
      const own = join(folder, "worktrees", name);
      return [join(own, "config.worktree"), join(own, "commondir"), join(own, "gitdir")];
    }),
    ...(workTree === null ? [] : namedBy(config, workTree, folder)),
  ];
}

const partsOf = (folder: string): string[] =>
  ["hooks", "config", "config.worktree", "commondir", "gitdir"].map((name) => join(folder, name));

/** Files and folders of the work tree that the settings make git run or read settings from. */
function namedBy(config: string, workTree: string, folder: string): string[] {
  const hooks = [...config.matchAll(/^\s*hooksPath\s*=\s*"?([^"\n]+?)"?\s*$/gim)].map((match) =>
    resolve(workTree, match[1] ?? ""),
  );
  const included = [...config.matchAll(/^\s*path\s*=\s*"?([^"\n]+?)"?\s*$/gim)].map((match) =>
    resolve(folder, match[1] ?? ""),
  );
  return [...hooks, ...included];
}

/** Git folders of submodules: `modules/<name>`, where a name may hold slashes. */
function below(folder: string, depth: number): string[] {
  if (depth > depthMax) return [];
  return namesIn(folder).flatMap((name) => {
    const path = join(folder, name);
    return isGitFolder(entriesOf(path)) ? [path, ...below(join(path, "modules"), depth + 1)] : below(path, depth + 1);
  });
}

/** Git takes every such folder for a repository, whatever its name. */
export function isGitFolder(entries: readonly Entry[]): boolean {
  const has = (name: string): boolean => entries.some((entry) => entry.name === name);
  return has("HEAD") && has("objects") && has("refs");
}

/**
 * Whether something that a command has just made in a git folder may stay: samples of hooks, and settings that can make
 * git run nothing. A repository that an agent makes for itself works; one that is a trap does not come to be.
 */
export function isHarmless(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name === "hooks") return namesIn(path, true).every((hook) => hook.endsWith(".sample"));
  if (name === "commondir") return readText(path).trim() === "../..";
  if (name === "gitdir") return true; // only says where a work tree lies
  if (name === ".git") {
    const led = /^gitdir: (.+)\n?$/.exec(readText(path))?.[1];
    // There, and nowhere else, the settings that count are looked at in their turn.
    return led !== undefined && /\/\.git\/(modules|worktrees)\//.test(resolve(dirname(path), led));
  }
  return name === "config" && isHarmlessConfig(readText(path));
}

const harmlessKeys: Readonly<Record<string, RegExp>> = {
  core: /^(repositoryformatversion|filemode|bare|logallrefupdates|ignorecase|precomposeunicode|symlinks)$/,
  extensions: /^(objectformat|refstorage|worktreeconfig)$/,
  user: /^(name|email)$/,
  init: /^defaultbranch$/,
  branch: /^(remote|merge|rebase)$/,
  remote: /^(url|fetch)$/,
};

function isHarmlessConfig(text: string): boolean {
  if (text.length >= fileBytesMax) return false;
  let section = "";
  return text.split("\n").every((line) => {
    const plain = line.trim();
    if (plain === "" || plain.startsWith("#") || plain.startsWith(";")) return true;
    const head = /^\[([a-z]+)(?: "[^"\\]*")?\]$/i.exec(plain);
    if (head !== null) {
      section = (head[1] ?? "").toLowerCase();
      return section in harmlessKeys;
    }
    const [, key = "", value = ""] = /^([a-z]+)\s*=\s*([^\\]*)$/i.exec(plain) ?? [];
    if (!(harmlessKeys[section]?.test(key.toLowerCase()) ?? false)) return false;
    // Other schemes of a remote are programs: ext::, and paths with their own hooks.
    return section !== "remote" || key.toLowerCase() !== "url" || /^(https?:\/\/|git@)[\w.@:/~-]+$/.test(value);
  });
}

/** A linked work tree: where git keeps what is its own, and what it shares. */
export interface LinkedTree {
  readonly own: string;
  readonly common: string;
}

/**
 * Where the `.git` file of this work tree leads, if git itself wrote it: the folder it names must name the work tree
 * back. A file alone proves nothing, since whoever can write here could name any repository of this machine.
 */
export function linkedTree(workTree: string): LinkedTree | null {
  try {
    const named = /^gitdir: (.+)\n?$/.exec(readFileSync(join(workTree, ".git"), "utf8"))?.[1];
    if (named === undefined) return null;
    const own = realpathSync(resolve(workTree, named));
    const back = readFileSync(join(own, "gitdir"), "utf8").trim();
    if (realpathSync(dirname(resolve(own, back))) !== workTree) return null;
    const common = realpathSync(resolve(own, readFileSync(join(own, "commondir"), "utf8").trim()));
    return dirname(dirname(own)) === common && isGitFolder(entriesOf(common)) ? { own, common } : null;
  } catch {
    return null; // a folder, nothing, or not git's
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8").slice(0, fileBytesMax);
  } catch {
    return "";
  }
}

function namesIn(folder: string, all = false): string[] {
  return entriesOf(folder)
    .filter((entry) => all || entry.isDirectory())
    .map(({ name }) => name);
}
