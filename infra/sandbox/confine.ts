/**
 * Holds one thing of the workspace so that nobody can move it between check and use. Links are followed step by step
 * and never out of the root, and what was opened is compared with what was meant before a byte of it is used.
 */
import {
  closeSync,
  constants,
  fstatSync,
  open as openCallback,
  read as readCallback,
  readlinkSync,
  type Stats,
} from "node:fs";
import { lstat, readlink, realpath } from "node:fs/promises";
import { promisify } from "node:util";
import { below, type RootNames, relativePath, under } from "./path-rules.ts";
import { BoxRefusal, errnoOf, notFound, outside, quoted, refusalOf } from "./refusal.ts";

/** A thing that was found inside the root and stays the same thing until it is closed. */
export interface Hold {
  /** Where links led, relative to the root. */
  readonly path: string;
  readonly stats: Stats;
  /** A path by which the operating system reaches this very thing, whatever happens to its name. */
  readonly place: string;
  /** Opens a held regular file for reading. Never blocks, not even on a FIFO that took its name. */
  openFile(): Promise<OpenFile>;
  /** @throws BoxRefusal `box.changed` when `place` may have led elsewhere while it was used. */
  confirm(): Promise<void>;
  close(): void;
}

/** A regular file, open for reading. */
export interface OpenFile {
  /** Reads into the buffer from `filled` on. @returns the bytes read; 0 at the end of the file. */
  read(buffer: Uint8Array, filled: number, position: number): Promise<number>;
  /** Bytes, as of now. */
  size(): number;
  close(): void;
}

/** How a thing whose links are resolved is held: by descriptor where the system shows where one leads, else by name. */
export type Grip = (names: RootNames, resolved: string, shown: string) => Promise<Hold>;

// Plain descriptors: what can wait for a disk is asynchronous, and what the kernel answers from memory (closing, a
// descriptor's attributes, where it leads) is not worth a thread. That is more than half of the cost of a read.
const open = promisify(openCallback);
const readInto = promisify(readCallback);

/** Linux. Names a file without opening it: no device is touched, no FIFO blocks. Not among Node's constants. */
const O_PATH = 0o10000000;
const readFlags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY;
/** As many as Linux follows. */
const linksMax = 40;
/** Parts looked at on the way of one path, links included: forty links of a thousand parts each must not add up. */
const partsMax = 4_096;
/** A file that an editor replaces just now is found at the second look. */
const attemptsMax = 3;

/**
 * @throws BoxRefusal: `box.bad_path`, `box.outside`, `box.not_found`, `box.unreadable`, and `box.changed` when the path
 * led elsewhere at every look.
 */
