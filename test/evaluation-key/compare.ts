/**
 * Holds the levels that an analyst gave against a key. Levels have an order, absent, partial, present; `unknown` stands
 * outside it: where the key knows better it is a miss, and never an error of two levels.
 */
import { type PrimitiveId, primitiveIds } from "../../registry/probes/finding.ts";
import type { Key, Level } from "./key.ts";

const RANK: Readonly<Record<Level, number | null>> = { absent: 0, partial: 1, present: 2, unknown: null };

export interface Miss {
  readonly primitive: PrimitiveId;
  readonly wanted: Level;
  readonly found: Level;
  /** `over`: the analyst saw more than the key does. */
  readonly way: "over" | "under" | "unknown";
  readonly twoLevels: boolean;
  readonly arguable: boolean;
}

export interface Comparison {
  readonly compared: number;
  readonly exact: number;
  readonly misses: readonly Miss[];
}

/** Primitives that the analyst was not asked for are not compared. */
export function compareWithKey(key: Key, found: Readonly<Partial<Record<PrimitiveId, Level>>>): Comparison {
  const misses: Miss[] = [];
  let compared = 0;
  for (const primitive of primitiveIds) {
    const level = found[primitive];
    if (level === undefined) continue;
    compared += 1;
    const { level: wanted, arguable = false } = key.readings[primitive];
    if (level !== wanted) misses.push({ primitive, wanted, found: level, arguable, ...distance(wanted, level) });
  }
  return { compared, exact: compared - misses.length, misses };
}

function distance(wanted: Level, found: Level): Pick<Miss, "way" | "twoLevels"> {
  const [from, to] = [RANK[wanted], RANK[found]];
  if (from === null || to === null) return { way: "unknown", twoLevels: false };
  return { way: to > from ? "over" : "under", twoLevels: Math.abs(to - from) === 2 };
}

const LETTER: Readonly<Record<Level, string>> = { present: "p", partial: "h", absent: "a", unknown: "u" };

/** Twelve letters in the order of the primitives: present, partial (half), absent, unknown; `-` where nobody asked. */
export function letters(levels: Readonly<Partial<Record<PrimitiveId, Level>>>): string {
  return primitiveIds.map((id) => (levels[id] === undefined ? "-" : LETTER[levels[id]])).join("");
}
