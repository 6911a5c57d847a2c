/**
 * Working trees whose runs are gone go too: what lies in a run's own tree is on its branch before the tree is taken away, and
 * where that cannot be, the tree stays. Runs of another store, and trees that were made just now, are left alone.
 */
import { existsSync } from "node:fs";
import { realpath } from "node:fs/promises";
import type { Config } from "../../infra/config.ts";
import { recordsOfRuns, type TreeRecord } from "../../infra/git/tree-record.ts";
import type { Housekeeping } from "./tidy-at-start.ts";
import { storeName, treesBeside } from "./trees-folder.ts";

/** A run is stored moments after its tree was made. */
const AGE_MS = 60 * 60 * 1_000;
/** Trees that one command takes away before it does what it was called for. */
const TREES_AT_START = 3;

/** Resolves with the runs whose trees are gone now. Never rejects for what one tree is like. */
export async function tidyTrees(house: Housekeeping, ageMs: number = AGE_MS): Promise<readonly string[]> {
  const { config, redis, keys, log } = house;
  const gone: string[] = [];
  for (const record of await ours(config, ageMs)) {
    const [row, stub] = await redis.hmget(keys.run(record.run).run, "status", "stub");
    if (row != null && stub == null) continue;
    if (gone.length === TREES_AT_START) break;
    try {
      await takeAway(record, config.commandEnv);
      gone.push(record.run);
    } catch (cause) {
      log.warn(
        { err: cause, run: record.run, tree: record.tree },
        "the tree of a run that is gone stays: look into it",
      );
    }
  }
  return gone;
}

async function ours(config: Config, ageMs: number): Promise<readonly TreeRecord[]> {
  const store = storeName(config);
  const found: TreeRecord[] = [];
  for (const candidate of config.stateDirs) {
    const folder = await realpath(candidate).catch(() => null);
    if (folder !== null) found.push(...(await recordsOfRuns(treesBeside(folder), ageMs)));
  }
  return found.filter((record) => record.store === store);
}

async function takeAway(record: TreeRecord, env: Config["commandEnv"]): Promise<void> {
  // Each command comes by here, and hardly any has something to take away.
  const { collectWorktree, removeWorktree } = await import("../../infra/git/worktree.ts");
  // Whoever took the tree away by hand has looked at it.
  if (existsSync(record.tree) && existsSync(record.gitDir)) {
    await collectWorktree(record, `Work of a run that is gone\n\nRun: ${record.run}`, env);
  }
  await removeWorktree(record, env);
}
