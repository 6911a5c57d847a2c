/** One thing that is remembered, as a tool hands it on: in words, and with what its agent had read. Pure. */
import type { MemoryItem, MemorySource } from "../../../machines/memory-item.ts";
import type { ToldItem } from "../../../registry/memory/door.ts";
import { inWords } from "../../../registry/permission/taint.ts";
import type { Held } from "./memory.ts";

/** Marks that are named. */
const NAMED_MAX = 2;

export function toldItem({ tier, item }: Held): ToldItem {
  const { id, topic, fact, source, at, taint = [] } = item;
  const named = taint.slice(0, NAMED_MAX).map(inWords).join(" and ");
  return {
    id,
    tier,
    topic,
    fact,
    source: sourceWords(source),
    on: at.slice(0, 10),
    ...(taint.length === 0 ? {} : { readBefore: named }),
  };
}

export function sourceWords(source: MemorySource): string {
  switch (source.kind) {
    case "file":
      return `${source.path}:${source.line}`;
    case "result":
      return `result ${source.id} of ${source.run}`;
    case "person":
      return "a person";
    case "agent":
      return "its agent";
  }
}

/** Kept by somebody who had read what nobody vouched for, or a secret. */
export const isMarked = ({ taint = [] }: MemoryItem): boolean => taint.length > 0;
