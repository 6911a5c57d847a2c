/**
 * What a confined command sees of the file system, as a table of mounts: a path is in it once, the last word counts, and
 * a parent is mounted before what lies in it. What belongs to the workspace is handed over by descriptor, so that
 * nobody can put a link in its place between our look and the mount.
 */
import { closeSync, constants, openSync, readlinkSync } from "node:fs";
import { dirname } from "node:path";

export type Mount =
  /** Shown as it is. `held`: a path that others could swap. */
  | { readonly kind: "read" | "write"; readonly held?: true }
  /** An empty folder of its own, in memory. */
  | { readonly kind: "empty"; readonly bytes: number; readonly mode: string; readonly sealed?: true }
  /** Nothing can be read there. */
  | { readonly kind: "nothing" }
  | { readonly kind: "link"; readonly to: string }
  | { readonly kind: "copy"; readonly of: string }
  | { readonly kind: "devices" | "processes" };

export type MountTable = Map<string, Mount>;

const O_PATH = 0o10000000;

/** The thing that covers a path: the nearest mount above it, or at it. */
export function coverOf(table: MountTable, path: string): Mount | null {
  for (let here = path; ; here = dirname(here)) {
    const mount = table.get(here);
    if (mount !== undefined) return mount;
    if (here === "/") return null;
  }
}

/** Whether a confined command would find what the host has at this path. */
export function isShown(table: MountTable, path: string): boolean {
  const cover = coverOf(table, path);
  return cover !== null && (cover.kind === "read" || cover.kind === "write");
}

/** Every folder between `root` and `path`, both left out. */
export function between(root: string, path: string): string[] {
  const folders: string[] = [];
  for (let here = dirname(path); here.length > root.length && here.startsWith(`${root}/`); here = dirname(here)) {
    folders.push(here);
  }
  return folders;
}

export interface MountArguments {
  readonly args: readonly string[];
  /** To be handed over from number `firstDescriptor` on, in this order; the caller closes them. */
  readonly descriptors: readonly number[];
}

/** @throws where something of the workspace is not what it was a moment ago. */
export function mountArguments(
  table: MountTable,
  firstDescriptor: number,
  can: { readonly bindFd: boolean; readonly size: boolean },
): MountArguments {
  const descriptors: number[] = [];
  const sealed: string[] = [];
  const argumentsOf = (path: string, mount: Mount): string[] => {
    switch (mount.kind) {
      case "read":
      case "write": {
        const flag = mount.kind === "read" ? "--ro-bind" : "--bind";
        if (mount.held !== true || !can.bindFd) return [flag, path, path];
        descriptors.push(heldAt(path));
        return [`${flag}-fd`, String(firstDescriptor + descriptors.length - 1), path];
      }
      case "empty":
        if (mount.sealed === true) sealed.push(path);
        // The first of all is an empty folder in memory already.
        if (path === "/") return [];
        return ["--perms", mount.mode, ...(can.size ? ["--size", String(mount.bytes)] : []), "--tmpfs", path];
      case "nothing":
        return ["--ro-bind", "/dev/null", path];
      case "link":
        return ["--symlink", mount.to, path];
      case "copy":
        return ["--ro-bind", mount.of, path];
      case "devices":
        sealed.push(path);
        return ["--dev", path];
      case "processes":
        return ["--proc", path];
    }
  };
  const made = new Set<string>();
  // Left to itself, bubblewrap makes folders on the way as closed as those outside, and root's are nobody else's.
  const waysTo = (path: string): string[] =>
    wayInto(table, path).flatMap((folder) => {
      if (made.has(folder)) return [];
      made.add(folder);
      return ["--perms", "0755", "--dir", folder];
    });
  try {
    const args = [...table.entries()]
      .sort(([one], [other]) => depthOf(one) - depthOf(other) || (one < other ? -1 : 1))
      .flatMap(([path, mount]) => [...waysTo(path), ...argumentsOf(path, mount)]);
    return { args: [...args, ...sealed.flatMap((path) => ["--remount-ro", path])], descriptors };
  } catch (cause) {
    for (const descriptor of descriptors) closeSync(descriptor);
    throw cause;
  }
}

/** Folders that lead to a mount from the empty one that it lies in, from the top. */
function wayInto(table: MountTable, path: string): string[] {
  const folders: string[] = [];
  for (let here = dirname(path); ; here = dirname(here)) {
    const mount = table.get(here);
    if (mount !== undefined) return mount.kind === "empty" ? folders.reverse() : [];
    if (here === "/") return [];
    folders.push(here);
  }
}

const depthOf = (path: string): number => (path === "/" ? 0 : path.split("/").length - 1);

function heldAt(path: string): number {
  const descriptor = openSync(path, O_PATH | constants.O_NOFOLLOW);
  const is = readlinkSync(`/proc/self/fd/${descriptor}`);
  if (is === path) return descriptor;
  closeSync(descriptor);
  throw new Error(`${path} was replaced while it was being bound`);
}
