/**
 * The hash of a step: the state as it is stored, and the orders that led out of it. Rows are hashed once each, so that a
 * large map costs what changed in it.
 */
import { shortHash } from "../../infra/ids.ts";
import type { Decision } from "../../machines/fold.ts";
import type { StateChange } from "../../machines/snapshot.ts";

export interface StateHash {
  /** The hash after this change; its rows are remembered as the base of the next. Without a decision: of the state alone. */
  after(change: StateChange, decision?: Orders): string;
}

type Orders = Pick<Decision, "outside" | "inside" | "timersSet" | "timersCancelled">;

const wordsOf = (decision: Orders | undefined): string => {
  if (decision === undefined) return "";
  const { outside, inside, timersSet, timersCancelled } = decision;
  return `\n${JSON.stringify([outside, inside, timersSet, timersCancelled])}`;
};

/** `rows` are those stored before the first change. */
export function stateHash(rows: ReadonlyMap<string, string> = new Map()): StateHash {
  const hashes = new Map([...rows].map(([key, json]) => [key, shortHash(json)]));
  return {
    after({ core, rowsSet }, decision) {
      const orders = wordsOf(decision);
      if (rowsSet.size === 0 && hashes.size === 0) return shortHash(`${core}${orders}`);
      for (const [key, json] of rowsSet) hashes.set(key, shortHash(json));
      const sorted = [...hashes].sort(([a], [b]) => (a < b ? -1 : 1));
      return shortHash(`${core}\n${sorted.map(([key, hash]) => `${key}=${hash}`).join("\n")}${orders}`);
    },
  };
}
