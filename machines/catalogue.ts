/**
 * Every machine that logs may name, by `id@version`. A version that a stored actor might still be in stays listed:
 * it finishes under the chart it started with.
 */
import type { AnyStateMachine } from "xstate";
import type { RowMaps } from "./snapshot.ts";

export interface MachineEntry {
  /** `id@version`. */
  readonly name: string;
  readonly machine: AnyStateMachine;
  /** Context keys stored as rows. */
  readonly rowMaps: RowMaps;
}

export type Machines = ReadonlyMap<string, MachineEntry>;

export const machineEntry = (machine: AnyStateMachine, rowMaps: RowMaps = []): MachineEntry => ({
  name: `${machine.id}@${machine.version}`,
  machine,
  rowMaps,
});

/** Throws where two machines share a name: they could not be told apart in a log. */
export function machineCatalogue(entries: readonly MachineEntry[]): Machines {
  const machines = new Map<string, MachineEntry>();
  for (const entry of entries) {
    if (machines.has(entry.name)) throw new Error(`two machines are called ${entry.name}`);
    machines.set(entry.name, entry);
  }
  return machines;
}
