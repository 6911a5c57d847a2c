/**
 * Watches one call from outside: which files of its folder are others afterwards, and whether processes that have a
 * network of their own tried to use it. What could not be looked at is said.
 */
import { changedBetween, type FolderLook, folderState } from "./folder-state.ts";
import { networkOf, reachedBetween } from "./reach.ts";

export interface Watched {
  /** Absolute. */
  readonly folder: string;
  /** Folders in it that others write meanwhile: our own data. Absolute. */
  readonly apart?: readonly string[];
  /** `stat` where absent: cheap enough for a call of a run. */
  readonly by?: FolderLook["by"];
  /** Processes that do the work, asked before and after. */
  readonly pids?: () => readonly number[];
}

export interface Observed<Value> {
  readonly value: Value;
  /** Relative to the folder. Whoever else writes there meanwhile is in it as well. */
  readonly changed: readonly string[];
  readonly reachedOut: readonly string[];
  readonly notLookedAt: readonly string[];
}

/** Throws what `act` throws, and nothing of its own. */
export async function observe<Value>(
  { folder, apart = [], by = "stat", pids = () => [] }: Watched,
  act: () => Promise<Value>,
): Promise<Observed<Value>> {
  const look = { apart, by };
  const [before, networks] = await Promise.all([folderState(folder, look), networksOf(pids())]);
  const value = await act();
  const [after, later] = await Promise.all([folderState(folder, look), networksOf(pids())]);
  const seen = [...networks].flatMap(([pid, counters]) => {
    const now = later.get(pid);
    return counters === null || now === undefined || now === null ? [] : [reachedBetween(counters, now)];
  });
  const whole = before.whole && after.whole;
  const asked = pids().length > 0;
  return {
    value,
    changed: changedBetween(before, after).filter(
      // Where not everything fits, only what was looked at both times can be compared.
      (path) => whole || (before.entries.has(path) && after.entries.has(path)),
    ),
    reachedOut: [...new Set(seen.flat())].sort(),
    notLookedAt: [
      ...(whole ? [] : ["the folder holds too much to look at all of it"]),
      ...(asked && seen.length === 0
        ? ["its network is not its own: what it asks for there cannot be told apart"]
        : []),
    ],
  };
}

async function networksOf(
  pids: readonly number[],
): Promise<ReadonlyMap<number, Awaited<ReturnType<typeof networkOf>>>> {
  return new Map(await Promise.all(pids.map(async (pid) => [pid, await networkOf(pid)] as const)));
}
