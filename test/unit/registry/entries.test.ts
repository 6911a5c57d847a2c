/** Laws of the entries: every capability is one, whole, on one line, and known by a hash of what it is. */
import { describe, expect, it } from "vitest";
import { listedTypes } from "../../../actors/types/index.ts";
import {
  agentEntry,
  commandEntry,
  commandsOf,
  pluginEntries,
  profileEntry,
  skillEntry,
  toolEntry,
  toolsOf,
} from "../../../registry/entries.ts";
import type { RegistryEntry } from "../../../registry/entry.ts";
import { definitionHash, tools } from "../../../registry/tools/index.ts";
import { pluginOf, pluginTool } from "../../support/many-tools.ts";

const HASH = "a".repeat(64);
const hostile = 'Reads.\n\u001b[2Jname  SAFE \u202e tool {"x":1}';
const plugin = pluginOf("wiki", [pluginTool("read", { description: hostile, hash: HASH })]);
const skill = skillEntry(
  {
    name: "release-notes",
    description: `${hostile} ${"long ".repeat(100)}`,
    folder: "/home/u/skills/release-notes",
    scope: "",
    hash: HASH,
    tools: ["Read"],
    needs: [],
    byModel: true,
  },
  "quarantined",
);
const profile = profileEntry(
  {
    name: "reviewer",
    description: "Reviews.",
    base: "explore",
    prompt: "",
    tools: ["Read"],
    pluginTools: null,
    model: null,
    turnsMax: null,
    skills: null,
    scope: "",
    source: "reviewer.md",
    hash: HASH,
  },
  "active",
);
const run = { name: "run", usage: "run <goal>", summary: "runs", options: [{ flags: "--json", description: "j" }] };
const all: readonly RegistryEntry[] = [
  ...tools.map((tool) => toolEntry(tool, "active")),
  ...pluginEntries(plugin, () => "drifted"),
  skill,
  ...listedTypes.map(agentEntry),
  profile,
  commandEntry(run),
];

describe.each(all.map((entry) => [`${entry.kind} ${entry.name}`, entry] as const))("%s", (_, entry) => {
  it("has a summary of one printable line, a source and a hash", () => {
    expect(entry.summary.length).toBeGreaterThan(0);
    expect(entry.summary.length).toBeLessThanOrEqual(100);
    expect(entry.summary).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
    expect(entry.source).not.toBe("");
    expect(entry.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it("is in one of the two views, and tools alone say what they take and what they may do", () => {
    expect(toolsOf([entry]).length + commandsOf([entry]).length).toBe(1);
    expect(entry.inputSchema === null).toBe(entry.kind !== "tool");
    expect(entry.risk === null).toBe(entry.kind !== "tool");
  });
});

it("names are unique within their kind", () => {
  const names = all.map(({ kind, name }) => `${kind} ${name}`);
  expect(new Set(names).size).toBe(names.length);
});

it("a built-in tool is known by its definition, what is approved by the hash that was approved", () => {
  for (const tool of tools) expect(toolEntry(tool, "active").hash).toBe(definitionHash(tool));
  const [entry] = pluginEntries(plugin, (name) => (name === "mcp__wiki__read" ? "drifted" : "active"));
  expect(entry).toMatchObject({ name: "mcp__wiki__read", tier: "plugin", hash: HASH, state: "drifted" });
  expect(skill).toMatchObject({ hash: HASH, state: "quarantined", tier: "skill" });
});

it("a command's hash changes with its words and its flags", () => {
  const hash = commandEntry(run).hash;
  const [option] = run.options;
  expect(commandEntry({ ...run, summary: "walks" }).hash).not.toBe(hash);
  expect(commandEntry({ ...run, options: [] }).hash).not.toBe(hash);
  expect(commandEntry({ ...run, options: [{ ...option, flags: "--js", description: "j" }] }).hash).not.toBe(hash);
  expect(commandEntry({ ...run }).hash).toBe(hash);
});

it("both views are sorted by name, and hold everything together", () => {
  const views = [toolsOf(all), commandsOf(all)].map((view) => view.map(({ name }) => name));
  for (const view of views) expect(view).toEqual([...view].sort());
  expect(views.flat()).toHaveLength(all.length);
  expect(views.map((view) => view.length > 1)).toEqual([true, true]);
});
