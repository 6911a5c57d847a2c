/** Every agent type there is, a line each. */

import { COORDINATOR_TYPE } from "../../infra/store.ts";
import { type Machines, machineCatalogue } from "../../machines/catalogue.ts";
import { coordinator, coordinatorType } from "./coordinator.ts";
import type { ActorType, AgentType } from "./define.ts";
import { explore } from "./explore.ts";
import { general } from "./general.ts";
import { guide } from "./guide.ts";
import { plan } from "./plan.ts";
import { statusline } from "./statusline.ts";
import { verify } from "./verify.ts";

/** Those that a task can be given to. */
export const agentTypes: readonly AgentType[] = [
  // By name, a line each.
  explore,
  general,
  guide,
  plan,
  statusline,
  verify,
];

/** Whatever a run can have in it, for lists. */
export const listedTypes: readonly ActorType[] = [coordinatorType, ...agentTypes];

export const agentTypeNamed = (name: string): AgentType | undefined => agentTypes.find((type) => type.name === name);

/** Every machine a log may name, older versions included. */
export const machines: Machines = machineCatalogue([coordinator, ...agentTypes.map((type) => type.machine)]);

/** Actor types that have a queue. */
export const actorTypes: readonly string[] = [COORDINATOR_TYPE, ...agentTypes.map((type) => type.name)];

/** The machine a new actor of this type starts under. */
export function latestMachine(type: string): string | undefined {
  return type === COORDINATOR_TYPE ? coordinator.name : agentTypeNamed(type)?.machine.name;
}
