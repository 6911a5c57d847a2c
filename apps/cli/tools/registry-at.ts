/** The registry as it is from a folder: every entry with its state, without loading what runs. Starts nothing. */
import { capabilitiesFrom, type RunCapabilities } from "../../../actors/runtime/capabilities.ts";
import { installedDrift } from "../../../actors/runtime/drift/installed.ts";
import { approvedRows, openPinBook, type Pinned } from "../../../actors/runtime/pin-book.ts";
import { listedTypes } from "../../../actors/types/index.ts";
import type { Config } from "../../../infra/config.ts";
import { SwarmError } from "../../../infra/errors.ts";
import type { PinName, Pins } from "../../../infra/pins.ts";
import type { Plugin, PluginTool, Profile } from "../../../registry/capabilities.ts";
import {
  agentEntry,
  commandEntry,
  pluginEntries,
  profileEntry,
  skillEntry,
  toolEntry,
} from "../../../registry/entries.ts";
import type { EntryState, RegistryEntry } from "../../../registry/entry.ts";
import { problemPlace } from "../../../registry/file-problem.ts";
import { definitionFrom } from "../../../registry/plugins/definition.ts";
import type { Excluded } from "../../../registry/pool.ts";
import { tools } from "../../../registry/tools/index.ts";
import { releasePins } from "../../../registry/tools/release-pins.ts";
import { collectCapabilities } from "../capabilities.ts";
import { approvedProfile } from "../collect-skills.ts";
import type { CommandRow } from "../command-row.ts";
import { profilesAt } from "../discovery.ts";
import { runningPins } from "./running-pins.ts";

export interface RegistryHere {
  readonly entries: readonly RegistryEntry[];
  readonly capabilities: RunCapabilities;
  /** What the configuration or the folder brings and is not in it, with the reason. */
  readonly left: readonly Excluded[];
  /** Tool → why it is out, where it was taken out. */
  readonly out: ReadonlyMap<string, string>;
}

export async function registryAt(
  config: Config,
  workspace: string,
  commands: readonly CommandRow[],
): Promise<RegistryHere> {
  const { pins, close } = await runningPins(config);
  try {
    return await registryWith(pins, config, workspace, commands);
  } finally {
    close();
  }
}

/** `pins`: null where nothing was ever approved. */
export async function registryWith(
  pins: Pins | null,
  config: Config,
  workspace: string,
  commands: readonly CommandRow[],
): Promise<RegistryHere> {
  const states = await statesIn(pins);
  const { capabilities, left } = await collectCapabilities({ config, workspace, pins }, []);
  const { profiles, refused } = await profilesHere(config, workspace, pins);
  const { plugins, skills } = capabilities;
  const local = installedDrift(tools, releasePins);
  const stateOf = (name: PinName): EntryState =>
    states.get(keyOf(name))?.state ?? (name.kind === "tool" && local.has(name.name) ? "drifted" : "active");
  const entries = [
    ...tools.map((tool) => toolEntry(tool, stateOf({ kind: "tool", scope: "", name: tool.name }))),
    ...plugins.flatMap((plugin) =>
      pluginEntries(plugin, (name) => stateOf({ kind: "tool", scope: plugin.scope, name })),
    ),
    ...[...states.values()].filter((one) => isOutHere(one, workspace)).flatMap(outEntries),
    ...skills.map((skill) => skillEntry(skill, stateOf({ kind: "skill", scope: skill.scope, name: skill.name }))),
    ...listedTypes.map(agentEntry),
    ...profiles.map((one) => profileEntry(one, stateOf({ kind: "profile", scope: one.scope, name: one.name }))),
    ...commands.map((row) => commandEntry(toldOf(row))),
  ];
  const out = [...states.values()]
    .filter((one) => isOutHere(one, workspace))
    .map(({ name, state, reasons }) => [name, `${state}: ${reasons.join("; ")}`] as const);
  const whole = capabilitiesFrom({ ...capabilities, profiles: [...profiles] });
  return { entries, capabilities: whole, left: [...left, ...refused], out: new Map(out) };
}

/** Every agent file that is approved as it stands; of the others, why it is not. */
async function profilesHere(
  config: Config,
  workspace: string,
  pins: Pins | null,
): Promise<{ profiles: readonly Profile[]; refused: readonly Excluded[] }> {
  const rows = pins === null ? [] : await approvedRows(openPinBook({ pins }));
  const { profiles: found, problems } = await profilesAt(workspace, config);
  const profiles: Profile[] = [];
  const refused = problems
    .filter(({ weight }) => weight === "dropped")
    .map((problem) => ({ name: problemPlace(problem), reason: problem.reason }));
  for (const one of found) {
    try {
      profiles.push(approvedProfile(one, rows));
    } catch (cause) {
      if (!(cause instanceof SwarmError)) throw cause;
      refused.push({ name: one.name, reason: cause.message });
    }
  }
  return { profiles, refused };
}

type Known = PinName & Pinned;

async function statesIn(pins: Pins | null): Promise<ReadonlyMap<string, Known>> {
  if (pins === null) return new Map();
  const known = await openPinBook({ pins }).all();
  return new Map(known.map((one) => [keyOf(one), one]));
}

const isOutHere = ({ kind, scope, state }: Known, workspace: string): boolean =>
  kind === "tool" && (scope === "" || scope === workspace) && state !== "active";

/** A plugin's tool that was taken out, as it was approved: no run draws from it, and it is still to be seen. */
function outEntries({ name, scope, state, approved }: Known): RegistryEntry[] {
  const [, server] = /^mcp__(.+?)__/.exec(name) ?? [];
  if (server === undefined || approved === null) return [];
  const made = definitionFrom(server, approved.definition.text);
  if (made === null) return [];
  const { hash } = approved.definition;
  const { description, inputSchema, outputSchema } = made.definition;
  const tool: PluginTool = {
    name: made.definition.name,
    description,
    inputSchema: { ...inputSchema },
    ...(outputSchema === undefined ? {} : { outputSchema: { ...outputSchema } }),
    hash,
    risk: "destructive",
    repeat: "unsafe",
  };
  const start = { kind: "http", url: "unknown:", headers: {} } as const;
  const plugin: Plugin = { server, origin: "operator", scope, home: "/", start, startHash: hash, tools: [tool] };
  return pluginEntries(plugin, () => state);
}

const keyOf = ({ kind, scope, name }: PinName): string => JSON.stringify([kind, scope, name]);

function toldOf({ usage, summary, options }: CommandRow): Parameters<typeof commandEntry>[0] {
  const [name = usage] = usage.split(" ");
  const shown = options.filter(({ hidden }) => hidden !== true);
  return { name, usage, summary, options: shown.map(({ flags, description }) => ({ flags, description })) };
}
