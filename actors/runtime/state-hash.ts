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
  // Lines in the order of their keys, and each key's place among them: a step changes few of a thousand, and seldom adds one.
  let lines: string[] = [];
  let places = new Map<string, number>();
  const take = (changed: ReadonlyMap<string, string>): void => {
    const added: (readonly [string, string])[] = [];
    for (const [key, json] of changed) {
      const line = `${key}=${shortHash(json)}`;
      const at = places.get(key);
      if (at === undefined) added.push([key, line]);
      else lines[at] = line;
    }
    if (added.length === 0) return;
    const all = [...[...places].map(([key, at]) => [key, lines[at] as string] as const), ...added];
    all.sort(([a], [b]) => (a < b ? -1 : 1));
    lines = all.map(([, line]) => line);
    places = new Map(all.map(([key], at) => [key, at]));
  };
  take(rows);
  return {
    after({ core, rowsSet }, decision) {
      const orders = wordsOf(decision);
      take(rowsSet);
      if (lines.length === 0) return shortHash(`${core}${orders}`);
      return shortHash(`${core}\n${lines.join("\n")}${orders}`);
    },
  };
}
