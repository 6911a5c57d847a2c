/** The hash of a state as it is stored. Rows are hashed once each, so that a large map costs what changed in it. */
import { shortHash } from "../../infra/ids.ts";
import type { StateChange } from "../../machines/snapshot.ts";

export interface StateHash {
  /** The hash after this change; remembered as the base of the next. */
  after(change: StateChange): string;
}

/** `rows` are those stored before the first change. */
export function stateHash(rows: ReadonlyMap<string, string> = new Map()): StateHash {
  const hashes = new Map([...rows].map(([key, json]) => [key, shortHash(json)]));
  return {
    after({ core, rowsSet }) {
      if (rowsSet.size === 0 && hashes.size === 0) return shortHash(core);
      for (const [key, json] of rowsSet) hashes.set(key, shortHash(json));
      const sorted = [...hashes].sort(([a], [b]) => (a < b ? -1 : 1));
      return shortHash(`${core}\n${sorted.map(([key, hash]) => `${key}=${hash}`).join("\n")}`);
    },
  };
}
