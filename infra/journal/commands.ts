/**
 * Commands by way of their recorder: start one, wait for one (whoever started it), call one off. A worker that waits is
 * only a spectator; what became of a command stands in its files.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Confinement } from "../bwrap/confine.ts";
import { type Moved, setAside, type Watch } from "../bwrap/quarantine.ts";
import { SwarmError } from "../errors.ts";
import { isAlive, signalProcess } from "../redis/process-identity.ts";
import { commandLine } from "./command-line.ts";
import { gatePaths } from "./gate.ts";
import { endGroup } from "./process-group.ts";
import type { RecorderOrder } from "./recorder.ts";
import { type CommandOutcome, readGate, readOutcome, readStart, type StartRecord } from "./records.ts";

export interface CommandOrder {
  readonly effect: string;
  readonly inputHash: string;
  readonly command: string;
  /** Absolute folder. */
  readonly cwd: string;
  readonly timeoutMs: number;
  /** What runs in place of `command`, which it means; the journal keeps to the command. */
  readonly runs?: string | undefined;
  /** More folders that it may write, absolute and link-free. */
  readonly writable?: readonly string[] | undefined;
  /** It was let through because it changes nothing: where it is confined, it can write to no folder of the workspace. */
  readonly looksOnly?: boolean | undefined;
  /** It was granted the network. */
  readonly network?: boolean | undefined;
}

export interface CommandSetting {
  readonly gates: string;
  /** All that a command sees of the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** File of the compiled recorder; beside this module where absent. */
  readonly recorder?: string | undefined;
  /** What confines commands; `off`: nothing, by the operator's word. Null, or left out: none is run. */
  readonly confinement?: Confinement | "off" | null | undefined;
  /** Why there is none, where there is none. */
  readonly reasons?: readonly string[] | undefined;
}

/** `lost`: it may have run, and whoever recorded it is gone. `never`: it did not run and cannot under this id. */
export type CommandEnd =
  | { readonly kind: "ended"; readonly outcome: CommandOutcome; readonly output: Buffer }
  | { readonly kind: "lost"; readonly setAside?: readonly Moved[] }
  | { readonly kind: "never" };

/** Between looks at the files of a command that somebody else started, in milliseconds. */
const LOOK_MS = 100;
/** What a recorder gets beyond its command's time before it counts as hung, in milliseconds. */
const HUNG_MS = 30_000;
/** How long a recorder may take to end its command before both are killed, in milliseconds; more than its own mercy. */
const OBEY_MS = 6_000;

/**
 * Starts a recorder, which takes the gate itself. The answer resolves once it is gone, whatever it did.
 * @throws SwarmError `journal.no_recorder` where this is not the compiled program, `sandbox.none` where nothing confines
 * commands and the operator has not said that nothing need.
 */
export function startRecorder(setting: CommandSetting, order: CommandOrder): Promise<void> {
  const { gates, env, recorder, confinement = null, reasons = [] } = setting;
  if (confinement === null) throw noSandbox(reasons);
  const { effect, inputHash, command, cwd, timeoutMs, runs = command } = order;
  const { writable = [], network = false, looksOnly = false } = order;
  const asideName = encodeURIComponent(effect);
  const told: RecorderOrder = {
    gates,
    record: { v: 1, effect, inputHash, facts: { kind: "command", command, cwd, timeoutMs } },
    cwd,
    timeoutMs,
    does:
      confinement === "off"
        ? { confinement: null, ...commandLine(runs, cwd, env) }
        : {
            confinement,
            order: { command: runs, cwd, env, writable, network, looksOnly, asideName },
          },
  };
  const child = spawn(process.execPath, [recorder ?? siblingRecorder()], {
    detached: true,
    cwd: "/",
    env: { ...env },
    stdio: ["pipe", "ignore", "ignore"],
  });
  const gone = once(child, "exit").then(
    () => {},
    () => {},
  );
  child.stdin.on("error", () => {}); // it died at once: there will be no gate
  child.stdin.end(JSON.stringify(told));
  child.unref();
  return gone;
}

