/** What is remembered, as people and scripts are shown it; and where it lies for the folder that they name. */
import { lookedAt } from "../../../actors/runtime/memory/looking.ts";
import { sourceWords } from "../../../actors/runtime/memory/told-item.ts";
import { readConfig } from "../../../infra/config.ts";
import { SwarmError } from "../../../infra/errors.ts";
import { openHostState } from "../../../infra/journal/host-state.ts";
import { memoryPlaceOf } from "../../../infra/memory/memory-place.ts";
import { type WorkspaceMemory, workspaceMemory } from "../../../infra/memory/workspace-memory.ts";
import { openBox } from "../../../infra/sandbox/workspace-box.ts";
import { FACT_BRIEF, type MemoryItem, memoryItemFrom } from "../../../machines/memory-item.ts";
import { inWords } from "../../../registry/permission/taint.ts";
import { openHive } from "../hive.ts";

/** Throws SwarmError `workspace.not_found`, exit 2. */
export async function memoryAt(folder: string): Promise<WorkspaceMemory> {
  const place = memoryPlaceOf(folder);
  if (place === null) {
    throw new SwarmError("workspace.not_found", `"${folder}" does not exist`, {
      exit: 2,
      hint: "Give the path of a folder.",
    });
  }
  const config = await readConfig();
  return workspaceMemory({ stateFolder: (await openHostState(config.stateDirs)).folder, place });
}

export async function factsOf(id: string): Promise<{ readonly runId: string; readonly facts: readonly MemoryItem[] }> {
  const hive = await openHive();
  try {
    const runId = await hive.reader.resolve(id);
    return { runId, facts: factsIn(await hive.reader.briefs(runId)) };
  } finally {
    hive.close();
  }
}

/** Oldest first, those that are forgotten included. */
const factsIn = (briefs: Readonly<Record<string, string>>): readonly MemoryItem[] =>
  Object.entries(briefs)
    .flatMap(([name, text]) => (name.startsWith(FACT_BRIEF) ? (memoryItemFrom(text) ?? []) : []))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : a.id < b.id ? -1 : 1));

/** Facts that `swarm show` tells line by line. */
const FACTS_SHOWN = 10;

export function factLines(briefs: Readonly<Record<string, string>>, run: string): string[] {
  const facts = factsIn(briefs).filter(({ forgotten }) => forgotten === undefined);
  const more = facts.length - FACTS_SHOWN;
  return [
    ...facts.slice(0, FACTS_SHOWN).map((one) => `fact, by ${one.actor} (${sourceOf(one)}): ${one.fact}`),
    ...(more > 0 ? [`${more} more facts: swarm memory list --run ${run}`] : []),
  ];
}

export const sourceOf = ({ source }: MemoryItem): string => sourceWords(source);

export const itemDocument = ({ v: _, ...item }: MemoryItem) => ({ ...item, taint: item.taint ?? [] });

/** What a look at its source says now: the word that agents get; nothing is forgotten by looking. */
export async function soundness(memory: WorkspaceMemory, item: MemoryItem): Promise<{ holds: boolean; why: string }> {
  if (item.source.kind === "result") return { holds: true, why: "its result is looked at when an agent asks" };
  const box = await openBox(memory.place.top, []);
  const verdict = await lookedAt(item, {
    here: box,
    origin: box,
    below: "",
    results: async () => new Map(),
    nowMs: Date.now(),
  });
  return verdict.holds ? { holds: true, why: "what bears it out is there" } : { holds: false, why: verdict.why };
}

export function itemLines(item: MemoryItem, found: { holds: boolean; why: string }): string[] {
  const { id, topic, fact, source, at, expiresAt, run, actor, taint = [] } = item;
  return [
    `${id}  ${topic}`,
    `  ${fact}`,
    `  source: ${sourceWords(source)}`,
    ...(source.kind === "file" ? [`  quote: ${source.quote}`, `  sha256: ${source.sha256}`] : []),
    `  kept: ${at} by ${actor} of ${run}${expiresAt === null ? "" : `, until ${expiresAt}`}`,
    ...(taint.length === 0 ? [] : [`  its agent had read: ${taint.map(inWords).join(", ")}`]),
    `  now: ${found.holds ? "holds" : "does not hold"}: ${found.why}`,
  ];
}
