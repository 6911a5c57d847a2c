/**
 * The hash of a step: the state as it is stored, and the orders that led out of it. Rows are hashed once each, so that a
 * large map costs what changed in it.
 */
import { shortHash } from "../../infra/ids.ts";
import { fnv1a } from "../../machines/fnv1a.ts";
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

/** Up to so many rows are listed one by one; more of them lie in buckets, so that a step hashes those it touched. */
const LISTED_MAX = 64;
const BUCKETS = 64;

/** `rows` are those stored before the first change. */
export function stateHash(rows: ReadonlyMap<string, string> = new Map()): StateHash {
  let few: Lines | null = linesOf();
  let many: Lines | null = null;
  const take = (changed: ReadonlyMap<string, string>): void => {
    if (changed.size === 0) return;
    const lines = new Map<string, string>();
    for (const [key, json] of changed) lines.set(key, `${key}=${shortHash(json)}`);
    few?.take(lines);
    many?.take(lines);
    if (few === null || few.size() <= LISTED_MAX) return;
    many = bucketsOf();
    many.take(few.all());
    few = null;
  };
  take(rows);
  return {
    after({ core, rowsSet }, decision) {
      const orders = wordsOf(decision);
      take(rowsSet);
      const lines = (few ?? (many as Lines)).text();
      return shortHash(lines === "" ? `${core}${orders}` : `${core}\n${lines}${orders}`);
    },
  };
}

/** A line for each row, its key before its hash. */
interface Lines {
  take(changed: ReadonlyMap<string, string>): void;
  size(): number;
  all(): ReadonlyMap<string, string>;
  /** The same for the same rows, in whatever order and steps they came. */
  text(): string;
}

/** In the order of their keys. */
function linesOf(): Lines {
  const lines = new Map<string, string>();
  let text: string | null = "";
  let keys: string[] | null = [];
  return {
    take(changed) {
      if (changed.size === 0) return;
      text = null;
      for (const [key, line] of changed) {
        if (!lines.has(key)) keys = null;
        lines.set(key, line);
      }
    },
    size: () => lines.size,
    all: () => lines,
    text() {
      keys ??= [...lines.keys()].sort();
      text ??= keys.map((key) => lines.get(key)).join("\n");
      return text;
    },
  };
}

/** Which bucket a row lies in is told by its key alone. */
function bucketsOf(): Lines {
  const buckets = Array.from({ length: BUCKETS }, linesOf);
  const hashes: string[] = buckets.map(() => "");
  return {
    take(changed) {
      const touched = new Map<number, Map<string, string>>();
      for (const [key, line] of changed) {
        const at = fnv1a(key) % BUCKETS;
        const of = touched.get(at) ?? new Map<string, string>();
        touched.set(at, of.set(key, line));
      }
      for (const [at, of] of touched) {
        const bucket = buckets[at] as Lines;
        bucket.take(of);
        hashes[at] = shortHash(bucket.text());
      }
    },
    size: () => buckets.reduce((sum, bucket) => sum + bucket.size(), 0),
    all: () => new Map(buckets.flatMap((bucket) => [...bucket.all()])),
    text: () => hashes.join("\n"),
  };
}
