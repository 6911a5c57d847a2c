/**
 * The memory of one agent at one moment: what there is of its run and of its workspace, each thing looked at again before
 * it is handed on. Facts of the run are written by the commit that takes the answer; items of the workspace at once.
 */
import { join, relative } from "node:path";
import { memoryPlaceOf } from "../../../infra/memory/memory-place.ts";
import { type WorkspaceMemory, workspaceMemory } from "../../../infra/memory/workspace-memory.ts";
import type { Store } from "../../../infra/store.ts";
import { FACT_BRIEF, type ForgottenReason, type MemoryItem, memoryItemFrom } from "../../../machines/memory-item.ts";
import type { RunEvent } from "../../../machines/run-event.ts";
import type { Box } from "../../../registry/box.ts";
import { toolNamed } from "../../../registry/tools/index.ts";
import { type Here, questionOf } from "../permission-question.ts";
import type { RunRow } from "../run-row.ts";
import { watchedBox } from "../watched-box.ts";
import { type Looking, lookedAt } from "./looking.ts";

export interface MemoryDeps {
  readonly store: Pick<Store, "facts" | "results">;
  /** Where this host keeps the memories of workspaces; null: it has none, and facts of runs are all there is. */
  readonly stateFolder: string | null;
  box(workspace: string, beside?: readonly string[]): Promise<Box>;
  readonly here?: Here;
  /** Milliseconds since the epoch. */
  readonly nowMs?: () => number;
}

export type Tier = "run" | "workspace";
export interface Held {
  readonly tier: Tier;
  readonly item: MemoryItem;
}

/** What comes of a look, for the answer that brings it. */
export interface Brought {
  readonly told: RunEvent[];
  /** Rows of facts, by the names that they have among the briefs. */
  readonly briefs: Record<string, string>;
}

export interface RunMemory {
  readonly looking: Looking;
  readonly workspace: WorkspaceMemory | null;
  readonly brought: Brought;
  /** All there is, not looked at yet; oldest first, facts before items. */
  held(): Promise<readonly Held[]>;
  /** Those that still hold; what does not is forgotten. `unproven`: how many cannot be told here. */
  holding(held: readonly Held[]): Promise<{ readonly told: readonly Held[]; readonly unproven: number }>;
  forget(held: Held, reason: ForgottenReason, why: string): Promise<boolean>;
}

export async function openMemory(deps: MemoryDeps, run: string, row: RunRow): Promise<RunMemory> {
  const { store, nowMs = Date.now } = deps;
  const origin = originOf(row);
  const place = memoryPlaceOf(origin);
  const looking: Looking = {
    ...(await boxesOf(deps, row, origin)),
    below: place?.below ?? "",
    results: store.results,
    nowMs: nowMs(),
  };
  const workspace =
    place === null || deps.stateFolder === null || row.config.memory !== "workspace"
      ? null
      : workspaceMemory({ stateFolder: deps.stateFolder, place, nowMs });
  const brought: Brought = { told: [], briefs: {} };
  const forget: RunMemory["forget"] = async ({ tier, item }, reason, why) => {
    if (tier === "run") brought.briefs[`${FACT_BRIEF}${item.id}`] = JSON.stringify(forgotten(item, reason, why, nowMs));
    else if ((await workspace?.forget(item.id, reason, why)) == null) return false;
    brought.told.push({ type: "memory.forgotten", tier, item: item.id, topic: item.topic, reason, why });
    return true;
  };
  return {
    looking,
    workspace,
    brought,
    forget,
    async held() {
      const [facts, items] = await Promise.all([factsOf(store, run), workspace?.all()]);
      return [
        ...facts.map((item) => ({ tier: "run" as const, item })),
        ...(items?.items ?? []).map((item) => ({ tier: "workspace" as const, item })),
      ];
    },
    async holding(held) {
      const told: Held[] = [];
      let unproven = 0;
      for (const one of held) {
        const verdict = await lookedAt(one.item, looking);
        if (verdict.holds) told.push(one);
        else if (verdict.forget === null) unproven += 1;
        else await forget(one, verdict.forget, verdict.why);
      }
      return { told, unproven };
    },
  };
}

/** The folder that the work is for, and not the tree that it is done in. */
function originOf({ workspace, config: { isolation } }: RunRow): string {
  return isolation === null ? workspace : join(isolation.source, relative(isolation.tree, workspace));
}

/** With the rules at their doors: a memory opens no file that a Read would not. */
async function boxesOf(
  { box, here = {} }: MemoryDeps,
  row: RunRow,
  origin: string,
): Promise<Pick<Looking, "here" | "origin">> {
  const tool = toolNamed("Recall");
  if (tool === undefined) throw new Error("there is no tool Recall");
  const asked = { agentType: "", actor: "", typeTools: [tool.name], deniedTools: [], tool, input: {} };
  const watched = async (folder: string): Promise<Box> =>
    watchedBox(await box(folder), questionOf(asked, { ...row, workspace: folder }, here));
  const own = await watched(row.workspace);
  return { here: own, origin: origin === row.workspace ? own : await watched(origin) };
}

/** Facts of the run that are not forgotten, oldest first. */
async function factsOf(store: Pick<Store, "facts">, run: string): Promise<readonly MemoryItem[]> {
  const rows = await store.facts(run);
  return [...rows.values()]
    .flatMap((text) => memoryItemFrom(text) ?? [])
    .filter((item) => item.forgotten === undefined)
    .sort((a, b) => (a.at === b.at ? (a.id < b.id ? -1 : 1) : a.at < b.at ? -1 : 1));
}

const forgotten = (item: MemoryItem, reason: ForgottenReason, why: string, nowMs: () => number): MemoryItem => ({
  ...item,
  forgotten: { reason, why: why.slice(0, 300), at: new Date(nowMs()).toISOString() },
});
