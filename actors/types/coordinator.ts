/** The actor that owns a run's task graph. It never calls a model: what it may do is its chart. */
import { type MachineEntry, machineEntry } from "../../machines/catalogue.ts";
import { FRESH } from "../../machines/coordinator-context.ts";
import { coordinatorMachine } from "../../machines/coordinator-machine.ts";
import { rightsOf } from "../../machines/rights.ts";
import type { ActorType } from "./define.ts";

/** Tasks, and plans that somebody is asked about, are stored a row each, so that settling one of a thousand writes one. */
export const coordinator: MachineEntry = machineEntry(coordinatorMachine, {
  maps: ["tasks", "proposals"],
  birth: ["input"],
  fresh: FRESH,
});

/** Nobody starts one by name: every run has exactly one. */
export const coordinatorType: ActorType = {
  name: "coordinator",
  version: Number(coordinatorMachine.version),
  summary: "Owns a run's task graph: starts agents, takes their ends, brings the work home. Has no model and no tools.",
  tools: [],
  machine: coordinator,
  rights: rightsOf(coordinatorMachine),
};
