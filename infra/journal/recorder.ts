/**
 * Runs one command, outlives the worker that wanted it, and writes down what became of it: gate, start, output, exit,
 * each on the disk before the next. A process of its own, started by `commands.ts`; nobody has to wait for it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { identifyProcess, type ProcessIdentity } from "../redis/process-identity.ts";
import { cappedOutput } from "./capped-output.ts";
import { createDurably } from "./durable-file.ts";
import { type GatePaths, type GateRecord, gatePaths, takeGate } from "./gate.ts";

/** What the worker writes to our standard input, whole, or we do nothing. */
export interface RecorderOrder {
  readonly gates: string;
  readonly record: Omit<GateRecord, "holder" | "at">;
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** Our exit code where somebody else had the gate. */
export const GATE_LOST = 3;
/** Between the polite signal and the other one, in milliseconds. */
const MERCY_MS = 2_000;
/** Whoever left the group may hold the output open; it is read no longer than this after the command's end. */
const LAST_WORDS_MS = 500;

/** Waits for the go, which is given once the start is on the disk; without it (we died) nothing was run. */
const WAIT_FOR_GO = 'read -r go <&3 || exit 125; exec 3<&- 2>&1; exec "$@"';

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
  const ended = await run(order, paths, (chunk) => output.take(chunk));
  const outcome = {
    v: 1,
    kind: "command",
    ...ended,
    stopped,
    ...output.end(),
    at: new Date().toISOString(),
    tookMs: Math.round(performance.now() - startedMs),
  };
  await createDurably(paths.outcome, JSON.stringify(outcome));
  return 0;
}

/** From spawn to the last of its group. Throws nothing that a command can cause. */
async function run(order: RecorderOrder, paths: GatePaths, take: (chunk: Buffer) => void): Promise<Ended> {
  const child = spawn("/bin/sh", ["-c", WAIT_FOR_GO, "sh", ...order.argv], {
    cwd: order.cwd,
    env: { ...order.env },
    detached: true,
    stdio: ["ignore", "pipe", "ignore", "pipe"],
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
  const go = child.stdio[3] as Writable;
  go.on("error", () => {}); // it died before it could start: its exit says so
  await createDurably(paths.started, JSON.stringify({ v: 1, leader, at: new Date().toISOString() }));
  const timer = setTimeout(() => stop("timed_out"), order.timeoutMs);
  let over = false;
  const obey = async (): Promise<void> => {
    kill(leader, "SIGTERM");
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
  clearTimeout(timer);
  // Its background children belong to its group, and nobody would look after them.
  kill(leader, "SIGKILL");
  await Promise.race([closed, pause(LAST_WORDS_MS)]);
  output.destroy();
  return ended;
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
