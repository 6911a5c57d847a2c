/**
 * The gate before everything unsafe: one file per effect id, made exclusively and synced before the deed. Whoever makes
 * it may act, once; nobody else ever may, in whatever process and however late. Free of parsers: the recorder starts with it.
 */
import { readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ProcessIdentity } from "../redis/process-identity.ts";
import { createDurably, errnoOf, makeFolderDurably, readIfThere } from "./durable-file.ts";

/** What the winner is about to do. `void`: nothing, and by that nobody ever will. */
export type GateFacts =
  | { readonly kind: "command"; readonly command: string; readonly cwd: string; readonly timeoutMs: number }
  | {
      readonly kind: "change";
      readonly workspace: string;
      /** Relative to the workspace, links resolved. */
      readonly path: string;
      /** SHA-256 in hex; null where there was no file. */
      readonly before: string | null;
      readonly after: string;
    }
  /** Of a plugin's tool: what it does to the world, only its server knows. */
  | { readonly kind: "call"; readonly server: string; readonly tool: string }
  | { readonly kind: "void"; readonly why: string };

export interface GateRecord {
  readonly v: 1;
  readonly effect: string;
  readonly inputHash: string;
  readonly holder: ProcessIdentity;
  /** By this host's clock: for people. */
  readonly at: string;
  readonly facts: GateFacts;
}

/** The files of one effect. */
export interface GatePaths {
  readonly gate: string;
  readonly started: string;
  readonly output: string;
  readonly outcome: string;
  /** There once somebody was told of an effect that no log knows. */
  readonly told: string;
}

/** Throws where the id is not of the form `run/actor/incarnation.version:index`. */
export function gatePaths(gates: string, effect: string): GatePaths {
  const [run = "", actor = "", tail = "", ...rest] = effect.split("/");
  if (rest.length > 0 || !/^\d{1,16}\.\d{1,16}:\d{1,6}$/.test(tail)) throw new Error(`not an effect id: ${effect}`);
  const base = join(gates, folderName(run), folderName(actor), tail.replace(":", "-"));
  return {
    gate: `${base}.gate`,
    started: `${base}.started`,
    output: `${base}.output`,
    outcome: `${base}.outcome`,
    told: `${base}.told`,
  };
}

/** True for exactly one caller per effect id, ever; the record is on the disk by then. */
export async function takeGate(gates: string, record: GateRecord): Promise<boolean> {
  const { gate } = gatePaths(gates, record.effect);
  await makeFolderDurably(dirname(gate), gates);
  return createDurably(gate, JSON.stringify(record));
}

/** Effect ids of one actor that have a gate here, in no particular order. */
export async function knownGates(gates: string, run: string, actor: string): Promise<string[]> {
  const names = await namesIn(join(gates, folderName(run), folderName(actor)));
  return names.flatMap((name) => {
    const [, numbers, index] = /^(\d+\.\d+)-(\d+)\.gate$/.exec(name) ?? [];
    return numbers === undefined ? [] : [`${run}/${actor}/${numbers}:${index}`];
  });
}

/** Remembers that somebody was told of these effects: they are in no log, and did happen or may have. */
export async function noteTold(gates: string, effects: readonly string[]): Promise<void> {
  for (const effect of effects) await createDurably(gatePaths(gates, effect).told, "");
}

export const wasTold = async (gates: string, effect: string): Promise<boolean> =>
  (await readIfThere(gatePaths(gates, effect).told)) !== null;

/** Runs that have gates here, with the time of their last gate's folder change in milliseconds since the epoch. */
export async function gatedRuns(gates: string): Promise<{ run: string; changedAtMs: number }[]> {
  const runs: { run: string; changedAtMs: number }[] = [];
  for (const name of await namesIn(gates)) {
    const folders = [join(gates, name), ...(await namesIn(join(gates, name))).map((actor) => join(gates, name, actor))];
    const times = await Promise.all(folders.map(async (folder) => (await stat(folder)).mtimeMs));
    runs.push({ run: decodeURIComponent(name), changedAtMs: Math.max(...times) });
  }
  return runs;
}

/** Only for a run that is gone: a sleeper of it that wakes afterwards would find its gate open. */
export async function forgetGates(gates: string, run: string): Promise<void> {
  await rm(join(gates, folderName(run)), { recursive: true, force: true });
}

function folderName(part: string): string {
  const name = encodeURIComponent(part);
  if (name === "" || name.startsWith(".") || name.length > 200) throw new Error(`not a part of an effect id: ${part}`);
  return name;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    if (errnoOf(cause) === "ENOENT") return [];
    throw cause;
  }
}
