/** Every machine that is drawn: one of each actor type, and those that no actor lives in. */
import { listedTypes } from "../../actors/types/index.ts";
import { breakerMachine } from "../../machines/breaker-machine.ts";
import { type MachineEntry, machineEntry } from "../../machines/catalogue.ts";
import { pinMachine } from "../../machines/pin-machine.ts";

export interface DrawnMachine {
  readonly name: string;
  readonly summary: string;
  readonly machine: MachineEntry;
}

/** Those that decide beside the actors. */
export const otherMachines: readonly DrawnMachine[] = [
  {
    name: "breaker",
    summary: "Stops calls to what has failed too often in a row, until one probe comes back well.",
    machine: machineEntry(breakerMachine),
  },
  {
    name: "pin",
    summary: "What somebody approved: whether it is still what is there, and whether it may be used.",
    machine: machineEntry(pinMachine),
  },
];

export const drawnMachines: readonly DrawnMachine[] = [...listedTypes, ...otherMachines];
