/**
 * Puts the whole content of one file in place at once, inside the root and nowhere else: written aside in the folder it
 * belongs to, synced, renamed over. Links are resolved at the moment of use; the file's mode and owner stay.
 */
import { createHash } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { access, type FileHandle, lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { type Grip, type Hold, hold } from "./confine.ts";
import { type RootNames, relativePath, under } from "./path-rules.ts";
import { BoxRefusal, errnoOf, quoted, refusalOf } from "./refusal.ts";

/** What a replacement is about to do; known before anything is touched. */
export interface FileChange {
  /** Relative to the root, links resolved. */
  readonly path: string;
  /** SHA-256 in hex; null where there is no file yet. */
  readonly before: string | null;
  readonly after: string;
}

export interface ReplaceOptions {
  /** Refused with `box.changed` where the file is not this one (SHA-256 in hex, null: no file). Absent: whatever it is. */
  readonly expected?: string | null;
  /** Called once everything is known and nothing is done; a throw ends it there. */
  readonly before: (change: FileChange) => Promise<void>;
}

export interface Replaced extends FileChange {
  readonly bytes: number;
  /** Of what was there; null where nothing was. */
  readonly bytesBefore: number | null;
}

/** Largest file that is hashed or replaced, in bytes. */
const changedBytesMax = 256 * 1024 * 1024;
const chunkBytes = 1024 * 1024;

/** @throws BoxRefusal; after `before` was called, `box.changed` and `box.unreadable` mean that nothing was changed. */
export async function replaceFile(
  names: RootNames,
  grip: Grip,
  path: string,
  content: Uint8Array,
  options: ReplaceOptions,
): Promise<Replaced> {
  const target = await targetOf(names, grip, path);
  const { stats } = target;
  if (stats !== null && !stats.isFile()) {
    const what = stats.isDirectory() ? "is a folder" : "is not a regular file";
    throw new BoxRefusal("box.not_a_file", path, `${quoted(path)} ${what}`);
  }
  const found = stats === null ? null : await hashFile(names, grip, target.path);
  const before = found?.sha256 ?? null;
  if (options.expected !== undefined && options.expected !== before) throw changed(path);
  const after = createHash("sha256").update(content).digest("hex");
  await options.before({ path: target.path, before, after });
  const folder = await folderFor(names, grip, target.path, path);
  try {
    await put(folder, target, path, content, after);
    await folder.confirm();
  } catch (cause) {
    throw refusalOf(cause, path);
  } finally {
    folder.close();
  }
  return { path: target.path, before, after, bytes: content.length, bytesBefore: found?.bytes ?? null };
}

/** Null where there is no such file. @throws BoxRefusal */
export async function hashFile(
  names: RootNames,
  grip: Grip,
  path: string,
): Promise<{ readonly sha256: string; readonly bytes: number } | null> {
  let held: Hold;
  try {
    held = await hold(names, grip, path);
  } catch (cause) {
    if (cause instanceof BoxRefusal && cause.code === "box.not_found") return null;
    throw cause;
  }
  try {
    if (!held.stats.isFile()) throw new BoxRefusal("box.not_a_file", path, `${quoted(path)} is not a regular file`);
    if (held.stats.size > changedBytesMax) throw tooLarge(path);
    const file = await held.openFile();
    try {
      const hash = createHash("sha256");
      const buffer = Buffer.alloc(Math.min(chunkBytes, held.stats.size + 1));
      let bytes = 0;
      for (;;) {
        const got = await file.read(buffer, 0, bytes);
        if (got === 0) return { sha256: hash.digest("hex"), bytes };
        hash.update(buffer.subarray(0, got));
        bytes += got;
        if (bytes > changedBytesMax) throw tooLarge(path);
      }
    } finally {
      file.close();
    }
  } finally {
    held.close();
  }
}

interface Target {
  readonly path: string;
  /** Null where nothing is there yet. */
  readonly stats: Stats | null;
}

async function targetOf(names: RootNames, grip: Grip, path: string): Promise<Target> {
  try {
    const held = await hold(names, grip, path);
    held.close();
    return { path: held.path, stats: held.stats };
  } catch (cause) {
    if (!(cause instanceof BoxRefusal) || cause.code !== "box.not_found") throw cause;
  }
  const wanted = relativePath(names, path);
  // The nearest folder that is there; what is missing below it is made when it comes to writing.
  const parts = wanted.split("/");
  for (let known = parts.length - 1; known >= 0; known -= 1) {
    const above = await folderOf(names, grip, parts.slice(0, known).join("/"));
    if (above === null) continue;
    try {
      // A link to nothing would be replaced by a file, or lead out once its target is there.
      const first = parts[known] as string;
      if (await isThere(under(above.place, first))) {
        throw new BoxRefusal("box.not_a_file", path, `${quoted(path)} leads over a link to nothing, or over a file`);
      }
      return { path: under(above.path, parts.slice(known).join("/")), stats: null };
    } finally {
      above.close();
    }
  }
  throw new BoxRefusal("box.not_found", path, `${quoted(path)} does not exist in the workspace`);
}

async function folderOf(names: RootNames, grip: Grip, path: string): Promise<Hold | null> {
  try {
    const held = await hold(names, grip, `./${path}`);
    if (held.stats.isDirectory()) return held;
    held.close();
    return null;
  } catch (cause) {
    if (cause instanceof BoxRefusal && cause.code === "box.not_found") return null;
    throw cause;
  }
}

async function isThere(place: string): Promise<boolean> {
  try {
    await lstat(place);
    return true;
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return false;
    throw cause;
  }
}

/** Holds the folder that the file belongs into, made where it is missing: each part inside the one that is held. */
async function folderFor(names: RootNames, grip: Grip, resolved: string, shown: string): Promise<Hold> {
  const parts = resolved.split("/").slice(0, -1);
  let held = await hold(names, grip, "./");
  for (let depth = 0; depth < parts.length; depth += 1) {
    try {
      await mkdir(under(held.place, parts[depth] as string)).catch((cause: unknown) => {
        if (errnoOf(cause) !== "EEXIST") throw refusalOf(cause, shown);
      });
    } finally {
      held.close();
    }
    const next = parts.slice(0, depth + 1).join("/");
    held = await hold(names, grip, `./${next}`);
    if (held.path === next && held.stats.isDirectory()) continue;
    held.close();
    throw changed(shown);
  }
  return held;
}

/**
 * Named after its content: what a killed attempt leaves aside, the next attempt at the same change clears away.
 * Exclusive, so that nothing that waits under that name is written through.
 */
async function openAside(aside: string): Promise<FileHandle> {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
  try {
    return await open(aside, flags, 0o666);
  } catch (cause) {
    if (errnoOf(cause) !== "EEXIST") throw cause;
    await rm(aside, { force: true });
    return await open(aside, flags, 0o666);
  }
}

async function put(folder: Hold, target: Target, shown: string, content: Uint8Array, sha256: string): Promise<void> {
  const name = target.path.split("/").at(-1) as string;
  const place = under(folder.place, name);
  const aside = under(folder.place, `.${name.slice(0, 100)}.${sha256.slice(0, 16)}.tmp`);
  const { stats } = target;
  if (stats !== null) await access(place, constants.W_OK);
  try {
    const file = await openAside(aside);
    try {
      await file.writeFile(content);
      if (stats !== null) {
        // Only root may give a file away, and only then can the owner differ.
        if (process.getuid?.() === 0) await file.chown(stats.uid, stats.gid);
        await file.chmod(stats.mode & 0o777);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    if (!(await isAsItWas(place, stats))) throw changed(shown);
    await rename(aside, place);
  } finally {
    await rm(aside, { force: true });
  }
  const synced = await open(folder.place, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await synced.sync();
  } finally {
    await synced.close();
  }
}

/** Between reading and renaming an editor may have saved: its work is not overwritten. */
async function isAsItWas(place: string, meant: Stats | null): Promise<boolean> {
  try {
    const now = await lstat(place);
    return meant !== null && now.ino === meant.ino && now.size === meant.size && now.mtimeMs === meant.mtimeMs;
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return meant === null;
    throw cause;
  }
}

const changed = (shown: string): BoxRefusal =>
  new BoxRefusal("box.changed", shown, `${quoted(shown)} is no longer what it was; read it again`);

const tooLarge = (shown: string): BoxRefusal =>
  new BoxRefusal("box.too_large", shown, `${quoted(shown)} is larger than ${changedBytesMax} bytes`);
