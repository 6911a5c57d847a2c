/**
 * What one run may draw from, brought to life: the document that was latched when it was created, parsed once a worker
 * and looked up by every judgement and every call. What is not the document that was latched is refused.
 */
import { sha256 } from "../../infra/ids.ts";
import type { Store } from "../../infra/store.ts";
import {
  CAPABILITIES_BRIEF,
  type Capabilities,
  capabilitiesSchema,
  NO_CAPABILITIES,
  type Profile,
} from "../../registry/capabilities.ts";
import { type SearchIndex, searchIndex } from "../../registry/index-search.ts";
import { pluginDeclaration } from "../../registry/plugins/declaration.ts";
import type { ToolDeclaration } from "../../registry/tool.ts";
import { toolNamed, tools } from "../../registry/tools/index.ts";
import type { AgentType } from "../types/define.ts";
import { agentTypeNamed } from "../types/index.ts";
import { profileType } from "../types/profile-type.ts";
import type { RunRow } from "./run-row.ts";

export interface RunCapabilities {
  readonly document: Capabilities;
  /** Built-in tools and those of the run's plugins, by name. */
  readonly all: readonly ToolDeclaration[];
  named(name: string): ToolDeclaration | undefined;
  /** Over {@link all}; built when it is first asked for. */
  index(): SearchIndex<ToolDeclaration>;
  /** The type an agent has: the base, or a profile of the run made from it. Undefined where there is no such. */
  agentType(base: string, profile: string | null): AgentType | undefined;
}

/** Which run, and what it latched. */
export interface CapableRun {
  readonly run: string;
  /** SHA-256 of the document; null where the run has none. */
  readonly capabilities: string | null;
}

export type CapabilitiesOf = (run: CapableRun) => Promise<RunCapabilities>;

/** Documents that a worker keeps: as many runs with different ones as it may have at hand at once. */
const KEPT_MAX = 64;

/** @throws Error where the document is gone, or is not the one that was latched. */
export function capabilitiesOf(store: Pick<Store, "briefs">): CapabilitiesOf {
  const kept = new Map<string, Promise<RunCapabilities>>();
  const read = async ({ run, capabilities }: CapableRun): Promise<RunCapabilities> => {
    const text = (await store.briefs(run, [CAPABILITIES_BRIEF])).get(CAPABILITIES_BRIEF);
    if (text === undefined) throw new Error(`run ${run} latched capabilities, and they are not stored with it`);
    if (sha256(text) !== capabilities)
      throw new Error(`the capabilities stored with run ${run} are not those it latched`);
    return capabilitiesFrom(capabilitiesSchema.parse(JSON.parse(text)));
  };
  return (run) => {
    const { capabilities: name } = run;
    if (name === null) return Promise.resolve(BUILT_IN);
    const known = kept.get(name) ?? read(run);
    // Used last stands last: the first is the one to go.
    kept.delete(name);
    kept.set(name, known);
    known.catch(() => kept.delete(name));
    for (const oldest of kept.keys()) {
      if (kept.size <= KEPT_MAX) break;
      kept.delete(oldest);
    }
    return known;
  };
}

export function capabilitiesFrom(document: Capabilities): RunCapabilities {
  const byName = new Map<string, ToolDeclaration>();
  for (const plugin of document.plugins) {
    for (const tool of plugin.tools) {
      const declared = pluginDeclaration(plugin, tool);
      // A built-in tool is never shadowed, nor is the first of two.
      if (toolNamed(declared.name) === undefined && !byName.has(declared.name)) byName.set(declared.name, declared);
    }
  }
  const all = [...tools, ...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const profiles = new Map<string, Profile>(document.profiles.map((one) => [one.name, one]));
  let index: SearchIndex<ToolDeclaration> | null = null;
  return {
    document,
    all,
    named: (name) => toolNamed(name) ?? byName.get(name),
    index() {
      index ??= searchIndex(all);
      return index;
    },
    agentType(base, profile) {
      const type = agentTypeNamed(base);
      if (type === undefined || profile === null) return type;
      const found = profiles.get(profile);
      return found?.base === base ? profileType(type, found) : undefined;
    },
  };
}

/** Of a run that brings nothing of its own. */
export const BUILT_IN: RunCapabilities = capabilitiesFrom(NO_CAPABILITIES);

/** What this run may draw from; without anybody who reads documents, what every run may. */
export const capabilitiesFor = async (
  read: CapabilitiesOf | undefined,
  { address, run }: { readonly address: { readonly run: string }; readonly run: Pick<RunRow, "config"> },
): Promise<RunCapabilities> => (await read?.({ run: address.run, capabilities: run.config.capabilities })) ?? BUILT_IN;
