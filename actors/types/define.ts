/**
 * What an agent type is: a prompt, the tools it may use, its limits, and a machine of its own made from the shared
 * lifecycle. What is not in `tools` has no path in its chart and is refused by the gate, whatever the prompt says.
 */

import { agentShape } from "../../machines/agent-birth.ts";
import { agentMachine } from "../../machines/agent-machine.ts";
import { type MachineEntry, machineEntry } from "../../machines/catalogue.ts";
import type { AgentLimits } from "../../machines/effect.ts";
import { type PluginReach, type Rights, rightsOf } from "../../machines/rights.ts";

export const MODEL_TIERS = ["small", "medium", "large"] as const;
export type ModelTier = (typeof MODEL_TIERS)[number];

export interface AgentTypeSpec {
  /** Lowercase and hyphens; names its queue and its machine. */
  readonly name: string;
  /** Counts changes of the machine, not of the prompt: the prompt is stored with every session. */
  readonly version: number;
  /** One line for lists. */
  readonly summary: string;
  /** System prompt, without the parts that every agent shares. */
  readonly prompt: string;
  /** Every built-in tool it may ever use. */
  readonly tools: readonly string[];
  /** False: every tool in its chart only looks. Held for all that is in the catalogue by the model tests. */
  readonly acts: boolean;
  /** Those of `tools` whose definitions stand in its prompt; the others are found by ToolSearch. All where absent. */
  readonly firstClass?: readonly string[];
  /** Which tools of plugins it may find; `read-only`: those that the operator vouches for as such. None where absent. */
  readonly plugins?: PluginReach;
  /** Which of those plugin tools, by name or `mcp__server__*`; all of them where absent. */
  readonly pluginTools?: readonly string[];
  /** How able a model it wants; which model that is, the configuration says. Absent: the run's. */
  readonly modelTier?: ModelTier;
  /** The one model it insists on, by id: an agent file may name one. Goes before its tier. */
  readonly model?: string;
  /** JSON Schema of its report's value where the task asks for nothing in particular; absent: `{summary}`. */
  readonly contract?: Readonly<Record<string, unknown>>;
  /**
   * What a machine can check of such a value beyond its schema, as problems in words; empty where there are none. Asked
   * before the result counts. Throws on breakage only.
   */
  readonly check?: (value: unknown) => Promise<readonly string[]>;
  readonly limits: AgentLimits;
  /** Output tokens a model call should have, and the least it is worth making with. */
  readonly outTokens: { readonly wanted: number; readonly least: number };
}

/** Whatever lives in a run under a chart of its own: the agents, and the coordinator that asks no model. */
export interface ActorType extends Pick<AgentTypeSpec, "name" | "version" | "summary" | "tools"> {
  readonly machine: MachineEntry;
  /** What its chart lets it run, in any state. */
  readonly rights: Rights;
}

export interface AgentType extends AgentTypeSpec, ActorType {}

export function defineAgent(spec: AgentTypeSpec): AgentType {
  const { name, version, tools, plugins } = spec;
  const machine = machineEntry(
    agentMachine({ id: name, version, tools, ...(plugins === undefined ? {} : { plugins }) }),
    agentShape(),
  );
  return { ...spec, machine, rights: rightsOf(machine.machine) };
}
