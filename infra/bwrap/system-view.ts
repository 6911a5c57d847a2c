/**
 * What a confined command sees of the machine apart from its workspace: programs and libraries, read only; homes,
 * temporary files, sockets and everybody's secrets not at all. A command that keeps root's number for the kernel (it
 * works in a folder that is root's) sees only what any other user could read.
 */
import { lstatSync, readFileSync, readlinkSync, realpathSync, renameSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { entriesOf } from "./entries.ts";
import { isShown, type MountTable } from "./mounts.ts";

const MiB = 1024 * 1024;

export interface SystemViewOptions {
  /** Of the command. */
  readonly env: Readonly<Record<string, string>>;
  /** The command is root for the kernel, without a capability: what only root may read must not be shown. */
  readonly asRoot: boolean;
  readonly network: boolean;
  /** File of ours in which the list of root's own files is kept for a minute. */
  readonly remembered: string;
  /** Bytes of /tmp. */
  readonly temporaryBytes: number;
  /** The node that runs us: commands may call it by name. */
  readonly node: string;
}

/** Folders of the root that hold programs and their settings. */
const shownTop = /^(usr|bin|sbin|lib\w*|etc|opt|nix|gnu)$/;
/** Parts of /sys that show nothing but the processor. */
const processor = "/sys/devices/system/cpu";

/** Puts the machine into the table; the workspace and what is ours come after it. */
export function showSystem(table: MountTable, options: SystemViewOptions): void {
  if (options.asRoot) showReadableByAll(table, options.remembered);
  else table.set("/", { kind: "read" });
  table.set("/dev", { kind: "devices" });
  table.set("/dev/shm", { kind: "empty", bytes: 256 * MiB, mode: "1777" });
  table.set("/proc", { kind: "processes" });
  table.set("/proc/sys", { kind: "read" });
  const small = { kind: "empty", bytes: 16 * MiB, mode: "0755" } as const;
  const open = { kind: "empty", mode: "1777" } as const;
  table.set("/tmp", { ...open, bytes: options.temporaryBytes });
  const home = options.env.HOME ?? "";
  for (const path of ["/run", "/home", "/root", ...(home.split("/").length > 2 ? [home] : [])]) {
    const real = folderAt(path);
    if (real !== null && isShown(table, real)) table.set(real, small);
  }
  const keptTemporary = folderAt("/var/tmp");
  if (keptTemporary !== null && isShown(table, keptTemporary)) {
    table.set(keptTemporary, { ...open, bytes: 64 * MiB });
  }
  if (options.network) showNames(table);
  for (const folder of toolFolders(table, options)) table.set(folder, { kind: "read" });
  hideSockets(table);
}

function showReadableByAll(table: MountTable, remembered: string): void {
  table.set("/", { kind: "empty", bytes: MiB, mode: "0755", sealed: true });
  for (const entry of entriesOf("/")) {
    const path = `/${entry.name}`;
    if (!shownTop.test(entry.name)) continue;
    if (entry.isSymbolicLink()) table.set(path, { kind: "link", to: readlinkSync(path) });
    else if (entry.isDirectory()) table.set(path, { kind: "read" });
  }
  if (folderAt(processor) !== null) table.set(processor, { kind: "read" });
  for (const { path, folder } of rememberedRootsOwn(remembered)) {
    if (!folder) table.set(path, { kind: "nothing" });
    else table.set(path, { kind: "empty", bytes: MiB, mode: "0755", sealed: true });
  }
  sealKernelSettings(table);
}

interface RootsOwn {
  readonly path: string;
  readonly folder: boolean;
}

/** Thousands of files are looked at; a new secret is hidden after so many milliseconds at the latest. */
const REMEMBERED_MS = 60_000;

/** Every file and folder of the shown places that others may not read. */
function rememberedRootsOwn(remembered: string): readonly RootsOwn[] {
  try {
    const { mtimeMs } = statSync(remembered);
    if (Math.abs(Date.now() - mtimeMs) < REMEMBERED_MS)
      return JSON.parse(readFileSync(remembered, "utf8")) as RootsOwn[];
  } catch {} // never looked at
  const found = ["/etc", "/usr/local/etc", "/opt"].flatMap((place) => rootsOwnIn(place, 0));
  const aside = `${remembered}.${process.pid}`;
  writeFileSync(aside, JSON.stringify(found), { mode: 0o600 });
  renameSync(aside, remembered);
  return found;
}

/**
 * The kernel lets root's number write its settings, capabilities or not, in whatever namespace: a core pattern is a
 * command that it runs as root outside. bubblewrap takes a folder that cannot be written for one whose files cannot.
 */
function sealKernelSettings(table: MountTable): void {
  for (const entry of entriesOf("/proc")) {
    const path = `/proc/${entry.name}`;
    if (/^\d+$/.test(entry.name)) continue;
    const mode = modeOf(path);
    if (entry.isDirectory()) table.set(path, { kind: "read" });
    else if (entry.isFile() && ((mode & 0o222) !== 0 || (mode & 0o004) === 0)) table.set(path, { kind: "nothing" });
  }
}

/** Deeper trees below /etc are not known; /opt holds programs, whose secrets lie near its top. */
const depthMax = 5;

/** Whatever others may not read is not read by an agent either. */
function rootsOwnIn(folder: string, depth: number): RootsOwn[] {
  if (depth > depthMax || folderAt(folder) === null) return [];
  return entriesOf(folder).flatMap((entry): RootsOwn[] => {
    const path = join(folder, entry.name);
    if (!entry.isDirectory() && !entry.isFile()) return [];
    const mode = modeOf(path);
    if (entry.isFile()) return (mode & 0o004) === 0 ? [{ path, folder: false }] : [];
    return (mode & 0o005) === 0o005 ? rootsOwnIn(path, depth + 1) : [{ path, folder: true }];
  });
}

const modeOf = (path: string): number => {
  try {
    return lstatSync(path).mode;
  } catch {
    return 0o777; // gone meanwhile: nothing to hide
  }
};

/** Names of hosts are often looked up by a file below /run. */
function showNames(table: MountTable): void {
  try {
    const real = realpathSync("/etc/resolv.conf");
    if (!isShown(table, real)) table.set(real, { kind: "read" });
  } catch {} // this machine has none
}

/** What lies beside a `bin` and belongs to it; never the whole of a home, where secrets lie beside programs. */
const besidePrograms = [
  "lib",
  "lib64",
  "libexec",
  "share",
  "include",
  "shims",
  "versions",
  "installs",
  "tools",
  "plugins",
  "version",
  "registry",
];

/** Toolchains that were installed into a home: the folders of the search path, and what their programs need. */
function toolFolders(table: MountTable, { env, node }: SystemViewOptions): string[] {
  const searched = (env.PATH ?? "").split(delimiter).filter((folder) => folder.startsWith("/"));
  const found = new Set<string>();
  for (const folder of [...searched, dirname(node)]) {
    const real = folderAt(folder);
    if (real === null) continue;
    if (real !== folder && !isShown(table, dirname(folder))) table.set(folder, { kind: "link", to: real });
    if (isShown(table, real)) continue;
    found.add(real);
    const parent = dirname(real);
    // A home's own bin has a home beside it.
    if (!/\/(bin|sbin|shims)$/.test(real) || isHome(parent, env)) continue;
    const beside = parent.endsWith("/.local") ? ["lib"] : besidePrograms;
    for (const name of beside) if (exists(join(parent, name))) found.add(join(parent, name));
    const rustup = join(dirname(parent), ".rustup");
    if (parent.endsWith("/.cargo") && folderAt(rustup) !== null) found.add(rustup);
  }
  return [...found];
}

const isHome = (path: string, { HOME }: Readonly<Record<string, string>>): boolean =>
  path === "/" || path === "/root" || path === HOME || dirname(path) === "/home";

/** Settings by which moved toolchains find themselves although HOME is elsewhere. */
export function toolSettings(home: string): Record<string, string> {
  const settings: readonly (readonly [string, string])[] = [
    ["RUSTUP_HOME", ".rustup"],
    ["PYENV_ROOT", ".pyenv"],
    ["VOLTA_HOME", ".volta"],
    ["NVM_DIR", ".nvm"],
  ];
  return Object.fromEntries(
    settings.flatMap(([name, folder]) => {
      const real = folderAt(join(home, folder));
      return home === "" || real === null ? [] : [[name, real]];
    }),
  );
}

/** A read-only mount does not stop anybody from speaking to a server through its socket. */
function hideSockets(table: MountTable): void {
  let text: string;
  try {
    text = readFileSync("/proc/net/unix", "utf8");
  } catch {
    return; // none to be seen
  }
  for (const path of new Set([...text.matchAll(/ (\/\S.*)$/gm)].map((match) => match[1] ?? ""))) {
    const real = socketAt(path);
    if (real !== null && isShown(table, real)) table.set(real, { kind: "nothing" });
  }
}

function socketAt(path: string): string | null {
  try {
    const real = realpathSync(path);
    return statSync(real).isSocket() ? real : null;
  } catch {
    return null; // gone
  }
}

function folderAt(path: string): string | null {
  try {
    const real = realpathSync(path);
    return statSync(real).isDirectory() ? real : null;
  } catch {
    return null;
  }
}

const exists = (path: string): boolean => {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
};
