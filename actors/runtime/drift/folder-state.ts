/** What a folder holds at one moment, so that two moments can be compared: everything in it, links unfollowed. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { errnoOf } from "../../../infra/journal/durable-file.ts";

export interface FolderLook {
  /** Absolute folders that are not looked into. */
  readonly apart?: readonly string[];
  /** `content` reads every file; `stat` goes by size, times and inode, which nobody can set back (ctime). */
  readonly by: "content" | "stat";
}

/** Relative path → what tells its content from another; files, links and empty or other folders alike. */
export interface FolderState {
  readonly entries: ReadonlyMap<string, string>;
  /** False where there was more than is looked at. */
  readonly whole: boolean;
}

/** Files and folders that are looked at: what takes a few hundred milliseconds. */
const ENTRIES_MAX = 20_000;
/** Looked at together. */
const AT_ONCE = 64;

/** What vanishes meanwhile, or cannot be read, counts as what it was last seen to be: not there, or unreadable. */
export async function folderState(folder: string, { apart = [], by }: FolderLook): Promise<FolderState> {
  const entries = new Map<string, string>();
  const left = [""];
  for (let at = left.pop(); at !== undefined; at = left.pop()) {
    const names = await namesIn(join(folder, at));
    for (let from = 0; from < names.length; from += AT_ONCE) {
      const paths = names.slice(from, from + AT_ONCE).map((name) => (at === "" ? name : `${at}/${name}`));
      const wanted = paths.filter((path) => !apart.includes(join(folder, path)));
      const found = await Promise.all(wanted.map((path) => look(join(folder, path), by)));
      for (const [index, path] of wanted.entries()) {
        if (entries.size >= ENTRIES_MAX) return { entries, whole: false };
        const one = found[index];
        if (one == null) continue;
        entries.set(path, one.mark);
        if (one.isFolder) left.push(path);
      }
    }
  }
  return { entries, whole: true };
}

/** Relative paths that are new, gone or different, sorted. */
export function changedBetween(before: FolderState, after: FolderState): string[] {
  const paths = new Set([...before.entries.keys(), ...after.entries.keys()]);
  return [...paths].filter((path) => before.entries.get(path) !== after.entries.get(path)).sort();
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    if (errnoOf(cause) === undefined) throw cause;
    return [];
  }
}

async function look(path: string, by: FolderLook["by"]): Promise<{ mark: string; isFolder: boolean } | null> {
  try {
    const stats = await lstat(path, { bigint: true });
    const { mode, size, mtimeNs, ctimeNs, ino } = stats;
    // A folder's times change with what is in it, which is looked at by itself.
    if (stats.isDirectory()) return { mark: `folder ${mode}`, isFolder: true };
    if (stats.isSymbolicLink()) return { mark: `link ${await readlink(path)}`, isFolder: false };
    const mark =
      by === "content" && stats.isFile()
        ? await contentOf(path, stats.size)
        : [size, mtimeNs, ctimeNs, ino].map(String).join(" ");
    return { mark: `file ${mode} ${mark}`, isFolder: false };
  } catch (cause) {
    const code = errnoOf(cause);
    if (code === undefined) throw cause;
    return code === "ENOENT" ? null : { mark: `unreadable ${code}`, isFolder: false };
  }
}

/** Larger files are read in parts. In bytes. */
const AT_ONCE_MAX = 1_000_000n;

async function contentOf(path: string, bytes: bigint): Promise<string> {
  const hash = createHash("sha256");
  if (bytes <= AT_ONCE_MAX) return hash.update(await readFile(path)).digest("hex");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
