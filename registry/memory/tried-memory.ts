/** A memory that holds what an example says it holds, and lives as long as the example: tools are tried on it. */
import type { MemoryDoor, ToldItem } from "./door.ts";
import { countedTopics, fitting } from "./fitting.ts";

const ID = "0000000000000001";

export function triedMemory(items: readonly ToldItem[]): MemoryDoor {
  return {
    note: async () => ({ kept: true, id: `f_${ID}`, until: null, forgot: [] }),
    keep: async ({ source }) =>
      source?.kind === "person"
        ? { kept: false, why: "no person was asked" }
        : { kept: true, id: `m_${ID}`, until: "2027-01-01T00:00:00.000Z", forgot: [] },
    async recall(question) {
      const told = items.filter(({ readBefore }) => readBefore === undefined || question.marked);
      return {
        items: fitting(told, question),
        topics: countedTopics(told),
        withheld: { marked: items.length - told.length, unproven: 0 },
        forgotten: 0,
        more: 0,
      };
    },
  };
}
