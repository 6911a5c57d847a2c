/**
 * Runs one command, outlives the worker that wanted it, and writes down what became of it: gate, start, output, exit,
 * each on the disk before the next. A process of its own, started by `commands.ts`; nobody has to wait for it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { type Confined, type ConfinedOrder, type Confinement, confine, STATUS_DESCRIPTOR } from "../bwrap/confine.ts";
import { type Group, makeGroup } from "../bwrap/limits.ts";
import { type Moved, setAside } from "../bwrap/quarantine.ts";
import { identifyProcess, type ProcessIdentity } from "../redis/process-identity.ts";
import { cappedOutput } from "./capped-output.ts";
import { createDurably } from "./durable-file.ts";
import { type GatePaths, type GateRecord, gatePaths, takeGate } from "./gate.ts";
import { endGroup, signalMembers } from "./process-group.ts";

/** What the worker writes to our standard input, whole, or we do nothing. */
export interface RecorderOrder {
  readonly gates: string;
  readonly record: Omit<GateRecord, "holder" | "at">;
  readonly cwd: string;
  readonly timeoutMs: number;
  /** Confined, the argument vector is made here: what is protected is looked for at the last moment. */
  readonly does:
    | {
        readonly confinement: null;
        readonly argv: readonly string[];
        readonly env: Readonly<Record<string, string>>;
      }
    | { readonly confinement: Confinement; readonly order: ConfinedOrder };
}

/** Our exit code where somebody else had the gate. */
export const GATE_LOST = 3;
/** Between the polite signal and the other one, in milliseconds. */
const MERCY_MS = 2_000;
/** Whoever left the group may hold the output open; it is read no longer than this after the command's end. */
const LAST_WORDS_MS = 500;

/** bubblewrap's own report is two short lines. */
const STATUS_CHARS_MAX = 4_096;

/** Waits for the go, which is given once the start is on the disk; without it (we died) nothing was run. */
const WAIT_FOR_GO = 'read -r go <&3 || exit 125; exec 3<&- 2>&1; exec "$@"';
/** Where memory runs out, the kernel takes a confined command before it takes Redis or a worker: of -1000 to 1000. */
const TAKE_ME_FIRST = "{ echo 500 >/proc/self/oom_score_adj; } 2>/dev/null; ";

type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null } | { readonly broke: string };

type Why = "timed_out" | "called_off";

let stopped: Why | null = null;
/** Before there is a command, being called off is only remembered. */
let stop = (why: Why): void => {
  stopped ??= why;
};
process.on("SIGTERM", () => stop("called_off"));
process.on("SIGHUP", () => {});
process.on("SIGINT", () => {});

process.exitCode = await record(JSON.parse(await text(process.stdin)) as RecorderOrder);

async function record(order: RecorderOrder): Promise<number> {
  const holder = identifyProcess(process.pid);
  if (holder === undefined) throw new Error("this process cannot tell its own start time");
  const startedMs = performance.now();
  const won = await takeGate(order.gates, { ...order.record, holder, at: new Date().toISOString() });
  if (!won) return GATE_LOST;
  const paths = gatePaths(order.gates, order.record.effect);
  const output = cappedOutput(paths.output);
  const ended = await confinedOrNot(order, paths, (chunk) => output.take(chunk));
  const outcome = {
    v: 1,
    kind: "command",
    ...ended,
    stopped,
    ...output.end(),
    at: new Date().toISOString(),
    tookMs: Math.round(performance.now() - startedMs),
    sandbox: order.does.confinement?.level ?? "none",
    ...(order.does.confinement !== null && order.does.order.looksOnly === true ? { looksOnly: true } : {}),
  };
  await createDurably(paths.outcome, JSON.stringify(outcome));
  return 0;
}

interface Tidied {
  readonly setAside: readonly Moved[];
  readonly watched: boolean;
}

async function confinedOrNot(
  order: RecorderOrder,
  paths: GatePaths,
  take: (chunk: Buffer) => void,
): Promise<Ended & Partial<Tidied>> {
  const { cwd, does } = order;
  if (does.confinement === null) return run({ ...order, ...does, confined: null, group: null }, paths, take);
  let confined: Confined;
  try {
    confined = confine(does.order, does.confinement);
  } catch (cause) {
    return { broke: cause instanceof Error ? cause.message : String(cause) };
  }
  const group = makeGroup();
  try {
    const line = { argv: confined.argv, env: confined.env };
    const ended = await run({ ...order, ...line, cwd, confined, group }, paths, take);
    return { ...ended, setAside: setAside(confined.watch), watched: confined.watch.whole };
  } finally {
    group?.remove();
    confined.close();
  }
}

