/**
 * After a command: what is protected and was not there before is moved aside, so that nobody runs or trusts it unseen.
 * Whoever does this holds the folder by descriptor: a name that is swapped meanwhile leads nowhere else.
 */
import {
  closeSync,
  constants,
  cpSync,
  mkdirSync,
  openSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { errnoOf } from "../journal/durable-file.ts";
import { isHarmless } from "./git-folder.ts";
import { itemAt, type ProtectedItem, protectedIn } from "./protected-set.ts";

/** Written down before a command starts, so that whoever finds it lost can still compare. */
export interface Watch {
  /** Folders that the command may write to. */
  readonly roots: readonly string[];
  readonly apart: readonly string[];
  /** Parts of a git folder that lies elsewhere. */
  readonly parts: readonly string[];
  readonly before: readonly ProtectedItem[];
  /** False where there were too many folders to look into all of them. */
  readonly whole: boolean;
  /** Where to put what does not belong: made when it is needed. */
  readonly aside: string;
}

export interface Moved {
  readonly path: string;
  /** Null: it could not be moved, and stays where it is. */
  readonly to: string | null;
}

const O_PATH = 0o10000000;
/** More at once is no accident; the rest is named and left. */
const movedMax = 200;

/** Compares and moves. Twice changes nothing more. Only once nobody of the command lives. */
export function setAside(watch: Watch): Moved[] {
  const before = new Map(watch.before.map((item) => [item.path, item]));
  const apart = new Set(watch.apart);
  const parts = watch.parts.map((path) => itemAt(path, "keep", true)).filter((item) => item !== null);
  const now = [...watch.roots.flatMap((root) => protectedIn(root, apart).items), ...parts];
  const strange = now.filter((item) => !isSame(before.get(item.path), item) && !(item.git === true && isFine(item)));
  return strange.map((item, index) => {
    const to = index < movedMax ? moveAside(item, join(watch.aside, `${index}-${basename(item.path)}`)) : null;
    const was = before.get(item.path);
    if (to !== null && was?.kind === "link") restore(was);
    return { path: item.path, to };
  });
}

const isSame = (was: ProtectedItem | undefined, is: ProtectedItem): boolean =>
  was !== undefined && was.kind === is.kind && was.target === is.target;

const isFine = ({ path, kind }: ProtectedItem): boolean => kind !== "link" && isHarmless(path);

function moveAside({ path }: ProtectedItem, to: string): string | null {
  return inFolder(path, (place) => {
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
    try {
      renameSync(place, to);
    } catch (cause) {
      if (errnoOf(cause) !== "EXDEV") throw cause;
      cpSync(place, to, { recursive: true, verbatimSymlinks: true, errorOnExist: true, force: false });
      rmSync(place, { recursive: true });
    }
    return to;
  });
}

function restore({ path, target = "" }: ProtectedItem): void {
  inFolder(path, (place) => {
    symlinkSync(target, place);
    return place;
  });
}

/** Does it to the thing in the very folder that its path named; null where that is not so any more, or it failed. */
function inFolder(path: string, act: (place: string) => string): string | null {
  const parent = dirname(path);
  let descriptor: number | null = null;
  try {
    descriptor = openSync(parent, O_PATH | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    if (readlinkSync(`/proc/self/fd/${descriptor}`) !== parent) return null;
    return act(`/proc/self/fd/${descriptor}/${basename(path)}`);
  } catch {
    return null; // said by the caller: it stays where it is
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}
