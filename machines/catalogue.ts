/**
 * Every machine that logs may name, by `id@version#hash`. A version that a stored actor might still be in stays listed:
 * it finishes under the chart it started with, or waits for a worker that has that chart.
 */
import type { AnyStateMachine } from "xstate";
import { machineHash } from "./machine-hash.ts";
import { PLAIN_SHAPE, type StoredShape } from "./snapshot.ts";

export interface MachineEntry {
  /** `id@version#hash`: what snapshots and logs call it, and what a worker says it serves. */
  readonly name: string;
  readonly machine: AnyStateMachine;
  /** How its states are stored. */
  readonly shape: StoredShape;
}

export type Machines = ReadonlyMap<string, MachineEntry>;

export const machineEntry = (machine: AnyStateMachine, shape: StoredShape = PLAIN_SHAPE): MachineEntry => ({
  name: `${machine.id}@${machine.version}#${machineHash(machine, shape)}`,
  machine,
  shape,
});

/** `id@version` of a machine's name. */
export const versionOf = (name: string): string => name.split("#")[0] as string;

/** Throws where two machines share an id and a version: one of them was changed without a new version. */
export function machineCatalogue(entries: readonly MachineEntry[]): Machines {
  const machines = new Map<string, MachineEntry>();
  const versions = new Set<string>();
  for (const entry of entries) {
    const version = versionOf(entry.name);
    if (versions.has(version)) throw new Error(`two machines are called ${version}`);
    versions.add(version);
    machines.set(entry.name, entry);
  }
  return machines;
}
