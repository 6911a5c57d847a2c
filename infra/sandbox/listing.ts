/**
 * What one folder holds: its entries in the order of the walk, and its `.gitignore`. The folder is closed before
 * anything is handed on.
 */
import { constants, type Stats } from "node:fs";
import { lstat, open, opendir } from "node:fs/promises";
import type { Hold } from "./confine.ts";
import { type IgnoreRules, ignoreFileBytesMax, parseIgnoreRules } from "./ignore-rules.ts";
import { under } from "./path-rules.ts";
import { BoxRefusal, quoted, refusalOf } from "./refusal.ts";

/** Names looked at in one walk, whatever they are: a million empty folders must end too. */
export const namesMax = 1_000_000;
/** Files of one folder that are looked at side by side: the thread pool has four threads. */
const looksAtOnce = 16;

export interface Found {
  readonly name: string;
  readonly kind: "file" | "folder" | "link";
  /** Of a file only. */
  readonly stats?: Stats;
}

export interface Listing {
  readonly found: readonly Found[];
  readonly rules: IgnoreRules | undefined;
}

/** What the folders of one walk share. */
export interface Pass {
  readonly signal: AbortSignal | undefined;
  readonly skip: (path: string, why: "unreadable" | "not_a_file" | "bad_name") => void;
  namesSeen: number;
}

/**
 * Reads a held folder to its end and closes it, so that no descriptor stays open while the caller takes its time.
 * @throws BoxRefusal when it is no folder, cannot be read or was replaced meanwhile.
 */
export async function listFolder(pass: Pass, held: Hold, folder: string): Promise<Listing> {
  try {
    if (!held.stats.isDirectory()) {
      throw new BoxRefusal("box.not_a_folder", folder, `${quoted(folder)} is not a folder`);
    }
    const names = await namesIn(pass, held, folder);
    const found: Found[] = [];
    for (let at = 0; at < names.length; at += looksAtOnce) {
      pass.signal?.throwIfAborted();
      const looks = names.slice(at, at + looksAtOnce).map((name) => lookAt(pass, held.place, folder, name));
      for (const one of await Promise.all(looks)) if (one) found.push(one);
    }
    const hasRules = found.some(({ name, kind }) => name === ".gitignore" && kind === "file");
    const rules = hasRules ? await rulesIn(held) : undefined;
    await held.confirm();
    return { found: sorted(found), rules };
  } finally {
    held.close();
  }
}

/** The folder's own `.gitignore`; undefined where there is none, or where it is a link or not ours to read. */
export async function rulesIn(held: Hold): Promise<IgnoreRules | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  try {
    const file = await open(`${held.place}/.gitignore`, flags);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) return undefined;
      const buffer = Buffer.alloc(Math.min(stats.size, ignoreFileBytesMax));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
      return parseIgnoreRules(buffer.toString("utf8", 0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (refusalOf(error, ".gitignore") instanceof BoxRefusal) return undefined;
    throw error;
  }
}

interface Name {
  readonly name: string;
  readonly isFolder: boolean;
  readonly isFile: boolean;
}

async function namesIn(pass: Pass, held: Hold, folder: string): Promise<Name[]> {
  const names: Name[] = [];
  try {
    // Node gives names as bytes when asked to; its types know only text.
    const entries = await opendir(held.place, { encoding: "buffer" as BufferEncoding, bufferSize: 512 });
    for await (const entry of entries) {
      pass.namesSeen += 1;
      if (pass.namesSeen > namesMax) break;
      const bytes = Buffer.from(entry.name as unknown as Uint8Array);
      const name = bytes.toString("utf8");
      // "~" at the top could not be asked for by the path that the walk would give.
      if (!Buffer.from(name, "utf8").equals(bytes) || (folder === "" && name === "~"))
        pass.skip(under(folder, name), "bad_name");
      else names.push({ name, isFolder: entry.isDirectory(), isFile: entry.isFile() });
    }
  } catch (error) {
    throw refusalOf(error, folder);
  }
  return names;
}

async function lookAt(pass: Pass, place: string, folder: string, { name, isFolder }: Name): Promise<Found | undefined> {
  if (isFolder) return { name, kind: "folder" };
  try {
    const stats = await lstat(`${place}/${name}`);
    if (stats.isFile()) return { name, kind: "file", stats };
    if (stats.isDirectory()) return { name, kind: "folder" };
    if (stats.isSymbolicLink()) return { name, kind: "link" };
    pass.skip(under(folder, name), "not_a_file");
  } catch (error) {
    if (!(refusalOf(error, name) instanceof BoxRefusal)) throw error;
    pass.skip(under(folder, name), "unreadable");
  }
  return undefined;
}

/** A folder sorts as if its name ended in a slash: then the order of the walk is the byte-wise order of the paths. */
function sorted(found: readonly Found[]): Found[] {
  return found
    .map((one) => ({ one, key: Buffer.from(one.kind === "folder" ? `${one.name}/` : one.name, "utf8") }))
    .sort((left, right) => Buffer.compare(left.key, right.key))
    .map(({ one }) => one);
}
