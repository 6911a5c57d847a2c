/**
 * Process groups of commands: who is still in one, and how to end them all. A number alone is never trusted; a group is
 * touched only where its leader is still the process that was started, or where it has left members without a leader.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { identifyProcess, isOver, type ProcessIdentity } from "../redis/process-identity.ts";
import { errnoOf } from "./durable-file.ts";

const LOOK_MS = 20;
/** How long the killed may take to be gone before this is a breakage, in milliseconds: a process can hang in the kernel. */
const GONE_MS = 10_000;

/** Sends a signal to whoever is left of the group; false where nobody is. */
function signalGroup(leader: ProcessIdentity, signal: NodeJS.Signals): boolean {
  if (membersOf(leader).length === 0) return false;
  try {
    process.kill(-leader.pid, signal);
    return true;
  } catch (cause) {
    if (errnoOf(cause) === "ESRCH") return false;
    throw cause;
  }
}

/** Kills the group and resolves once nobody of it is left. @throws where somebody survives for ten seconds. */
export async function endGroup(leader: ProcessIdentity): Promise<void> {
  const deadlineMs = performance.now() + GONE_MS;
  while (signalGroup(leader, "SIGKILL")) {
    if (performance.now() > deadlineMs)
      throw new Error(`process group ${leader.pid} does not end, not even by SIGKILL`);
    await pause(LOOK_MS);
  }
}

/** Sends a signal to everybody in the group but its leader. */
export function signalMembers(leader: ProcessIdentity, signal: NodeJS.Signals): void {
  for (const pid of membersOf(leader)) {
    if (pid === leader.pid) continue;
    try {
      process.kill(pid, signal);
    } catch {} // gone meanwhile
  }
}

/** Living members. Empty on another boot, and where the leader's number now names a stranger: its group is gone then. */
function membersOf(leader: ProcessIdentity): number[] {
  const now = identifyProcess(leader.pid);
  if (now !== undefined && (now.startTime !== leader.startTime || now.bootId !== leader.bootId)) return [];
  if (now === undefined && identifyProcess(process.pid)?.bootId !== leader.bootId) return [];
  return existsSync("/proc/self/stat") ? membersFromProc(leader.pid) : membersFromPs(leader.pid);
}

function membersFromProc(group: number): number[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      // After the name in parentheses: state, parent, group, session.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const [, , ofGroup, session] = fields;
      return !isOver(fields) && Number(ofGroup) === group && Number(session) === group ? [Number(name)] : [];
    } catch {
      return []; // gone meanwhile
    }
  });
}

function membersFromPs(group: number): number[] {
  const lines = execFileSync("ps", ["-axo", "pid=,pgid=,stat="], { encoding: "utf8" }).split("\n");
  return lines.flatMap((line) => {
    const [pid, ofGroup, state = "Z"] = line.trim().split(/\s+/);
    return Number(ofGroup) === group && !state.startsWith("Z") ? [Number(pid)] : [];
  });
}
