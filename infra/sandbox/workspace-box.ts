/**
 * One real workspace, and the only door that tools have to it. Every path is confined at the moment of use and every
 * read is bounded; it satisfies the registry's `Box` without importing it. `replace` is for the gate to call, not for tools.
 */
import type { Stats } from "node:fs";
import { open, opendir, readlink, realpath, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { type Grip, gripByDescriptor, gripByName, hold, type OpenFile } from "./confine.ts";
import { type RootNames, under } from "./path-rules.ts";
import { BoxRefusal, errnoOf, protectedPath, quoted, refusalOf } from "./refusal.ts";
import { hashFile, type Replaced, type ReplaceOptions, replaceFile } from "./replace-file.ts";
import { type WalkEntry, type WalkOptions, walk } from "./walk.ts";

export interface WorkspaceEntry {
  /** Relative to the root, links resolved. */
  readonly path: string;
  readonly kind: "file" | "folder" | "other";
  readonly bytes: number;
  readonly modifiedAtMs: number;
}

export interface WorkspaceBytes {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly bytesTotal: number;
  readonly truncated: boolean;
}

export interface ReadOptions {
  /** At most {@link readBytesMax}. */
  readonly bytesMax: number;
  /** Where to begin, in bytes; 0 when absent. Past the end there are no bytes, and `bytesTotal` says so. */
  readonly offset?: number;
  readonly signal?: AbortSignal;
}

export interface WorkspaceBox {
  readonly root: string;
  stat(path: string): Promise<WorkspaceEntry>;
  read(path: string, options: ReadOptions): Promise<WorkspaceBytes>;
  walk(options?: WalkOptions): AsyncIterable<WalkEntry>;
  /** SHA-256 (hex) and size of a whole file; null where there is none. */
  hash(path: string): Promise<{ readonly sha256: string; readonly bytes: number } | null>;
  replace(path: string, content: Uint8Array, options: ReplaceOptions): Promise<Replaced>;
}

/** Most bytes of one read. */
const readBytesMax = 16 * 1_024 * 1_024;
/** First buffer for a file that says it is empty: those of /proc do, and are not. */
const unknownSizeBytes = 64 * 1_024;

/**
 * Opens the workspace at `rootPath`, which may itself be a link. Nothing in or below `secluded` (absolute folders; those
 * that do not exist yet count too) is shown or touched: `box.protected`.
 * @throws BoxRefusal `box.not_found`, `box.not_a_folder`, `box.unreadable` or `box.bad_path`, with a hint.
 */
export async function openBox(rootPath: string, secluded: readonly string[] = []): Promise<WorkspaceBox> {
  const names = await rootNames(rootPath);
  const isSecluded = secludedBy(secluded);
  const grip = sparing(await gripFor(names[0]), isSecluded);
  return {
    root: names[0],
    stat: async (path) => {
      const held = await hold(names, grip, path);
      held.close();
      return { path: held.path, kind: kindOf(held.stats), ...sizesOf(held.stats) };
    },
    read: (path, options) => read(names, grip, path, options),
    walk: (options) => walk(names, grip, options),
    hash: (path) => hashFile(names, grip, path),
    replace: (path, content, options) =>
      replaceFile(names, grip, path, content, {
        ...options,
        before: async (change) => {
          // What is not there yet has not been through the grip.
          if (await isSecluded(under(names[0], change.path))) throw protectedPath(path);
          await options.before(change);
        },
      }),
  };
}

/** Whether a real path lies in or below one of the folders. */
type Secluded = (real: string) => Promise<boolean>;

function secludedBy(folders: readonly string[]): Secluded {
  const known = new Map<string, string>();
  return async (real) => {
    for (const folder of folders) {
      // One that is not there yet is asked for again: from the moment it is made it is protected under its real name.
      const named = known.get(folder) ?? (await realpath(folder).catch(() => null));
      if (named !== null) known.set(folder, named);
      if (`${fold(real)}/`.startsWith(`${fold(named ?? resolve(folder))}/`)) return true;
    }
    return false;
  };
}

/** Everything is reached through its grip; that one sees where a path really leads. */
function sparing(grip: Grip, isSecluded: Secluded): Grip {
  return async (names, resolved, shown) => {
    const held = await grip(names, resolved, shown);
    // By name, a folder on the way may be a link; the descriptor's grip has ruled that out.
    const real = grip === gripByName ? await realpath(held.place) : under(names[0], resolved);
    if (!(await isSecluded(real))) return held;
    held.close();
    throw protectedPath(shown);
  };
}

/** Where case does not matter, one folder has several right names. */
const fold = (path: string): string => (process.platform === "linux" ? path : path.toLowerCase());

async function rootNames(rootPath: string): Promise<RootNames> {
  if (rootPath === "" || rootPath.includes("\0")) {
    throw new BoxRefusal("box.bad_path", rootPath, `${quoted(rootPath)} is not a path`, {
      hint: "Give the path of a folder.",
    });
  }
  const given = resolve(rootPath);
  try {
    const real = await realpath(given);
    if (!(await stat(real)).isDirectory()) {
      const hint = "A workspace is a folder: give the folder that holds the file.";
      throw new BoxRefusal("box.not_a_folder", rootPath, `${quoted(rootPath)} is not a folder`, { hint });
    }
    await (await opendir(real)).close();
    return given === real ? [real] : [real, given];
  } catch (error) {
    throw rootRefusal(error, rootPath);
  }
}

function rootRefusal(error: unknown, rootPath: string): unknown {
  if (error instanceof BoxRefusal) return error;
  const details = { cause: error };
  switch (errnoOf(error) ?? "") {
    case "ENOENT":
      return new BoxRefusal("box.not_found", rootPath, `there is no folder ${quoted(rootPath)}`, {
        ...details,
        hint: "Check the spelling; a relative path starts at the current folder.",
      });
    case "ENOTDIR":
      return new BoxRefusal(
        "box.not_found",
        rootPath,
        `there is no folder ${quoted(rootPath)}: a part of it is a file`,
        {
          ...details,
          hint: "Check the spelling; a relative path starts at the current folder.",
        },
      );
    case "EACCES":
    case "EPERM":
      return new BoxRefusal(
        "box.unreadable",
        rootPath,
        `${quoted(rootPath)} cannot be read: the operating system denies it`,
        {
          ...details,
          hint: "Run as a user who may list the folder, or change its permissions.",
        },
      );
    default:
      return refusalOf(error, rootPath);
  }
}

/** By descriptor wherever `/proc` tells the truth about the root itself. */
async function gripFor(root: string): Promise<Grip> {
  if (process.platform !== "linux") return gripByName;
  const handle = await open(root, "r");
  try {
    return (await readlink(`/proc/self/fd/${handle.fd}`)) === root ? gripByDescriptor : gripByName;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return gripByName;
  } finally {
    await handle.close();
  }
}

async function read(names: RootNames, grip: Grip, path: string, options: ReadOptions): Promise<WorkspaceBytes> {
  const { bytesMax, offset = 0, signal } = options;
  if (!Number.isSafeInteger(bytesMax) || bytesMax < 0) throw new RangeError(`bytesMax is not a size: ${bytesMax}`);
  if (!Number.isSafeInteger(offset) || offset < 0) throw new RangeError(`offset is not a position: ${offset}`);
  signal?.throwIfAborted();
  const held = await hold(names, grip, path);
  try {
    const kind = kindOf(held.stats);
    if (kind !== "file") {
      const what = kind === "folder" ? "is a folder" : "is not a regular file";
      throw new BoxRefusal("box.not_a_file", path, `${quoted(path)} ${what}`);
    }
    const file = await held.openFile();
    try {
      const said = held.stats.size;
      const room = said === 0 ? unknownSizeBytes : Math.max(0, said - offset);
      const wanted = Math.min(bytesMax, room, readBytesMax);
      const bytes = await fill(file, Buffer.alloc(wanted), offset, signal);
      const end = offset + bytes.length;
      // One that ended early has shrunk since; one that says 0 and gave something never knew.
      const now = bytes.length < wanted ? file.size() : said;
      const bytesTotal = bytes.length > 0 ? Math.max(now, end) : now;
      const isOpenEnded = said === 0 && wanted > 0 && bytes.length === wanted;
      return { path: held.path, bytes, bytesTotal, truncated: end < bytesTotal || isOpenEnded };
    } finally {
      file.close();
    }
  } finally {
    held.close();
  }
}

async function fill(file: OpenFile, buffer: Buffer, offset: number, signal?: AbortSignal): Promise<Buffer> {
  let filled = 0;
  while (filled < buffer.length) {
    signal?.throwIfAborted();
    const bytesRead = await file.read(buffer, filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function kindOf(stats: Stats): WorkspaceEntry["kind"] {
  if (stats.isFile()) return "file";
  return stats.isDirectory() ? "folder" : "other";
}

function sizesOf({ size, mtimeMs }: Stats): Pick<WorkspaceEntry, "bytes" | "modifiedAtMs"> {
  return { bytes: size, modifiedAtMs: mtimeMs };
}
