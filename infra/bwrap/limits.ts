/**
 * What a confined command may use up: processes, memory, files. Some of it the kernel counts per process only; what it
 * counts for all of them together depends on who the command is and on whether this user has a control group.
 */
import { mkdirSync, readdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from "node:fs";
import { release, totalmem } from "node:os";
import { join } from "node:path";
import { newNonce } from "../ids.ts";

const GiB = 1024 ** 3;

const PROCESSES_MAX = 512;
const FILES_OPEN_MAX = 4_096;
const FILE_BYTES_MAX = 8 * GiB;
/** Half of this machine, at least 1 GiB: of one process in any case, of all together where there is a control group. */
const memoryBytesMax = (): number => Math.max(GiB, Math.floor(totalmem() / 2));
/** /tmp is memory, too. */
export const temporaryBytesMax = (): number => Math.min(GiB, Math.floor(totalmem() / 4));

/** Shell text that limits itself, enters its first argument and becomes the others. Data, not address space: node reserves terabytes of that. */
export function limitText(shell: string, processesMax: number): string {
  const processes = shell.endsWith("/bash") ? "u" : "p";
  const blocks = shell.endsWith("/bash") ? 1024 : 512;
  const limits = [
    `ulimit -c 0`,
    `ulimit -n ${FILES_OPEN_MAX}`,
    `ulimit -f ${FILE_BYTES_MAX / blocks}`,
    `ulimit -d ${Math.floor(memoryBytesMax() / 1024)}`,
    `ulimit -${processes} ${processesMax}`,
  ];
  return `${limits.map((limit) => `${limit} 2>/dev/null`).join("; ")}; cd -- "$1" || exit 125; shift; exec "$@"`;
}

/**
 * How many processes the limit must name. From Linux 5.14 on those of a user namespace are counted apart; before, and
 * without one, all of that user's count.
 */
export function processesMax(uid: number, apart: boolean): number {
  return apart && countsApart() ? PROCESSES_MAX : PROCESSES_MAX + threadsOf(uid);
}

function countsApart(): boolean {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  return major > 5 || (major === 5 && minor >= 14);
}

function threadsOf(uid: number): number {
  let count = 0;
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      if (statSync(`/proc/${name}`).uid !== uid) continue;
      count += Number(/^Threads:\s+(\d+)/m.exec(readFileSync(`/proc/${name}/status`, "utf8"))?.[1] ?? 1);
    } catch {} // gone meanwhile
  }
  return count;
}

/** A control group of one command. */
export interface Group {
  /** Before the command begins: it and all that come from it. */
  add(pid: number): void;
  /** Once nobody is left in it. */
  remove(): void;
}

const PREFIX = "statehive-";

/** Makes one; null where this user cannot, and then nothing is left behind. */
export function makeGroup(): Group | null {
  for (const place of groupPlaces()) {
    const folder = join(place.folder, `${PREFIX}${process.pid}-${newNonce()}`);
    try {
      sweep(place.folder);
      mkdirSync(folder);
    } catch {
      continue; // not ours to make
    }
    try {
      writeFileSync(join(folder, "pids.max"), String(PROCESSES_MAX));
      if (place.memory) writeFileSync(join(folder, "memory.max"), String(memoryBytesMax()));
      return {
        add: (pid) => writeFileSync(join(folder, "cgroup.procs"), String(pid)),
        remove: () => tryRemove(folder),
      };
    } catch {
      tryRemove(folder); // it counts nothing
    }
  }
  return null;
}

interface GroupPlace {
  readonly folder: string;
  readonly memory: boolean;
}

/** Of the second kind, with memory; of the first only the counting of processes, which nobody else divides up. */
function groupPlaces(): GroupPlace[] {
  let text: string;
  try {
    text = readFileSync("/proc/self/cgroup", "utf8");
  } catch {
    return [];
  }
  return [...text.matchAll(/^\d+:([^:]*):(.*)$/gm)].flatMap(([, controllers = "", path = ""]): GroupPlace[] => {
    if (controllers === "") return [{ folder: join("/sys/fs/cgroup", path), memory: true }];
    return controllers === "pids" ? [{ folder: join("/sys/fs/cgroup/pids", path), memory: false }] : [];
  });
}

/** Those whose recorder died: only an empty one can be removed. */
function sweep(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = name.startsWith(PREFIX) ? Number(name.slice(PREFIX.length).split("-")[0]) : 0;
    if (pid > 0 && !isProcess(pid)) tryRemove(join(folder, name));
  }
}

function isProcess(pid: number): boolean {
  try {
    statSync(`/proc/${pid}`);
    return true;
  } catch {
    return false;
  }
}

function tryRemove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {} // somebody is in it still: the next one sweeps
}
