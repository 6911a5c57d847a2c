/**
 * This host's memory of what was done to the world: who may act (the gate), what was begun, how it came out. It answers
 * "did that happen?" for every unsafe effect that was begun here, whoever asks and after whatever crash.
 */
import { stat } from "node:fs/promises";
import { identifyProcess, isAlive, type ProcessIdentity } from "../redis/process-identity.ts";
import {
  awaitCommand,
  type CommandEnd,
  type CommandOrder,
  type CommandSetting,
  endCommand,
  startRecorder,
} from "./commands.ts";
import { createDurably, errnoOf } from "./durable-file.ts";
import {
  forgetGates,
  type GateFacts,
  type GateRecord,
  gatedRuns,
  gatePaths,
  knownGates,
  noteTold,
  takeGate,
  wasTold,
} from "./gate.ts";
import type { HostState } from "./host-state.ts";
import { type OutcomeRecord, readGate, readOutcome, readStart, type StartRecord } from "./records.ts";

export interface Seen {
  readonly gate: GateRecord;
  readonly started: StartRecord | null;
  readonly outcome: OutcomeRecord | null;
  /** Whether the process that took the gate lives: for a command its recorder, else a worker. */
  readonly holderLives: boolean;
  /** When the command last said something; null where it never did. Milliseconds since the epoch. */
  readonly outputAtMs: number | null;
}

export interface Journal {
  readonly place: string;
  /** True for one caller per effect id, ever. */
  take(effect: string, inputHash: string, facts: GateFacts): Promise<boolean>;
  /** How a change came out; the first word counts. */
  settle(effect: string, end: { readonly ok: boolean; readonly why?: string }): Promise<void>;
  /** What a plugin's tool answered; the first word counts. */
  noteAnswer(effect: string, answer: { readonly ok: boolean; readonly text: string }): Promise<void>;
  /** Runs a command behind the gate; where the gate is taken, it does not. @throws the signal's reason; the command goes on. */
  run(order: CommandOrder, signal: AbortSignal): Promise<CommandEnd>;
  /** Waits for a command that is out already. @throws the signal's reason. */
  reattach(effect: string, signal: AbortSignal): Promise<CommandEnd>;
  /** Makes sure that nothing (more) happens under this id: shuts the gate, or ends the command that went through it. */
  callOff(effect: string, inputHash: string): Promise<void>;
  /** Null where nobody has taken the gate. */
  look(effect: string): Promise<Seen | null>;
  /** Effect ids of this actor that have gates here. */
  known(run: string, actor: string): Promise<readonly string[]>;
  /** Those of them, begun before `incarnation` and after the actor's `version`, that nobody was told of yet. */
  strangers(run: string, actor: string, incarnation: number, version: number): Promise<readonly string[]>;
  /** From now on these are no strangers any more. */
  noteTold(effects: readonly string[]): Promise<void>;
  /** Removes what is kept of a run that is gone. */
  forget(run: string): Promise<void>;
  /** Runs with anything kept here that has not changed for `ageMs`. */
  old(ageMs: number): Promise<readonly string[]>;
}

export interface JournalOptions extends Omit<CommandSetting, "gates"> {
  readonly state: HostState;
}

export function openJournal({ state, ...setting }: JournalOptions): Journal {
  const { gates, place } = state;
  const commands: CommandSetting = { ...setting, gates };
  const take: Journal["take"] = (effect, inputHash, facts) =>
    takeGate(gates, { v: 1, effect, inputHash, holder: self(), at: new Date().toISOString(), facts });
  return {
    place,
    take,
    async settle(effect, end) {
      const record = { v: 1, kind: "change", ...end, at: new Date().toISOString() };
      await createDurably(gatePaths(gates, effect).outcome, JSON.stringify(record));
    },
    async noteAnswer(effect, { ok, text }) {
      const record = { v: 1, kind: "call", ok, text, at: new Date().toISOString() };
      await createDurably(gatePaths(gates, effect).outcome, JSON.stringify(record));
    },
    async run(order, signal) {
      signal.throwIfAborted();
      const { gate } = gatePaths(gates, order.effect);
      if ((await readGate(gate)) !== null) return { kind: "lost" };
      const end = await awaitCommand(gates, order.effect, signal, startRecorder(commands, order));
      // The gate may have gone to somebody else while our recorder was on its way.
      return (await readGate(gate))?.inputHash === order.inputHash ? end : { kind: "lost" };
    },
    reattach: (effect, signal) => awaitCommand(gates, effect, signal),
    async callOff(effect, inputHash) {
      if (await take(effect, inputHash, { kind: "void", why: "called off before it began" })) return;
      await endCommand(gates, effect);
    },
    look: (effect) => look(gates, effect),
    known: (run, actor) => knownGates(gates, run, actor),
    async strangers(run, actor, incarnation, version) {
      const found: string[] = [];
      for (const effect of await knownGates(gates, run, actor)) {
        const [, begunIn, by] = /\/(\d+)\.(\d+):\d+$/.exec(effect) ?? [];
        if (Number(begunIn) >= incarnation || Number(by) <= version || (await wasTold(gates, effect))) continue;
        const gate = await readGate(gatePaths(gates, effect).gate);
        if (gate !== null && gate.facts.kind !== "void") found.push(effect);
      }
      return found;
    },
    noteTold: (effects) => noteTold(gates, effects),
    forget: (run) => forgetGates(gates, run),
    async old(ageMs) {
      const before = Date.now() - ageMs;
      return (await gatedRuns(gates)).filter(({ changedAtMs }) => changedAtMs < before).map(({ run }) => run);
    },
  };
}

function self(): ProcessIdentity {
  const identity = identifyProcess(process.pid);
  if (identity === undefined) throw new Error("this process cannot tell its own start time");
  return identity;
}

async function look(gates: string, effect: string): Promise<Seen | null> {
  const paths = gatePaths(gates, effect);
  const gate = await readGate(paths.gate);
  if (gate === null) return null;
  // Whether the holder lives is asked before its outcome is read: the other way round, its last act could be missed.
  const holderLives = isAlive(gate.holder);
  const [started, outcome, outputAtMs] = await Promise.all([
    readStart(paths.started),
    readOutcome(paths.outcome),
    modifiedAtMs(paths.output),
  ]);
  return { gate, started, outcome, holderLives, outputAtMs };
}

async function modifiedAtMs(path: string): Promise<number | null> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return null;
    throw cause;
  }
}