const noSandbox = (reasons: readonly string[]): SwarmError =>
  new SwarmError("sandbox.none", ["commands are off: nothing on this machine confines them", ...reasons].join("; "), {
    hint: "swarm doctor says why and what to install. SWARM_SANDBOX=off runs them with all your rights.",
  });

function siblingRecorder(): string {
  const here = import.meta.url;
  if (here.endsWith(".js")) return fileURLToPath(new URL("./recorder.js", here));
  throw new SwarmError("journal.no_recorder", "commands run from the build only", {
    hint: "Run the compiled program, or name the compiled recorder.",
  });
}

/**
 * Waits for the end of a command whose gate is taken, or whose recorder (`gone`) is still on its way to it.
 * @throws the signal's reason; the command goes on then.
 */
export async function awaitCommand(
  gates: string,
  effect: string,
  signal: AbortSignal,
  gone?: Promise<void>,
): Promise<CommandEnd> {
  const sinceMs = performance.now();
  let over = false;
  const ended = gone?.then(() => {
    over = true;
  });
  for (;;) {
    const wasOver = over;
    const end = await endOf(gates, effect);
    if (end !== null) return end;
    // Gone before it reached the gate: it can never get there any more.
    if (wasOver && (await readGate(gatePaths(gates, effect).gate)) === null) return { kind: "never" };
    signal.throwIfAborted();
    if (performance.now() - sinceMs > (await timeOf(gates, effect)) + HUNG_MS) await endCommand(gates, effect);
    const nap = pause(LOOK_MS, undefined, { signal }).catch(() => {});
    await (ended === undefined || over ? nap : Promise.race([nap, ended]));
  }
}

async function timeOf(gates: string, effect: string): Promise<number> {
  const gate = await readGate(gatePaths(gates, effect).gate);
  return gate?.facts.kind === "command" ? gate.facts.timeoutMs : 0;
}

/** Null while its recorder lives, and where nobody has the gate. */
async function endOf(gates: string, effect: string): Promise<CommandEnd | null> {
  const paths = gatePaths(gates, effect);
  const ended = await outcomeOf(gates, effect);
  if (ended !== null) return ended;
  const gate = await readGate(paths.gate);
  if (gate === null) return null;
  if (gate.facts.kind !== "command") return { kind: "never" };
  if (isAlive(gate.holder)) return null;
  // Its last act may have come between the two looks.
  const late = await outcomeOf(gates, effect);
  if (late !== null) return late;
  const start = await readStart(paths.started);
  // The go follows the start record: without one, nothing was run.
  if (start === null) return { kind: "never" };
  return { kind: "lost", setAside: await endRemains(start) };
}

/** Ends whoever is left, and only then looks at what they left. */
async function endRemains({ leader, watch }: StartRecord): Promise<readonly Moved[]> {
  await endGroup(leader);
  return watch == null ? [] : setAside(watch as Watch);
}

async function outcomeOf(gates: string, effect: string): Promise<CommandEnd | null> {
  const paths = gatePaths(gates, effect);
  const outcome = await readOutcome(paths.outcome);
  if (outcome === null || outcome.kind !== "command") return null;
  return { kind: "ended", outcome, output: await readFile(paths.output) };
}

/** Ends a command that somebody has the gate of, and resolves once nobody of it is left. */
export async function endCommand(gates: string, effect: string): Promise<void> {
  const paths = gatePaths(gates, effect);
  const gate = await readGate(paths.gate);
  if (gate === null || gate.facts.kind !== "command") return;
  const { holder } = gate;
  signalProcess(holder, "SIGTERM");
  const deadlineMs = performance.now() + OBEY_MS;
  while (isAlive(holder) && performance.now() < deadlineMs) await pause(LOOK_MS / 4);
  signalProcess(holder, "SIGKILL");
  while (isAlive(holder)) await pause(LOOK_MS / 4);
  const start = await readStart(paths.started);
  if (start !== null) await endRemains(start);
}
