/**
 * Finds out by a real run whether a confinement works here, and what is possible inside and must not be. A machine that is
 * only too busy for a moment is asked again, because the answer decides for a worker's whole life.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { newNonce } from "../ids.ts";
import { retry, seeded } from "../retry.ts";
import { type Confinement, confine, STATUS_DESCRIPTOR } from "./confine.ts";
import { makeGroup } from "./limits.ts";

export interface Probed {
  /** It could not be started. */
  readonly broken: string | null;
  /** What was possible inside and must not be. */
  readonly open: readonly string[];
}

/** Of one try, which takes some 70 ms where nobody else is at work. */
const tryTimeoutMs = 20_000;
const patiently = { attemptsMax: 3, patienceMs: 120_000, firstPauseMs: 500, lastPauseMs: 2_000, again: () => false };

/** As root both ways in which a command may run are tried: as nobody in a folder of theirs, and in a folder of root's. */
export async function probe(confinement: Confinement): Promise<Probed> {
  const isRoot = process.getuid?.() === 0;
  const runs = isRoot ? [null, 65_534] : [null];
  const all = await Promise.all(runs.map((uid) => probePatiently(confinement, uid)));
  const bounded = isRoot ? groupReasons() : [];
  return {
    broken: all.find(({ broken }) => broken !== null)?.broken ?? null,
    open: [...new Set([...all.flatMap(({ open }) => open), ...bounded])],
  };
}

/** The kernel's settled word; everything else may be want of time, processes, descriptors or memory. */
const settled = /permission|not permitted|not implemented|is needed to run/i;

const probePatiently = (confinement: Confinement, uid: number | null): Promise<Probed> =>
  retry<Probed>(
    {
      ...patiently,
      unit: seeded(`probe ${uid}`),
      unsatisfied: ({ broken }) => broken !== null && !settled.test(broken),
    },
    () => probeAs(confinement, uid),
  );

/** The kernel never counts root's processes against a limit; only a control group does. */
function groupReasons(): string[] {
  const group = makeGroup();
  group?.remove();
  return group === null ? ["as root without a control group (cgroup), the number of processes has no limit"] : [];
}

const QUESTIONS = [
  'while read -r key value _; do case "$key" in NoNewPrivs:|Seccomp:|CapEff:|CapBnd:) echo "$key$value";; esac; done </proc/self/status',
  "(: >written) 2>/dev/null && echo can:write",
  "for file in /.p /usr/.p /etc/.p /dev/.p /proc/sys/kernel/core_pattern /proc/sysrq-trigger; do (: >>$file) 2>/dev/null && echo wrote:$file; done",
  '(read -r line </etc/shadow && [ -n "$line" ]) 2>/dev/null && echo "read:/etc/shadow"',
  'while read -r name _; do [ "$name" = Iface ] || echo "net:$name"; done </proc/net/route',
  "echo done",
].join("\n");

async function probeAs(confinement: Confinement, uid: number | null): Promise<Probed> {
  const folder = mkdtempSync(join("/tmp", "statehive-probe-"));
  try {
    if (uid !== null) chownSync(folder, uid, uid);
    const order = { command: QUESTIONS, cwd: folder, env: { PATH: "/usr/bin:/bin" }, writable: [] };
    const { said, ended } = await runConfined(
      { ...order, asideName: `probe-${newNonce()}`, network: false },
      confinement,
    );
    const lines = said.split("\n");
    if (lines.includes("done")) return { broken: null, open: judge(lines, confinement) };
    return { broken: `bubblewrap does not run here: ${lastLine(said) ?? ended}`, open: [] };
  } catch (cause) {
    return { broken: cause instanceof Error ? cause.message : String(cause), open: [] };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function judge(lines: readonly string[], { filter, network }: Confinement): string[] {
  const wants: readonly (readonly [boolean, string])[] = [
    [lines.includes("NoNewPrivs:1"), "a command could gain rights by a setuid program"],
    [lines.includes("CapEff:0000000000000000"), "a command keeps capabilities"],
    [filter === null || lines.includes("Seccomp:2"), "the system call filter is not in force"],
    [lines.includes("can:write"), "a command cannot write into its own folder"],
    [network || !lines.some((line) => line.startsWith("net:")), "a command sees the network"],
  ];
  const leaks = lines
    .filter((line) => /^(wrote|read):/.test(line))
    .map((line) => `a command ${line.replace(":", " ")}`);
  return [...wants.filter(([held]) => !held).map(([, why]) => why), ...leaks];
}

interface Ran {
  /** All that it said. */
  readonly said: string;
  /** How it ended, in words. */
  readonly ended: string;
}

/** @throws where it could not even be started. */
async function runConfined(order: Parameters<typeof confine>[0], confinement: Confinement): Promise<Ran> {
  const confined = confine(order, confinement);
  try {
    const [program = "", ...args] = confined.argv;
    const child = spawn(program, args, {
      env: { ...confined.env },
      stdio: ["ignore", "pipe", "pipe", "ignore", "pipe", ...confined.descriptors],
    });
    await once(child, "spawn");
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      child.kill("SIGKILL");
    }, tryTimeoutMs);
    (child.stdio[STATUS_DESCRIPTOR] as Readable).resume();
    const closed = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
    const texts = [text(child.stdout as Readable), text(child.stderr as Readable)];
    const [[code, signal], ...said] = await Promise.all([closed, ...texts]).finally(() => clearTimeout(timer));
    const ended = signal === null ? `it says nothing and ends with exit code ${code}` : `it was ended by ${signal}`;
    return { said: said.join(""), ended: late ? `no answer within ${tryTimeoutMs / 1_000} s` : ended };
  } finally {
    confined.close();
  }
}

const lastLine = (said: string): string | undefined => said.trim().split("\n").at(-1)?.slice(0, 200) || undefined;
