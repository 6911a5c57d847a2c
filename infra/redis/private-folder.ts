/**
 * The per-user folder outside every workspace where sockets live. It must belong to this user alone: whoever can write
 * there could stand in for the server and read or forge every run, so anything else found in its place is refused.
 */
import { lstatSync, mkdirSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { SwarmError } from "../errors.ts";

/** `sun_path` holds 108 bytes with its end mark on Linux, 104 on macOS and the BSDs. */
const socketPathBytesMax = process.platform === "linux" ? 107 : 103;

/** Longest name that will be put into the folder, in bytes, with its slash. */
const nameBytesMax = 48;

/**
 * The first of `$XDG_RUNTIME_DIR/statehive`, `<tmp>/statehive-<uid>` and `/tmp/statehive-<uid>` that is short enough for
 * a socket, made if absent (0700). Throws `redis.unsafe_folder` when the place is taken by a link, a file, another
 * user's folder or one that others may enter.
 */
export function privateFolder(runtimeDir: string | undefined): string {
  const { uid } = userInfo();
  const candidates = [join(tmpdir(), `statehive-${uid}`), `/tmp/statehive-${uid}`];
  if (runtimeDir !== undefined && ownedByUser(runtimeDir, uid)) candidates.unshift(join(runtimeDir, "statehive"));
  const folder = candidates.find((path) => Buffer.byteLength(path) + nameBytesMax <= socketPathBytesMax);
  if (folder === undefined) throw new Error("unreachable: /tmp is short enough for a socket");
  makeFolder(folder);
  checkPrivateFolder(folder);
  return folder;
}

/** Throws `redis.unsafe_folder` unless `folder` is a real folder of this user, closed to everybody else. */
export function checkPrivateFolder(folder: string): void {
  const { uid } = userInfo();
  const found = lstatSync(folder);
  const wrong = found.isSymbolicLink()
    ? "it is a symbolic link"
    : !found.isDirectory()
      ? "it is not a folder"
      : found.uid !== uid
        ? `it belongs to user ${found.uid}, not to you (${uid})`
        : (found.mode & 0o077) !== 0
          ? `other users may enter it (mode ${(found.mode & 0o777).toString(8)})`
          : undefined;
  if (wrong === undefined) return;
  throw new SwarmError("redis.unsafe_folder", `${folder} cannot hold the socket of the private Redis: ${wrong}.`, {
    hint: `Remove ${folder} if you know whose it is, or set XDG_RUNTIME_DIR or TMPDIR to a folder of your own.`,
    exit: 7,
  });
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") return;
    throw new SwarmError("redis.unsafe_folder", `${folder} cannot be made.`, {
      hint: "Set XDG_RUNTIME_DIR or TMPDIR to a folder that you can write.",
      exit: 7,
      cause,
    });
  }
}

/** `su` and `sudo` often leave another user's XDG_RUNTIME_DIR behind: such a one is passed over, not refused. */
function ownedByUser(path: string, uid: number): boolean {
  try {
    const found = lstatSync(path);
    return found.isDirectory() && found.uid === uid;
  } catch {
    return false;
  }
}
