/** Which of the things that are remembered a question means: all of a topic, or those with its words, best first. Pure. */
import type { RecallQuestion } from "./door.ts";

interface Findable {
  readonly topic: string;
  readonly fact: string;
}

export function fitting<Item extends Findable>(items: readonly Item[], { topic, words }: RecallQuestion): Item[] {
  const ofTopic = topic === null ? items : items.filter((item) => item.topic === topic.trim().toLowerCase());
  if (words === null) return topic === null ? [] : [...ofTopic];
  const wanted = [...new Set(words.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [])];
  return ofTopic
    .map((item) => ({ item, hits: hitsIn(`${item.topic} ${item.fact}`.toLowerCase(), wanted) }))
    .filter(({ hits }) => hits > 0)
    .sort((a, b) => b.hits - a.hits)
    .map(({ item }) => item);
}

const hitsIn = (text: string, wanted: readonly string[]): number => wanted.filter((word) => text.includes(word)).length;

/** By name. */
export function countedTopics(items: readonly Findable[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const { topic } of items) counts.set(topic, (counts.get(topic) ?? 0) + 1);
  return Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
