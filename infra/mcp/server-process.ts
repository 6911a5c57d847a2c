/**
 * The process of one plugin server: confined like a command of an agent, in a group of its own, and gone with everybody
 * it started when we say so or when this worker dies.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { homedir } from "node:os";
import type { Readable, Writable } from "node:stream";
import { type Confined, type Confinement, confine, STATUS_DESCRIPTOR } from "../bwrap/confine.ts";
import { type Group, makeGroup } from "../bwrap/limits.ts";
import { type Moved, setAside } from "../bwrap/quarantine.ts";
import { SwarmError } from "../errors.ts";
import { endGroup } from "../journal/process-group.ts";
import { identifyProcess } from "../redis/process-identity.ts";

export interface ProcessOrder {
  readonly id: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Its own variables, filled in. */
  readonly env: Readonly<Record<string, string>>;
  readonly network: boolean;
  /** The workspace: absolute and link-free. */
  readonly cwd: string;
  /** It is given the workspace, and started in a folder of nobody's: it would obey what lies in the one it is started in. */
  readonly apart?: boolean;
  readonly writable: readonly string[];
  /** Where its program lies. */
  readonly readable: readonly string[];
  /** Names what is set aside. */
  readonly asideName: string;
}

export interface ProcessSetting {
  /** `off`: nothing confines it, by the operator's word. Null: nothing can, and none is started. */
  readonly confinement: Confinement | "off" | null;
  /** All that it sees of the worker's environment. */
  readonly env: Readonly<Record<string, string>>;
}

export interface ServerProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** The end of what it said on standard error, as text. */
  said(): string;
  /** A process of its namespaces, by its number out here; null where it has none of its own, or is gone. */
  inside(): number | null;
  /** Resolves with how it ended, in words. */
  readonly gone: Promise<string>;
  /** Resolves once nobody of it is left; with protected files that it had made and that were moved away. */
  kill(): Promise<readonly Moved[]>;
}

const SAID_CHARS_MAX = 8_192;

/**
 * The server, and beside it who kills the whole group as soon as this worker's end of descriptor 3 is closed, by whatever.
 * A background process would get no standard input unless it is handed over. How the server ended is said the same way.
 */
const GUARDED =
  'exec 5<&0; "$@" <&5 3<&- 5<&- & server=$!; exec 5<&- </dev/null; { read -r _ <&3; kill -9 0; } >/dev/null 2>&1 & wait "$server"; echo $? >&3; kill -9 0';

/** @throws SwarmError `sandbox.none`; Error where it cannot be confined as it has to be. */
export function startProcess(order: ProcessOrder, { confinement, env }: ProcessSetting): ServerProcess {
  if (confinement === null) {
    throw new SwarmError("sandbox.none", `server ${order.id} is not started: nothing on this machine confines it`, {
      hint: "swarm doctor says why and what to install. SWARM_SANDBOX=off runs servers and commands with all your rights.",
    });
  }
  if (confinement === "off") {
    const argv = ["/bin/sh", "-c", GUARDED, "sh", order.command, ...order.args];
    const cwd = order.apart === true ? homedir() : order.cwd;
    return watched(spawnGroup(argv, { ...env, ...order.env }, cwd, ["pipe"]), null, null);
  }
  const confined = confine(
    {
      command: `${order.apart === true ? "cd /tmp && " : ""}exec ${[order.command, ...order.args].map(quoted).join(" ")}`,
      cwd: order.cwd,
      env,
      writable: order.writable,
      readable: order.readable,
      asideName: order.asideName,
      network: order.network,
    },
    confinement,
  );
  const group = makeGroup();
  try {
    const stdio = ["ignore" as const, "pipe" as const, ...confined.descriptors];
    const child = spawnGroup(confined.argv, { ...confined.env, ...order.env, ...HOME_INSIDE }, order.cwd, stdio);
    if (child.pid !== undefined) group?.add(child.pid);
    return watched(child, confined, group);
  } catch (cause) {
    group?.remove();
    throw cause;
  } finally {
    confined.close();
  }
}

const LAST_WORD_MS = 20;

/** A shell says of a signal that it is 128 and its number. */
const endWords = (code: number | null, signal: NodeJS.Signals | null): string =>
  code === null || Number.isNaN(code)
    ? `it ended by ${signal}`
    : code > 128
      ? `it ended by signal ${code - 128}`
      : `it ended with exit code ${code}`;

const HOME_INSIDE = { HOME: "/tmp", TMPDIR: "/tmp" };

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

type Extra = "ignore" | "pipe" | number;

function spawnGroup(
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd: string,
  extra: readonly Extra[],
): ChildProcess {
  const [program = "", ...args] = argv;
  return spawn(program, args, { cwd, env: { ...env }, detached: true, stdio: ["pipe", "pipe", "pipe", ...extra] });
}

function watched(child: ChildProcess, confined: Confined | null, group: Group | null): ServerProcess {
  let said = "";
  (child.stderr as Readable).setEncoding("utf8").on("data", (chunk: string) => {
    said = (said + chunk).slice(-SAID_CHARS_MAX);
  });
  let guardSaid = "";
  const guard = confined === null ? (child.stdio[3] as Readable | null) : null;
  guard?.setEncoding("utf8").on("data", (chunk: string) => {
    guardSaid = (guardSaid + chunk).slice(0, 10);
  });
  const leader = child.pid === undefined ? undefined : identifyProcess(child.pid);
  const inside = confined === null ? () => null : insideOf(child.stdio[STATUS_DESCRIPTOR] as Readable | null);
  let isGone = false;
  const gone = new Promise<string>((resolve) => {
    child.once("error", (cause) => resolve(`it could not be started: ${cause.message}`));
    child.once("exit", (code, signal) => {
      isGone = true;
      const how = (): string => endWords(guardSaid === "" ? code : Number.parseInt(guardSaid, 10), signal);
      // Its last word may be on the way still.
      if (guard === null) resolve(how());
      else setTimeout(() => resolve(how()), LAST_WORD_MS);
    });
  });
  for (const stream of child.stdio) stream?.on("error", () => {}); // its end is told by `gone`
  let killing: Promise<readonly Moved[]> | null = null;
  const kill = async (): Promise<readonly Moved[]> => {
    try {
      if (leader !== undefined) await endGroup(leader);
      await gone;
      return confined === null ? [] : setAside(confined.watch);
    } finally {
      for (const stream of child.stdio) stream?.destroy();
      group?.remove();
    }
  };
  return {
    stdin: child.stdin as Writable,
    stdout: child.stdout as Readable,
    said: () => said,
    inside: () => (isGone ? null : inside()),
    gone,
    kill: () => {
      killing ??= kill();
      return killing;
    },
  };
}

/** bubblewrap's report is two short lines; nobody inside can write there. */
const STATUS_CHARS_MAX = 4_096;

function insideOf(status: Readable | null): () => number | null {
  let text = "";
  status?.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(0, STATUS_CHARS_MAX);
  });
  return () => {
    const [, pid] = /"child-pid":\s*(\d+)/.exec(text) ?? [];
    return pid === undefined ? null : Number(pid);
  };
}
