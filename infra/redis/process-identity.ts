/**
 * Names a process so that its number can be trusted later: pid, start time and boot id together. A pid alone is never
 * enough to signal anything, because numbers are reused.
 */
import { existsSync, readFileSync } from "node:fs";

export interface ProcessIdentity {
  readonly pid: number;
  /** Linux: clock ticks since boot (proc(5), field 22). Elsewhere: what `ps -o lstart=` prints in UTC. Compared, never computed with. */
  readonly startTime: string;
  readonly bootId: string;
}

/** Linux. The start script of the private server asks the same question, so that both name a process alike. */
const hasProc = existsSync("/proc/self/stat");

/** The identity of a running process; undefined when there is none, or only a zombie that its parent has not collected. */
export function identifyProcess(pid: number): ProcessIdentity | undefined {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  const startTime = hasProc ? startTimeFromProc(pid) : startTimeFromPs(pid);
  return startTime === undefined ? undefined : { pid, startTime, bootId: bootId() };
}

/** True while exactly that process still runs on this boot of this machine. */
export function isAlive(identity: ProcessIdentity): boolean {
  const now = identifyProcess(identity.pid);
  return now !== undefined && now.startTime === identity.startTime && now.bootId === identity.bootId;
}

/**
 * Sends a signal only to that very process, and answers whether it was there. Between the check and the signal lies an
 * instant in which the process could end; its number is not reused within it on any system we know.
 */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (!isAlive(identity)) return false;
  try {
    process.kill(identity.pid, signal);
    return true;
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ESRCH") return false;
    throw cause;
  }
}

let knownBootId: string | undefined;

/** Changes with every boot of the machine; the same in all its containers. */
export function bootId(): string {
  knownBootId ??= hasProc
    ? readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()
    : printed("sysctl", ["-n", "kern.boottime"]).trim();
  return knownBootId;
}

function startTimeFromProc(pid: number): string | undefined {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return undefined;
  }
  // The command name stands in parentheses and may hold spaces and parentheses itself: count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return isOver(fields) ? undefined : fields[19];
}

/**
 * Of a line of /proc/PID/stat, from its third field on. A process whose first thread has ended is shown as a zombie
 * although its others still hold its files and connections: it is over with the last of them (field 20 counts them).
 */
export const isOver = ([state, ...rest]: readonly string[]): boolean =>
  state === "X" || (state === "Z" && Number(rest[16]) <= 1);

function startTimeFromPs(pid: number): string | undefined {
  try {
    const line = printed("env", ["LC_ALL=C", "TZ=UTC", "ps", "-o", "stat=,lstart=", "-p", String(pid)]).trim();
    const [state = "", ...start] = line.split(/\s+/);
    return state === "" || state.startsWith("Z") ? undefined : start.join(" ");
  } catch {
    return undefined;
  }
}

/** Loaded where there is no /proc: a status line must not pay for it everywhere else. */
const printed = (program: string, args: readonly string[]): string =>
  process
    .getBuiltinModule("node:child_process")
    .execFileSync(program, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
