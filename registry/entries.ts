/**
 * Every capability as an entry: what can be said of it without running it, or loading what runs. The registry of tools
 * and the registry of commands are views of the one list that this makes.
 */
import { createHash } from "node:crypto";
import type { Plugin, Profile, Skill } from "./capabilities.ts";
import type { EntryState, RegistryEntry } from "./entry.ts";
import { pluginDeclaration } from "./plugins/declaration.ts";
import { shownPath } from "./shown.ts";
import type { ToolDeclaration } from "./tool.ts";
import { definitionHash, inputSchema } from "./tools/index.ts";

const SUMMARY_CHARS_MAX = 100;

/** What an agent type says of itself. */
export interface AgentTold {
  readonly name: string;
  readonly version: number;
  readonly summary: string;
  readonly tools: readonly string[];
}

/** What a command says of itself: one row of the command line's own table. */
export interface CommandTold {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly { readonly flags: string; readonly description: string }[];
}

export function toolEntry(tool: ToolDeclaration, state: EntryState): RegistryEntry {
  return { ...entryOf(tool), hash: definitionHash(tool), state };
}

/** As they were approved: their hash is the approved one's. */
export function pluginEntries(plugin: Plugin, stateOf: (name: string) => EntryState): RegistryEntry[] {
  return plugin.tools.map((tool) => {
    const entry = entryOf(pluginDeclaration(plugin, tool));
    return { ...entry, hash: tool.hash, state: stateOf(entry.name) };
  });
}

function entryOf(tool: ToolDeclaration): Omit<RegistryEntry, "hash" | "state"> {
  const { name, tier, category, summary, words = [], source, risk, repeat, outputSchema = null } = tool;
  return {
    kind: "tool",
    name,
    tier,
    category,
    summary: printable(summary),
    words,
    source: printable(source),
    risk,
    repeat,
    inputSchema: inputSchema(tool),
    outputSchema,
  };
}

export function skillEntry({ name, description, tools, folder, hash }: Skill, state: EntryState): RegistryEntry {
  return {
    ...nothingKnown,
    kind: "skill",
    name,
    tier: "skill",
    category: "skill",
    summary: printable(description),
    words: tools,
    source: printable(folder),
    hash,
    state,
  };
}

export function agentEntry(type: AgentTold): RegistryEntry {
  const { name, version, summary, tools } = type;
  return {
    ...nothingKnown,
    kind: "agent",
    name,
    tier: "built-in",
    category: "agent",
    summary: printable(summary),
    words: tools,
    source: `actors/types/${name}.ts`,
    hash: hashOf({ name, version, summary, tools }),
    state: "active",
  };
}

export function profileEntry(profile: Profile, state: EntryState): RegistryEntry {
  const { name, description, base, tools, source, hash } = profile;
  return {
    ...nothingKnown,
    kind: "agent",
    name,
    tier: "skill",
    category: "agent",
    summary: printable(description),
    words: [base, ...tools],
    source: printable(source),
    hash,
    state,
  };
}

export function commandEntry(command: CommandTold): RegistryEntry {
  const { name, summary, options } = command;
  return {
    ...nothingKnown,
    kind: "command",
    name,
    tier: "built-in",
    category: "command",
    summary: printable(summary),
    words: options.map(({ flags }) => flags.replace(/[ ,<>[\].]+/g, " ").trim()),
    source: `apps/cli/commands/${name}.ts`,
    hash: hashOf(command),
    state: "active",
  };
}

const nothingKnown = { risk: null, repeat: null, inputSchema: null, outputSchema: null } as const;

/** What agents call. */
export const toolsOf = (entries: readonly RegistryEntry[]): readonly RegistryEntry[] =>
  entries.filter(({ kind }) => kind === "tool" || kind === "skill").sort(byName);

/** What people call: commands, and the agents that they give work to. */
export const commandsOf = (entries: readonly RegistryEntry[]): readonly RegistryEntry[] =>
  entries.filter(({ kind }) => kind === "command" || kind === "agent").sort(byName);

const byName = (a: RegistryEntry, b: RegistryEntry): number => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);

/** One line that moves no cursor, of bounded length. */
function printable(text: string): string {
  const line = shownPath(text.replace(/\s+/g, " ").trim());
  return line.length <= SUMMARY_CHARS_MAX ? line : `${line.slice(0, SUMMARY_CHARS_MAX - 1)}…`;
}

const hashOf = (told: unknown): string => createHash("sha256").update(JSON.stringify(told)).digest("hex");
