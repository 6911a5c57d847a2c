/**
 * Turns a command into the bubblewrap call that confines it: its workspace writable, what is protected in it not, the
 * rest of the machine read only or unseen, no network, no rights to gain. Made anew for each command, by its recorder.
 */
import { closeSync, existsSync, openSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { OWN_OBJECTS } from "../git/isolation.ts";
import { type LinkedTree, linkedTree } from "./git-folder.ts";
import { limitText, processesMax, temporaryBytesMax } from "./limits.ts";
import { between, coverOf, isShown, type MountTable, mountArguments } from "./mounts.ts";
import { itemAt, type ProtectedItem, protectedIn } from "./protected-set.ts";
import type { Watch } from "./quarantine.ts";
import { showSystem, toolSettings } from "./system-view.ts";

/** What was found out about this machine's sandbox; plain data, it travels to the recorder. */
export interface Confinement {
  readonly level: "full" | "partial";
  /** Absolute path of bubblewrap, or of the start script of a copy. */
  readonly bwrap: string;
  /** Its `--disable-userns`, `--size` and `--bind-fd` are younger than some systems' packages. */
  readonly options: { readonly disableUserns: boolean; readonly size: boolean; readonly bindFd: boolean };
  /** File of the system call filter; null on a machine type that we have none for. */
  readonly filter: string | null;
  /** File with the name that commits are made under; null where the user has none. */
  readonly gitConfig: string | null;
  /** Folders of ours, with everything in them; whatever lies there is not to be seen. Absolute. */
  readonly secluded: readonly string[];
  /** A folder of ours for what is worked out and kept. Absolute. */
  readonly folder: string;
  /** Where quarantined files go. Absolute. */
  readonly aside: string;
  /** The operator lets every command reach the network. */
  readonly network: boolean;
}

export interface ConfinedOrder {
  readonly command: string;
  /** The workspace: absolute and link-free. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** More folders that it may write. */
  readonly writable: readonly string[];
  /** More files and folders that it may read, absolute and link-free. */
  readonly readable?: readonly string[];
  /** It changes nothing: workspace and added folders are read only, with all that belongs to their repository. */
  readonly looksOnly?: boolean;
  /** Names what is set aside for this command. */
  readonly asideName: string;
  readonly network: boolean;
}

export interface Confined {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** To be handed over from number 5 on; 4 is where bubblewrap tells how it goes. */
  readonly descriptors: readonly number[];
  readonly watch: Watch;
  close(): void;
}

export const STATUS_DESCRIPTOR = 4;
const FIRST_DESCRIPTOR = 5;
/** bubblewrap takes 9,000 arguments, three a mount. */
const mountsMax = 2_500;
/** Inside, whoever is root outside is this user: an arbitrary number that is not root's. */
const PLAIN_ID = 1_000;

const SHELLS = ["/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash", "/bin/sh"];
const SETPRIV = ["/usr/bin/setpriv", "/bin/setpriv"];

/** @throws where the folder is gone or ours, or where something could not be bound: then the command must not run. */
export function confine(order: ConfinedOrder, confinement: Confinement): Confined {
  const { env, cwd } = order;
  const workspace = statSync(cwd);
  const worker = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  const isRoot = worker.uid === 0;
  const asOwner = isRoot && workspace.uid !== 0;
  const network = order.network || confinement.network;
  const table: MountTable = new Map();
  const asRoot = isRoot && !asOwner;
  const remembered = `${confinement.folder}/roots-own.json`;
  showSystem(table, { env, asRoot, network, remembered, temporaryBytes: temporaryBytesMax(), node: process.execPath });
  const watch = showWorkspace(table, order, confinement);
  if (confinement.gitConfig !== null) table.set("/tmp/.gitconfig", { kind: "copy", of: confinement.gitConfig });
  if (table.size > mountsMax) throw new Error(`there are more than ${mountsMax} protected files to be bound`);

  const filter = confinement.filter === null ? [] : [openSync(confinement.filter, "r")];
  const { args, descriptors } = mountArguments(table, FIRST_DESCRIPTOR + filter.length, confinement.options);
  const setpriv = SETPRIV.find((path) => existsSync(path));
  if (asOwner && setpriv === undefined) throw new Error("setpriv(1) is needed to run a command as the folder's owner");
  const shell = SHELLS.find((path) => existsSync(path)) ?? "/bin/sh";
  const owner = ["--reuid", String(workspace.uid), "--regid", String(workspace.gid), "--clear-groups"];
  const inner = asOwner ? [setpriv ?? "", ...owner, "--inh-caps=-all", "--bounding-set=-all", "--"] : [];
  const argv = [
    ...(setpriv === undefined ? [] : [setpriv, "--pdeathsig", "KILL", "--"]),
    confinement.bwrap,
    ...namespaces(asOwner, asRoot ? { uid: PLAIN_ID, gid: PLAIN_ID } : worker, network, confinement),
    ...args,
    ...["--unsetenv", "LD_LIBRARY_PATH", "--json-status-fd", String(STATUS_DESCRIPTOR)],
    ...(filter.length === 0 ? [] : ["--seccomp", String(FIRST_DESCRIPTOR)]),
    ...["--", ...inner],
    ...[shell, "-c", limitText(shell, processesMax(workspace.uid, !asOwner)), "sh", cwd, shell, "-c", order.command],
  ];
  const all = [...filter, ...descriptors];
  return {
    argv,
    env: {
      ...env,
      ...toolSettings(env.HOME ?? ""),
      ...insideSettings,
      ...objectSettings(order),
      ...lookingSettings(order),
    },
    descriptors: all,
    watch,
    close: () => all.forEach(closeSync),
  };
}

const insideSettings = {
  HOME: "/tmp",
  TMPDIR: "/tmp",
  TERM: "dumb",
  PAGER: "cat",
  GIT_PAGER: "cat",
  GIT_TERMINAL_PROMPT: "0",
};

/** Git would write down what it saw of the work tree, and does without where it must not. */
const lookingSettings = ({ looksOnly }: ConfinedOrder): Record<string, string> =>
  looksOnly === true ? { GIT_OPTIONAL_LOCKS: "0" } : {};

/**
 * Root gives its number up inside, and with it what the capabilities are for; where the workspace is another user's, it
 * becomes that user for good instead, and the kernel keeps no way back.
 */
function namespaces(
  asOwner: boolean,
  inside: { readonly uid: number; readonly gid: number },
  network: boolean,
  { options }: Confinement,
): string[] {
  const own = ["--unshare-user", "--uid", String(inside.uid), "--gid", String(inside.gid)];
  const dropping = ["CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"].flatMap((name) => ["--cap-add", name]);
  return [
    ...(asOwner ? [] : [...own, ...(options.disableUserns ? ["--disable-userns"] : [])]),
    ...["--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try", "--hostname", "sandbox"],
    ...(network ? [] : ["--unshare-net"]),
    ...["--cap-drop", "ALL", ...(asOwner ? dropping : []), "--die-with-parent"],
  ];
}

function showWorkspace(table: MountTable, order: ConfinedOrder, { secluded, aside }: Confinement): Watch {
  const roots = [order.cwd, ...order.writable.map((path) => realpathSync(path))];
  for (const root of roots) {
    if (root === "/" || !isAbsolute(root)) throw new Error(`${root} is no folder to give to a command`);
    table.set(root, { kind: order.looksOnly === true ? "read" : "write" });
  }
  for (const path of order.readable ?? []) if (!isShown(table, path)) table.set(path, { kind: "read" });
  const ours = secluded.flatMap((path) => (existsSync(path) ? [realpathSync(path)] : []));
  for (const path of ours) {
    if (roots.includes(path)) throw new Error(`${path} is statehive's own folder`);
    if (!isShown(table, path)) continue;
    const isFolder = statSync(path).isDirectory();
    table.set(path, isFolder ? { kind: "empty", bytes: 4096, mode: "0755", sealed: true } : { kind: "nothing" });
  }
  const apart = new Set(ours);
  const sets = roots.map((root) => protectedIn(root, apart));
  const top = repositoryAbove(order.cwd, order.env.HOME ?? "");
  if (top !== null) showAround(table, top, new Set([...ours, ...roots]));
  const parts = showLinkedTree(table, top ?? order.cwd, order.looksOnly === true ? "read" : "write");
  const partsNow = parts.map((path) => itemAt(path, "keep", true)).filter((item) => item !== null);
  const before = [...sets.flatMap(({ items }) => items), ...partsNow];
  for (const item of before) protect(table, roots, item);
  const asideFolder = `${aside}/${order.asideName}`;
  // It makes nothing: what turns up meanwhile is somebody else's, and theirs to answer for.
  if (order.looksOnly === true) return { roots: [], apart: [], parts: [], before: [], whole: true, aside: asideFolder };
  return {
    roots,
    apart: ours,
    parts,
    before,
    whole: sets.every(({ whole }) => whole),
    aside: asideFolder,
  };
}

function protect(table: MountTable, roots: readonly string[], { path, how, kind }: ProtectedItem): void {
  const root = roots.find((folder) => path.startsWith(`${folder}/`));
  // A link is nothing that could be bound; where it leads has an entry of its own.
  if (kind === "link" || !isShown(table, path)) return;
  if (how === "hide") {
    table.set(path, kind === "file" ? { kind: "nothing" } : { kind: "empty", bytes: 4096, mode: "0755", sealed: true });
  } else if (coverOf(table, path)?.kind === "write") {
    table.set(path, { kind: "read", held: true });
  }
  // A folder that is a mount cannot be renamed: nobody makes a new one in its place.
  for (const folder of root === undefined ? [] : between(root, path)) {
    if (!table.has(folder) && coverOf(table, folder)?.kind === "write") {
      table.set(folder, { kind: "write", held: true });
    }
  }
}

/** What is worked in is a part of a repository: the rest of it is read (packages share what they depend on), not its secrets. */
function showAround(table: MountTable, top: string, apart: ReadonlySet<string>): void {
  if (!isShown(table, top)) table.set(top, { kind: "read" });
  for (const item of protectedIn(top, apart).items) if (item.how === "hide") protect(table, [], item);
}

/** The work tree that a folder is a part of; null where it is one itself. A home under git is still a home. */
function repositoryAbove(folder: string, home: string): string | null {
  for (let here = folder; here !== "/"; here = dirname(here)) {
    if (!existsSync(join(here, ".git"))) continue;
    const isHome = here === home || here === "/root" || dirname(here) === "/home";
    return here === folder || isHome ? null : here;
  }
  return null;
}

/**
 * A linked work tree commits into the repository it came from: objects and refs, never its settings and hooks. One that
 * statehive made for a run has objects of its own, and of what it shares a command there can change nothing.
 */
function showLinkedTree(table: MountTable, workTree: string, kind: "read" | "write"): string[] {
  const linked = linkedTree(workTree);
  if (linked === null) return [];
  const { own, common } = linked;
  table.set(common, { kind: "read" });
  const shared = ownObjects(linked) === null ? ["objects", "refs", "logs"].map((name) => `${common}/${name}`) : [];
  for (const path of [...shared, own]) {
    if (existsSync(path)) table.set(path, { kind });
  }
  return ["config.worktree", "commondir", "gitdir"].map((name) => `${own}/${name}`);
}

function ownObjects({ own }: LinkedTree): string | null {
  const objects = `${own}/${OWN_OBJECTS}`;
  return existsSync(objects) ? objects : null;
}

/** Where git inside finds and leaves its objects, where that is not the usual place. */
function objectSettings({ cwd, env }: ConfinedOrder): Record<string, string> {
  const linked = linkedTree(repositoryAbove(cwd, env.HOME ?? "") ?? cwd);
  const objects = linked === null ? null : ownObjects(linked);
  if (linked === null || objects === null) return {};
  return { GIT_OBJECT_DIRECTORY: objects, GIT_ALTERNATE_OBJECT_DIRECTORIES: `${linked.common}/objects` };
}
