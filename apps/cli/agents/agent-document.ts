/** One agent as a document, for lists and in full. */

import type { ModelTier } from "../../../actors/types/define.ts";
import { type Chart, chartOf } from "../../../machines/chart.ts";
import type { AgentLimits } from "../../../machines/effect.ts";
import type { PluginReach } from "../../../machines/rights.ts";
import type { KnownAgent } from "./known-agents.ts";

export interface AgentRow {
  readonly name: string;
  readonly kind: KnownAgent["kind"];
  readonly summary: string;
  readonly base: string | null;
  readonly source: string | null;
  /** Everything it may ever run, by its chart. */
  readonly tools: readonly string[];
  /** Those whose definitions stand in its prompt; it finds the others by ToolSearch. */
  readonly firstClass: readonly string[];
  readonly plugins: PluginReach;
  /** Null: the model of the run. */
  readonly modelTier: ModelTier | null;
  /** Null for what asks no model. */
  readonly limits: AgentLimits | null;
  /** Whether any tool of its chart can change something. */
  readonly mayChange: boolean;
  readonly machine: string;
}

export interface AgentDocument extends AgentRow {
  readonly v: 1;
  readonly prompt: string | null;
  /** JSON Schema of what it reports where its task asks for nothing in particular; null: a summary. */
  readonly contract: Readonly<Record<string, unknown>> | null;
  readonly chart: Chart;
}

export function agentRow({ type, machine, ...agent }: KnownAgent): AgentRow {
  const tools = type?.rights.tools ?? [];
  return {
    name: agent.name,
    kind: agent.kind,
    summary: agent.summary,
    base: agent.base,
    source: agent.source,
    tools,
    firstClass: type === null ? [] : tools.filter((tool) => type.firstClass?.includes(tool) ?? true),
    plugins: type?.pluginTools?.length === 0 ? "none" : (type?.rights.plugins ?? "none"),
    modelTier: type?.modelTier ?? null,
    limits: type?.limits ?? null,
    mayChange: type?.acts ?? false,
    machine: machine.name,
  };
}

export function agentDocument(agent: KnownAgent): AgentDocument {
  const { type, machine } = agent;
  return {
    v: 1,
    ...agentRow(agent),
    prompt: type?.prompt ?? null,
    contract: type?.contract ?? null,
    chart: chartOf(machine.machine),
  };
}
