/** `swarm tools`: what there is. Lists, finds and shows it without loading what runs. */

import { readConfig } from "../../../infra/config.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { commandsOf, toolsOf } from "../../../registry/entries.ts";
import type { EntryKind, RegistryEntry } from "../../../registry/entry.ts";
import { searchIndex } from "../../../registry/index-search.ts";
import type { Mode } from "../../../registry/permission/question.ts";
import type { CommandRow } from "../command-row.ts";
import { oneOf } from "../flags.ts";
import { nearestNames } from "../nearest-names.ts";
import { printJson, printTable } from "../print.ts";
import { listPool } from "../tools/list-pool.ts";
import { type RegistryHere, registryAt } from "../tools/registry-at.ts";
import { showEntry } from "../tools/show-entry.ts";
import { folderAt } from "../workspace.ts";

const ACTIONS = ["list", "search", "show", "check", "add"] as const;
const KINDS: readonly EntryKind[] = ["tool", "command", "skill", "agent"];
const MODES: readonly Mode[] = ["read-only", "plan", "edit"];
/** Entries that one search prints. */
const FOUND_MAX = 20;

export async function act(
  [action = "", ...words]: readonly string[],
  flags: Record<string, unknown>,
  commands: readonly CommandRow[],
): Promise<number> {
  const known = ACTIONS.find((one) => one === action);
  if (known === undefined) {
    const hint = "`swarm tools list`, `search <words>`, `show <name>`, `check` or `add <skill>`.";
    throw new SwarmError("usage.tools", `\`swarm tools ${action}\` is nothing that there is`, { exit: 2, hint });
  }
  if (known === "check") return (await import("./tools-check.ts")).act(words, flags);
  if (known === "add") return (await import("./tools-add.ts")).act(words, flags);
  const kind = oneOf(flags.kind, "--kind", KINDS);
  const mode = oneOf(flags.mode, "--mode", MODES);
  const config = await readConfig();
  const workspace = folderAt(String(flags.workspace ?? "."));
  const here = await registryAt(config, workspace, commands);
  if (known === "show") return await show(here, words, kind, flags);
  if (known === "search") return search(here, words, kind, flags);
  if (flags.agent !== undefined || mode !== undefined) {
    return listPool({ here, config, workspace, agent: String(flags.agent ?? "general"), mode: mode ?? "edit" }, flags);
  }
  print(wanted(here.entries, kind, flags.category), flags, here);
  return 0;
}

/** Without a kind: what agents call. */
function wanted(
  entries: readonly RegistryEntry[],
  kind: EntryKind | undefined,
  category: unknown,
): readonly RegistryEntry[] {
  const views = kind === undefined ? toolsOf(entries) : [...toolsOf(entries), ...commandsOf(entries)];
  return views.filter(
    (entry) => (kind === undefined || entry.kind === kind) && (category === undefined || entry.category === category),
  );
}

function search(
  here: RegistryHere,
  words: readonly string[],
  kind: EntryKind | undefined,
  flags: Record<string, unknown>,
): number {
  const query = words.join(" ");
  if (query.trim() === "") {
    throw new SwarmError("usage.tools", "`swarm tools search` needs words to look for", {
      exit: 2,
      hint: "For example: swarm tools search read a file",
    });
  }
  const { category } = flags;
  const found: RegistryEntry[] = [];
  // One name may stand for a tool and for a command: each kind has its own index.
  for (const one of kind === undefined ? KINDS : [kind]) {
    const options = { limit: FOUND_MAX, ...(typeof category === "string" ? { category } : {}) };
    const entries = here.entries
      .filter((entry) => entry.kind === one)
      .map((entry) => ({ ...entry, ...described(entry, here) }));
    found.push(...searchIndex(entries).find(query, options));
  }
  print(found.slice(0, FOUND_MAX), flags, here, `nothing matches "${query}"`);
  return 0;
}

/** What a tool says of itself at length is looked through as well. */
const described = ({ kind, name }: RegistryEntry, { capabilities }: RegistryHere): { description: string } => ({
  description: kind === "tool" ? (capabilities.named(name)?.description ?? "") : "",
});

async function show(
  { entries, capabilities, out, left }: RegistryHere,
  words: readonly string[],
  kind: EntryKind | undefined,
  flags: Record<string, unknown>,
): Promise<number> {
  const [name] = words;
  if (name === undefined) {
    const hint = "For example: swarm tools show Grep. `swarm tools list` lists what there is.";
    throw new SwarmError("usage.tools", "`swarm tools show` needs a name", { exit: 2, hint });
  }
  const found = KINDS.flatMap((one) => entries.filter((entry) => entry.name === name && entry.kind === one));
  const entry = found.find((one) => kind === undefined || one.kind === kind);
  if (entry === undefined) {
    const names = entries.filter((one) => kind === undefined || one.kind === kind).map((one) => one.name);
    const why = left.find((one) => one.name === name);
    if (why !== undefined)
      throw new SwarmError("tools.left_out", `${name} is not used here: ${why.reason}`, {
        exit: 2,
        hint: "`swarm tools list` lists what is used.",
      });
    const near = nearestNames(name, [...new Set(names)]);
    throw new SwarmError("tools.unknown", `there is no ${kind ?? "tool, skill, agent or command"} called "${name}"`, {
      exit: 2,
      hint: near.length === 0 ? "`swarm tools list` lists what there is." : `Did you mean ${near.join(", ")}?`,
    });
  }
  await showEntry(
    entry,
    { tool: entry.kind === "tool" ? capabilities.named(name) : undefined, out: out.get(name) },
    flags,
  );
  return 0;
}

function print(
  entries: readonly RegistryEntry[],
  flags: Record<string, unknown>,
  { left }: Pick<RegistryHere, "left">,
  empty = "nothing",
): void {
  if (flags.json === true) {
    printJson({ v: 1, tools: entries.map(listed), left });
    return;
  }
  const rows = entries.map(({ name, kind, tier, risk, category, state, summary }) => {
    return [name, kind, tier, risk ?? "-", category, state, summary];
  });
  printTable(["NAME", "KIND", "TIER", "RISK", "CATEGORY", "STATE", "SUMMARY"], rows, empty);
  if (left.length > 0) {
    process.stdout.write("\n");
    printTable(
      ["LEFT OUT", "WHY"],
      left.map(({ name, reason }) => [name, reason]),
      "",
    );
  }
}

const listed = ({ name, kind, tier, risk, repeat, category, summary, source, hash, state }: RegistryEntry) => {
  return { name, kind, tier, risk, repeat, category, summary, source, hash, state };
};
