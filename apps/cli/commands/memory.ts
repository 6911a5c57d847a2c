/**
 * `swarm memory`: what agents keep about a workspace for later runs, and the facts of one run: list, show, forget. The
 * workspace's is files of this user on this host; neither Redis nor a worker is needed for it.
 */

import { SwarmError } from "../../../infra/errors.ts";
import type { WorkspaceMemory } from "../../../infra/memory/workspace-memory.ts";
import type { MemoryItem } from "../../../machines/memory-item.ts";
import { oneOf } from "../flags.ts";
import { factsOf, itemDocument, itemLines, memoryAt, soundness, sourceOf } from "../memory/shown-memory.ts";
import { harmless, printJson, printTable } from "../print.ts";

const ACTIONS = ["list", "show", "forget"] as const;

export async function act([action, id = ""]: readonly string[], flags: Record<string, unknown>): Promise<number> {
  const chosen = oneOf(action, "memory", ACTIONS) ?? "list";
  if (chosen === "list" && id !== "") {
    throw new SwarmError("usage.memory", `swarm memory list takes no id, and "${id}" is one`, {
      exit: 2,
      hint: `swarm memory show ${id} shows one; --run <id> lists a run's facts, --workspace DIR another folder's.`,
    });
  }
  if (chosen === "list" && typeof flags.run === "string") return listFacts(flags.run, flags.json === true);
  const memory = await memoryAt(typeof flags.workspace === "string" ? flags.workspace : ".");
  if (chosen === "list") return await list(memory, flags);
  if (id === "") {
    throw new SwarmError("usage.memory", `swarm memory ${chosen} needs the id of what is remembered`, {
      exit: 2,
      hint: "`swarm memory list` names them; of another folder with --workspace DIR.",
    });
  }
  const { items } = await memory.all();
  const item = found(items, id, memory);
  return chosen === "show" ? await show(memory, item, flags.json === true) : await forget(memory, item, flags);
}

async function list(memory: WorkspaceMemory, flags: Record<string, unknown>): Promise<number> {
  const forgotten = flags.forgotten === true;
  const { items, unreadable } = await memory.all();
  const shown = forgotten ? await memory.forgotten() : items;
  if (flags.json === true) {
    const where = { workspace: memory.place.top, folder: memory.folder };
    printJson({ v: 1, ...where, items: shown.map(itemDocument), unreadable });
    return 0;
  }
  if (forgotten) printTable(["ID", "TOPIC", "FORGOTTEN", "REASON", "FACT"], shown.map(forgottenRow), "nothing");
  else
    printTable(["ID", "TOPIC", "SOURCE", "UNTIL", "FACT"], shown.map(row), "nothing is remembered of this workspace");
  for (const path of unreadable) process.stderr.write(`not read, because it is no item of ours: ${harmless(path)}\n`);
  process.stderr.write(`${harmless(memory.place.top)}: ${harmless(memory.folder)}\n`);
  return 0;
}

const row = (item: MemoryItem): string[] => [
  item.id,
  item.topic,
  sourceOf(item),
  item.expiresAt?.slice(0, 10) ?? "with its run",
  `${item.taint === undefined ? "" : "[marked] "}${item.fact}`,
];

const forgottenRow = ({ id, topic, fact, forgotten }: MemoryItem): string[] => [
  id,
  topic,
  forgotten?.at.slice(0, 10) ?? "",
  forgotten?.reason ?? "",
  fact,
];

async function listFacts(run: string, json: boolean): Promise<number> {
  const { runId, facts } = await factsOf(run);
  if (json) printJson({ v: 1, runId, items: facts.map(itemDocument) });
  else {
    const rows = facts.map((item) => [
      item.id,
      item.topic,
      sourceOf(item),
      item.actor,
      item.forgotten === undefined ? "" : `forgotten: ${item.forgotten.reason}`,
      `${item.taint === undefined ? "" : "[marked] "}${item.fact}`,
    ]);
    printTable(["ID", "TOPIC", "SOURCE", "BY", "", "FACT"], rows, "no facts were kept in this run");
  }
  return 0;
}

async function show(memory: WorkspaceMemory, item: MemoryItem, json: boolean): Promise<number> {
  const found = await soundness(memory, item);
  if (json) printJson({ v: 1, item: { ...itemDocument(item), found } });
  else for (const line of itemLines(item, found)) process.stdout.write(`${harmless(line)}\n`);
  return 0;
}

async function forget(memory: WorkspaceMemory, item: MemoryItem, flags: Record<string, unknown>): Promise<number> {
  const why = typeof flags.reason === "string" ? flags.reason : "a person forgot it";
  const forgotten = await memory.forget(item.id, "person", why);
  // Somebody else was first: it is forgotten all the same.
  if (flags.json === true) printJson({ v: 1, forgotten: forgotten === null ? [] : [itemDocument(forgotten)] });
  else process.stdout.write(`forgotten: ${item.id}, ${harmless(item.fact)}\n`);
  return 0;
}

function found(items: readonly MemoryItem[], id: string, memory: WorkspaceMemory): MemoryItem {
  const fits = items.filter((item) => item.id === id || item.id.slice(2).startsWith(id) || item.id.startsWith(id));
  const [only] = fits;
  if (only !== undefined && fits.length === 1) return only;
  throw new SwarmError(
    "memory.unknown",
    `"${id}": ${fits.length} things remembered of ${memory.place.top} are called so`,
    {
      exit: 2,
      hint: "`swarm memory list` names them; of another folder with --workspace DIR.",
    },
  );
}
