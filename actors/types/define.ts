/**
 * What an agent type is: a prompt, the tools it may use, its limits, and a machine of its own made from the shared
 * lifecycle. What is not in `tools` has no path in its chart and is refused by the gate, whatever the prompt says.
 */
import { agentMachine } from "../../machines/agent-machine.ts";
import { agentShape } from "../../machines/agent-vocabulary.ts";
import { type MachineEntry, machineEntry } from "../../machines/catalogue.ts";
import type { AgentLimits } from "../../machines/effect.ts";

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
  /** Those of `tools` whose definitions stand in its prompt; the others are found by ToolSearch. All where absent. */
  readonly firstClass?: readonly string[];
  /** Which tools of plugins it may find; `read-only`: those that the operator vouches for as such. */
  readonly plugins?: "none" | "read-only" | "all";
  /** How able a model it wants; which model that is, the configuration says. */
  readonly modelTier?: "small" | "medium" | "large";
  /** JSON Schema of its report's value where the task asks for nothing in particular; absent: `{summary}`. */
  readonly contract?: Readonly<Record<string, unknown>>;
  readonly limits: AgentLimits;
  /** Output tokens a model call should have, and the least it is worth making with. */
  readonly outTokens: { readonly wanted: number; readonly least: number };
}

export interface AgentType extends AgentTypeSpec {
  readonly machine: MachineEntry;
}

export function defineAgent(spec: AgentTypeSpec): AgentType {
  const machine = machineEntry(agentMachine({ id: spec.name, version: spec.version, tools: spec.tools }), agentShape());
  return { ...spec, machine };
}