export async function hold(names: RootNames, grip: Grip, path: string): Promise<Hold> {
  const wanted = relativePath(names, path);
  let refusal: unknown;
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    // The first look takes the path as it is written; only where that fails can a link be on the way.
    const resolved = attempt === 0 ? wanted : await followLinks(names, wanted, path);
    try {
      return await grip(names, resolved, path);
    } catch (error) {
      if (!(error instanceof BoxRefusal)) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

/**
 * Where a path leads. Nothing outside the root is looked at, so that a refusal cannot tell what exists there: a link
 * that leaves the root is refused even if it would come back.
 */
export async function followLinks(names: RootNames, path: string, shown: string): Promise<string> {
  let ahead = path.split("/");
  let behind: string[] = [];
  let links = 0;
  let parts = 0;
  while (ahead.length > 0) {
    const [part, ...rest] = ahead;
    ahead = rest;
    if (part === undefined || part === "" || part === ".") continue;
    if (part === "..") {
      if (behind.pop() === undefined) throw outside(shown);
      continue;
    }
    parts += 1;
    const here = [...behind, part].join("/");
    const stats = await lookAt(under(names[0], here), shown);
    if (!stats.isSymbolicLink()) {
      if (ahead.length > 0 && !stats.isDirectory()) throw notFound(shown);
      behind = [...behind, part];
      continue;
    }
    links += 1;
    if (links > linksMax || parts > partsMax)
      throw refusalOf(Object.assign(new Error("too many links"), { code: "ELOOP" }), shown);
    const target = await targetOf(under(names[0], here), shown);
    if (target.startsWith("/")) {
      const inside = below(names, target);
      if (inside === undefined) throw outside(shown);
      behind = [];
      ahead = [...inside.split("/"), ...ahead];
    } else {
      ahead = [...target.split("/"), ...ahead];
    }
  }
  return behind.join("/");
}

async function lookAt(place: string, shown: string): Promise<Stats> {
  try {
    return await lstat(place);
  } catch (error) {
    throw refusalOf(error, shown);
  }
}

async function targetOf(place: string, shown: string): Promise<string> {
  const bytes = await readlink(place, { encoding: "buffer" }).catch((error: unknown) => {
    throw errnoOf(error) === "EINVAL" ? changed(shown) : refusalOf(error, shown);
  });
  const target = bytes.toString("utf8");
  if (!Buffer.from(target, "utf8").equals(bytes)) {
    throw new BoxRefusal("box.bad_path", shown, `${quoted(shown)} is a link to a name that is not valid text`);
  }
  return target;
}

/** Linux: the descriptor is opened without following the last link, and `/proc` says what it really is. */
export const gripByDescriptor: Grip = async (names, resolved, shown) => {
  const meant = placeOf(names, resolved);
  const descriptor = await openOr(meant, O_PATH | constants.O_NOFOLLOW, shown);
  try {
    const place = `/proc/self/fd/${descriptor}`;
    const found = readlinkSync(place);
    if (found !== meant) throw below(names, found) === undefined ? outside(shown) : changed(shown);
    const stats = fstatSync(descriptor);
    if (stats.isSymbolicLink()) throw changed(shown);
    return {
      path: resolved,
      stats,
      place,
      openFile: () => openRegular(place, 0, stats, shown),
      confirm: () => Promise.resolve(),
      close: () => closeSync(descriptor),
    };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
};

/**
 * Elsewhere: by name, with the name's way and the identity of what was opened compared again afterwards. That stops
 * what stands still and what was swapped once; a process that swaps a folder to and fro in step with it can win.
 */
export const gripByName: Grip = async (names, resolved, shown) => {
  const place = placeOf(names, resolved);
  const stats = await lookAt(place, shown);
  const confirm = async () => {
    const real = await realpath(place).catch((error: unknown) => {
      throw refusalOf(error, shown);
    });
    // Compared by identity as well: where case does not matter, one file has several right names.
    if (below(names, real) === undefined) throw outside(shown);
    if (!sameThing(await lookAt(place, shown), stats)) throw changed(shown);
  };
  if (stats.isSymbolicLink()) throw changed(shown);
  await confirm();
  return {
    path: resolved,
    stats,
    place,
    openFile: async () => {
      const file = await openRegular(place, constants.O_NOFOLLOW, stats, shown);
      try {
        await confirm();
        return file;
      } catch (error) {
        file.close();
        throw error;
      }
    },
    confirm,
    close: () => undefined,
  };
};

async function openRegular(place: string, flags: number, meant: Stats, shown: string): Promise<OpenFile> {
  const descriptor = await openOr(place, readFlags | flags, shown);
  const stats = fstatSync(descriptor);
  if (!sameThing(stats, meant) || !stats.isFile()) {
    closeSync(descriptor);
    throw changed(shown);
  }
  return {
    read: async (buffer, filled, position) => {
      const { bytesRead } = await readInto(descriptor, buffer, filled, buffer.length - filled, position).catch(
        (error: unknown) => {
          throw refusalOf(error, shown);
        },
      );
      return bytesRead;
    },
    size: () => fstatSync(descriptor).size,
    close: () => closeSync(descriptor),
  };
}

async function openOr(place: string, flags: number, shown: string): Promise<number> {
  return open(place, flags).catch((error: unknown) => {
    // Only a link stops an open that must not follow one.
    throw errnoOf(error) === "ELOOP" ? changed(shown) : refusalOf(error, shown);
  });
}

function sameThing(one: Stats, other: Stats): boolean {
  return one.dev === other.dev && one.ino === other.ino;
}

function changed(shown: string): BoxRefusal {
  return new BoxRefusal("box.changed", shown, `${quoted(shown)} was replaced while it was being read`);
}

function placeOf(names: RootNames, resolved: string): string {
  return resolved === "" ? names[0] : under(names[0], resolved);
}