interface Line extends Pick<RecorderOrder, "cwd" | "timeoutMs" | "does"> {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly confined: Confined | null;
  readonly group: Group | null;
}

/** From spawn to the last of its group. Throws nothing that a command can cause. */
async function run(line: Line, paths: GatePaths, take: (chunk: Buffer) => void): Promise<Ended> {
  const { confined, group } = line;
  const text = confined === null ? WAIT_FOR_GO : TAKE_ME_FIRST + WAIT_FOR_GO;
  const child = spawn("/bin/sh", ["-c", text, "sh", ...line.argv], {
    cwd: line.cwd,
    env: { ...line.env },
    detached: true,
    stdio: [
      "ignore",
      "pipe",
      "ignore",
      "pipe",
      ...(confined === null ? [] : ["pipe" as const, ...confined.descriptors]),
    ],
  });
  const exit = exitOf(child);
  const output = child.stdout as Readable;
  output.on("data", take);
  const closed = new Promise<void>((resolve) => {
    output.once("close", resolve);
    output.once("error", resolve);
  });
  const leader = child.pid === undefined ? undefined : identifyProcess(child.pid);
  if (leader === undefined) return exit;
  const told = confined === null ? null : toldOfExit(child.stdio[STATUS_DESCRIPTOR] as Readable);
  group?.add(leader.pid);
  const go = child.stdio[3] as Writable;
  go.on("error", () => {}); // it died before it could start: its exit says so
  const sandbox = line.does.confinement?.level ?? "none";
  const start = { v: 1, leader, at: new Date().toISOString(), sandbox, watch: confined?.watch ?? null };
  await createDurably(paths.started, JSON.stringify(start));
  const timer = setTimeout(() => stop("timed_out"), line.timeoutMs);
  const ended = await giveGo(go, exit, leader, confined !== null);
  clearTimeout(timer);
  // Its background children belong to its group, and nobody would look after them.
  if (confined === null) kill(leader, "SIGKILL");
  else await endGroup(leader);
  // An open output keeps us waiting; a clock that nobody waits for any more must not keep us from leaving.
  await Promise.race([closed, pause(LAST_WORDS_MS, undefined, { ref: false })]);
  output.destroy();
  const ran = told === null || !("code" in ended) || ended.code === null || stopped !== null || (await told);
  return ran ? ended : { broke: "the sandbox could not be made for it" };
}

/** Resolves with the end of the command, which a stop brings about: first politely, then not. */
async function giveGo(go: Writable, exit: Promise<Ended>, leader: ProcessIdentity, confined: boolean): Promise<Ended> {
  let over = false;
  const obey = async (): Promise<void> => {
    // bubblewrap itself would obey at once, and take everybody with it before they could tidy up.
    if (confined) signalMembers(leader, "SIGTERM");
    else kill(leader, "SIGTERM");
    await pause(MERCY_MS, undefined, { ref: false });
    if (!over) kill(leader, "SIGKILL");
  };
  const before = stopped;
  stop = (why) => {
    if (stopped !== null) return;
    stopped = why;
    obey().catch(() => {});
  };
  if (before === null) go.end("go\n");
  else go.destroy(); // called off while we were getting ready: it exits without having run
  const ended = await exit;
  over = true;
  return ended;
}

/** Whether bubblewrap told of the command's end; it does not where it never came to start it. Nobody inside can write there. */
function toldOfExit(stream: Readable): Promise<boolean> {
  let said = "";
  stream.setEncoding("utf8").on("data", (chunk: string) => {
    said = (said + chunk).slice(-STATUS_CHARS_MAX);
  });
  return new Promise((resolve) => {
    const end = (): void => resolve(said.includes('"exit-code"'));
    stream.once("close", end);
    stream.once("error", end);
  });
}

function exitOf(child: ChildProcess): Promise<Ended> {
  return new Promise((resolve) => {
    child.once("error", (cause) => resolve({ broke: cause.message }));
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
}

/** Our own child's group: until we have reaped it, its number is nobody else's. */
function kill(leader: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader.pid, signal);
  } catch {} // nobody is left
}
